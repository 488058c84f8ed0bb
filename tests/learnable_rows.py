"""Rows of a verifier whose label the claim gives away: learnt in seconds, and unseen by cosine and overlap."""

from random import Random

from groundsel_pipelines.tuning.rows import Label, VerifierRow
from tiny_models import WORDS


def verifier_rows(count: int, *, shuffled: bool, seed: int = 1) -> list[VerifierRow]:
    numbers = Random(seed)  # noqa: S311 - no secret
    kinds: tuple[tuple[Label, tuple[str, ...]], ...] = (("supported", WORDS[:6]), ("neither", WORDS[6:]))
    rows = []
    for number in range(count):
        label, words = numbers.choice(kinds)
        claim = numbers.choice(words)
        rows.append(
            VerifierRow(
                id=f"row{number}",
                document=f"document{number}",
                claim=claim,
                evidence=" ".join(f"{each}{number}" for each in numbers.sample(WORDS, 4)),
                label=numbers.choice(("supported", "neither")) if shuffled else label,
            )
        )
    return rows

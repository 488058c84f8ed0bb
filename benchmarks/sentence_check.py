"""The check of sentences: how much of what it lets through is right, how much of what is right it lets through.

Claims are made by code from real sentences (tests/claims.py): the demo company's, on which the check was mended, and
those of articles and handbooks that nobody looked at. Beside it, what one would do without it: the share of words that
the evidence holds, and nearness alone, each at the threshold that is best for it in hindsight.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))  # where the claims are made

from claims import Claim, Statement, demo_statements, made_claims, statements, written_claims
from corpora import default_embedder, rows
from groundsel_pipelines.answering.checking import Verdict, check
from groundsel_pipelines.evaluating.intervals import mean_interval
from groundsel_pipelines.models import load_verifier
from groundsel_pipelines.protocols import Embedder, Verifier
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.words import stems
from reporting import Row, arguments, report, shared_data

SENTENCES: Final = 150  # of each foreign set
FOREIGN: Final = ("xquad-en", "xquad-de", "xquad-es")
REJECTS: Final = (0.8, 0.9, 0.95, 0.99)  # from how sure of a contradiction on
ACCEPTS: Final = (0.8, 0.9, 0.95, 0.99)  # from how sure of support on
LANGUAGE: Final = "en"  # that the verifier reads
TARGET: Final = 0.97  # precision at which the others' recall is told


def foreign(name: str) -> list[Statement]:
    found = [statement for row in rows(shared_data(name) / "corpus.jsonl.gz") for statement in statements(row["text"])]
    return Random(4).sample(found, SENTENCES)  # noqa: S311 - reproducible, not secret


def cosines(claims: Sequence[Claim], embedder: Embedder) -> list[float]:
    texts = list(dict.fromkeys(text for claim in claims for text in (claim.text, claim.evidence)))
    vectors = dict(zip(texts, embedder.embed_passages(texts), strict=True))
    return [float(vectors[claim.text] @ vectors[claim.evidence]) for claim in claims]


def words_held(claim: Claim) -> float:
    said = stems(claim.text, claim.language)
    return len(said & stems(claim.evidence, claim.language)) / max(1, len(said))


def figures(name: str, claims: Sequence[Claim], passed: Sequence[bool]) -> Row:
    """Give precision and recall with their 95 % intervals."""
    right = [float(claim.supported) for claim, through in zip(claims, passed, strict=True) if through]
    through = [float(passes) for claim, passes in zip(claims, passed, strict=True) if claim.supported]
    return {
        "claims": name,
        "true / false": f"{len(through)} / {len(claims) - len(through)}",
        "precision": str(mean_interval(right)),
        "recall": str(mean_interval(through)),
    }


def best_recall(claims: Sequence[Claim], scores: Sequence[float]) -> Sequence[bool]:
    """Let through what lies above the lowest threshold that reaches the target precision, or else the most precise."""
    truth = np.array([claim.supported for claim in claims])
    values = np.array(scores)

    def precision(threshold: float) -> float:
        return float(truth[values >= threshold].mean())

    thresholds = sorted(set(values.round(3)))
    reached = [threshold for threshold in thresholds if (values >= threshold).any() and precision(threshold) >= TARGET]
    chosen = reached[0] if reached else max(thresholds[:-1], key=precision)
    return [bool(value >= chosen) for value in values]


def heard(name: str, claims: Sequence[Claim], verdicts: Sequence[Verdict], verifier: Verifier | None) -> list[Row]:
    """Give what becomes of it where a verifier may reject, and where it may also let other words through."""
    if verifier is None or not any(claim.language == LANGUAGE for claim in claims):
        return []
    said = [
        verifier.verify(claim.text, [claim.evidence])[0]
        if claim.language == LANGUAGE and (verdict.supported or verdict.reworded)
        else None
        for claim, verdict in zip(claims, verdicts, strict=True)
    ]
    rows = []
    for rejects in REJECTS:
        kept = [
            verdict.supported and not (each and each.contradicted >= rejects)
            for verdict, each in zip(verdicts, said, strict=True)
        ]
        rows.append(figures(f"{name}, rejected from {rejects}", claims, kept))
    for accepts in ACCEPTS:
        kept = [
            verdict.supported or bool(verdict.reworded and each and each.supported >= accepts)
            for verdict, each in zip(verdicts, said, strict=True)
        ]
        rows.append(figures(f"{name}, other words from {accepts}", claims, kept))
    return rows


def measure(embedder: Embedder, verifier: Verifier | None) -> tuple[list[Row], list[Row]]:
    sets: Mapping[str, Callable[[], list[Claim]]] = {
        "demo company": lambda: made_claims(demo_statements()),
        "written by hand": written_claims,
        **{name: lambda name=name: made_claims(foreign(name)) for name in FOREIGN},  # type: ignore[misc]
    }
    found: list[Row] = []
    kinds: dict[tuple[bool, str], list[float]] = defaultdict(list)
    for name, make in sets.items():
        claims = make()
        near = cosines(claims, embedder)
        verdicts = [
            check(claim.text, claim.evidence, context="", language=claim.language, cosine=cosine)
            for claim, cosine in zip(claims, near, strict=True)
        ]
        passed = [verdict.supported for verdict in verdicts]
        found += [
            figures(name, claims, passed),
            *heard(name, claims, verdicts, verifier),
            figures(f"{name}, words alone", claims, best_recall(claims, [words_held(claim) for claim in claims])),
            figures(f"{name}, nearness alone", claims, best_recall(claims, near)),
        ]
        for claim, through in zip(claims, passed, strict=True):
            kinds[claim.supported, claim.kind].append(float(through))
    by_kind: list[Row] = [
        {
            "kind": kind,
            "is": "true" if supported else "false",
            "claims": len(values),
            "let through": str(mean_interval(values)),
        }
        for (supported, kind), values in sorted(kinds.items(), reverse=True)
    ]
    return found, by_kind


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--verifier", default="", help="an installed one, which is heard after the check")
    options = parser.parse_args()
    models = read_settings().models
    verifier = load_verifier(models.folder, options.verifier, threads=models.threads) if options.verifier else None
    found, by_kind = measure(default_embedder(), verifier)
    report("The check of sentences", found, json_file=options.json)
    report("What is let through, by kind of claim, all sets", by_kind)


if __name__ == "__main__":
    main()

"""The check of a generated sentence: is every part of it carried by a piece of evidence? Pure; when in doubt, no.

The sentence is laid beside the evidence, word by word, in the order of the evidence. What it leaves out must not have
parted what it puts together: from "Ann gets 20 days and Bob 25" does not follow that Ann gets 25.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from groundsel_pipelines.answering.aligning import Alignment, align, turns
from groundsel_pipelines.answering.anchors import Token, names, read_tokens, same
from groundsel_pipelines.answering.quantities import canonical
from groundsel_pipelines.answering.wording import CONDITIONS

# Least cosine of sentence and evidence. Texts that share all their words lie above it; the floor is for what words
# alone do not see.
LEAST_COSINE: Final = 0.5
MARKUP: Final = re.compile(
    r"\b\w+://[^\s)\]>]+|\bwww\.[^\s)\]>]+|\b[\w.+-]+@[\w-]+\.\w+|!?\[[^\]]*\]\([^)]*\)?|</?\w+[^>]*>?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether the evidence carries the sentence; `missing` says what it does not carry, for the log and the tests."""

    supported: bool
    missing: str = ""
    reworded: bool = False  # nothing but plain words is missing: it may say the same in others


def check(sentence: str, evidence: str, *, context: str, language: str, cosine: float) -> Verdict:
    """Check a sentence against one piece of evidence.

    Args:
        sentence: what the model wrote.
        evidence: stored text that is to carry it.
        context: title and headings above the evidence; they may carry a word or a name, not a number.
        language: of the evidence.
        cosine: of the vectors of sentence and evidence.

    """
    written, stored = canonical(sentence, language), canonical(evidence, language)
    claimed = read_tokens(written, language, names=frozenset(names(stored, language)))
    held = read_tokens(stored, language, names=frozenset(names(written, language)))
    above = frozenset(token.stem for token in read_tokens(canonical(context, language), language))
    found = faults(claimed, held, above)
    missing = foreign_markup(sentence, evidence)
    capitals = {token.value for token in claimed if written[token.start].isupper()}  # a name may begin a sentence
    plain = not missing and found.keys() == {"words"} and capitals.isdisjoint(found["words"])
    missing = missing or next((f"{name}: {', '.join(values)}" for name, values in found.items()), "")
    if not missing and cosine < LEAST_COSINE:
        missing = "nearness"
    return Verdict(supported=not missing, missing=missing, reworded=plain and cosine >= LEAST_COSINE)


def foreign_markup(sentence: str, evidence: str) -> str:
    """Say which addresses and markup the sentence has that do not stand in the evidence so (rule R24)."""
    lost = [found for found in MARKUP.findall(sentence) if found not in evidence]
    return f"markup: {', '.join(lost)}" if lost else ""


def faults(claimed: Sequence[Token], held: Sequence[Token], above: frozenset[str]) -> dict[str, list[str]]:
    """Say what of the claim is not held, by kind, the gravest last; `above` are the stems of title and headings."""
    telling = [token for token in claimed if token.is_anchor or (token.stem and not token.light and not token.turning)]
    if not telling:
        return {"nothing": ["said"]}
    lost = [token for token in telling if not any(same(token, other) for other in held)]
    stated = frozenset(telling) - frozenset(lost)
    alignment = align(claimed, stated, held)
    found = {
        "words": [token.value for token in lost if token.kind == "word" and token.stem not in above],
        "names": [token.value for token in lost if token.kind == "name" and token.stem not in above],
        "numbers": [token.value for token in lost if not is_word(token)],
        "negation": differing_turns(claimed, held, alignment),
        "order": [token.value for token in telling if token in stated - alignment.matched and token.stem not in above],
        "between": [token.value for token in alignment.parted_by(held)],
    }
    return {name: values for name, values in found.items() if values}


def is_word(token: Token) -> bool:
    return token.kind in {"word", "name"}


def differing_turns(claimed: Sequence[Token], held: Sequence[Token], alignment: Alignment) -> list[str]:
    """Give the kinds of turning words in which the claim differs from the clauses of the evidence that it takes up.

    A condition holds for the whole sentence, in whichever clause it stands.
    """
    ours = Counter(turns(claimed))
    clauses = alignment.clauses(held)
    theirs = Counter(
        kind for token in held if (kind := token.turning) and (token.clause in clauses or kind in CONDITIONS)
    )
    return sorted(kind for kind in ours.keys() | theirs.keys() if ours[kind] != theirs[kind])

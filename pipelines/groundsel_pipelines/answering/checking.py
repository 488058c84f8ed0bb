"""The check of a generated sentence: is every part of it carried by a piece of evidence? Pure; when in doubt, no."""

from collections.abc import Sequence
from dataclasses import dataclass

from groundsel_pipelines.answering.anchors import Anchor, anchors, limits, number_value
from groundsel_pipelines.words import stems, words

# Least cosine of sentence and evidence. Texts that share all their words lie above it; the floor is for what words
# alone do not see.
LEAST_COSINE = 0.5
LEAST_ORDER = 0.75  # share of the content words that stand in the same order: "the buyer pays the seller"
LIGHT_WORDS: dict[str, frozenset[str]] = {  # add no fact of their own: grammar that a sentence needs to stand alone
    "en": frozenset(
        "has have had having does do did been being were am its his her hers their they them he she him it's which who "
        "whom whose from also than so we our us you your i my me where when what there here these those each".split()
    ),
    "fr": frozenset(
        "est sont était a ont avait être avoir il elle ils elles on nous vous ce cette ces qui que".split()
    ),
    "de": frozenset("ist sind war hat haben hatte wird werden wurde er sie es wir ihr man dieser diese dieses".split()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether the evidence carries the sentence; `missing` says what it does not carry, for the log and the tests."""

    supported: bool
    missing: str = ""


def check(sentence: str, evidence: str, *, context: str, language: str, cosine: float) -> Verdict:
    """Check a sentence against one piece of evidence.

    Args:
        sentence: what the model wrote.
        evidence: stored text that is to carry it.
        context: title and headings above the evidence; they may carry a word or a name, not a number.
        language: of the evidence.
        cosine: of the vectors of sentence and evidence.

    """
    missing = ""
    if not stems(sentence, language):
        missing = "nothing is said"
    elif lost := missing_words(sentence, f"{context} {evidence}", language):
        missing = f"words: {', '.join(lost)}"
    elif turned := limits(sentence) ^ limits(evidence):
        missing = f"negation: {', '.join(sorted(turned))}"
    elif lost := misplaced_anchors(sentence, evidence, context, language):
        missing = f"numbers and names: {', '.join(lost)}"
    elif order(sentence, evidence, language) < LEAST_ORDER:
        missing = "the order of its words"
    elif cosine < LEAST_COSINE:
        missing = "nearness"
    return Verdict(supported=not missing, missing=missing)


def missing_words(sentence: str, text: str, language: str) -> list[str]:
    """Give the content words of the sentence whose stems the text lacks; numbers are looked at apart."""
    held = stems(text, language)
    light = LIGHT_WORDS.get(language, LIGHT_WORDS["en"])
    found = (sentence[word.start : word.end] for word in words(sentence, language) if word.stem not in held | {""})
    return [word for word in found if word.lower() not in light and number_value(word, language) is None]


def misplaced_anchors(sentence: str, evidence: str, context: str, language: str) -> list[str]:
    """Give the numbers and names that the evidence does not hold next to one another, in this order, with their units.

    Two that have others between them in the evidence belong to different statements: from "Ann gets 20 days and Bob
    gets 25" does not follow that Ann gets 25.
    """
    held = all_anchors(evidence, sentence, language)
    above = stems(context, language)
    claimed = [
        anchor
        for anchor in all_anchors(sentence, evidence, language)
        if anchor.kind == "number"
        or any(same(anchor, other) for other in held)
        or not stems(anchor.value, language) <= above
    ]
    for start in range(len(held) - len(claimed) + 1):
        if all(same(anchor, other) for anchor, other in zip(claimed, held[start:], strict=False)):
            return []
    return [anchor.value for anchor in claimed]


def all_anchors(text: str, other: str, language: str) -> list[Anchor]:
    """Give the anchors of `text`; a word that begins a sentence here is a name if it is one in `other`."""
    elsewhere = {anchor.value for anchor in anchors(other, language) if anchor.kind == "name"}
    lowered = f"_ {text}"  # so that the first word is not taken for the beginning of a sentence
    return [
        anchor
        for index, anchor in enumerate(anchors(lowered, language))
        if anchor.kind == "number" or index > 0 or anchor.value in elsewhere
    ]


def same(claimed: Anchor, held: Anchor) -> bool:
    """Say whether two anchors are the same thing; a number's unit must be among those beside the held one."""
    if (claimed.kind, claimed.value) != (held.kind, held.value):
        return False
    return claimed.kind == "name" or not claimed.units or bool(claimed.units & held.units)


def order(sentence: str, evidence: str, language: str) -> float:
    """Give the share of the words common to both that stand in the same order (longest common subsequence)."""
    held = [word.stem for word in words(evidence, language) if word.stem]
    claimed = [word.stem for word in words(sentence, language) if word.stem in set(held)]
    return common_subsequence(claimed, held) / len(claimed) if claimed else 0.0


def common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    """Give the length of the longest common subsequence (Wagner and Fischer 1974)."""
    lengths = [0] * (len(second) + 1)
    for item in first:
        diagonal = 0
        for column, other in enumerate(second, start=1):
            above = lengths[column]
            lengths[column] = diagonal + 1 if item == other else max(above, lengths[column - 1])
            diagonal = above
    return lengths[-1]

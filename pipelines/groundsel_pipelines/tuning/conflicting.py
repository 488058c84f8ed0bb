"""Claims that evidence contradicts: sentences that were changed, and those in which two documents differ."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final

from groundsel_pipelines.sentences import sentence_spans
from groundsel_pipelines.tuning.rows import VerifierRow
from groundsel_pipelines.types import Document
from groundsel_pipelines.words import stems

NUMBER: Final = re.compile(r"(?<![\w.,])\d{1,4}(?![\w]|[.,]\d)")
DIGITS: Final = re.compile(r"\d+(?:[.,]\d+)*")
NEGATED: Final = re.compile(r"\b(is|are|may|must|can|will|does|do|has|have) not\b")
SAID: Final = re.compile(r"\b(is|are|may|must|can|will)\b(?! not\b)")
NAME: Final = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+)+")
CELLS: Final = " | "  # parts the cells of a table's row, which is no claim
FEWEST_STEMS: Final = 4  # beside the numbers, that two sentences share: of fewer they may speak of different things
MOST_PAIRS: Final = 6  # of one kind of sentence


def changed(claim: str, evidence: str, language: str) -> Iterator[tuple[str, str]]:
    """Give the kind and the text of claims that the evidence, in which `claim` stands, contradicts."""
    ways = [("number", with_another_number(claim)), ("name", with_another_name(claim, evidence))]
    if language == "en":
        ways.append(("negation", negated(claim)))
    for kind, text in ways:
        if text and text not in evidence:
            yield kind, text


def with_another_number(text: str) -> str:
    """Change the first number; "" where there is none."""
    found = NUMBER.search(text)
    return f"{text[: found.start()]}{int(found[0]) + 2}{text[found.end() :]}" if found else ""


def with_another_name(claim: str, evidence: str) -> str:
    """Put another name of the evidence in the place of the first one; "" where there are not two."""
    found = NAME.search(claim)
    others = [other for other in NAME.findall(evidence) if other not in claim]
    return claim[: found.start()] + others[0] + claim[found.end() :] if found and others else ""


def negated(text: str) -> str:
    """Take the "not" out, or put one in; "" where there is no place for it."""
    if found := NEGATED.search(text):
        return text[: found.start()] + found[1] + text[found.end() :]
    found = SAID.search(text)
    return f"{text[: found.end()]} not{text[found.end() :]}" if found else ""


def differing(documents: Iterable[Document]) -> Iterator[VerifierRow]:
    """Give the sentences in which two documents say the same with other numbers, each held against the other one.

    Both rows are named by one document, so that they stand on the same side of a split; a text that is on the other
    side as well is found there as a near-duplicate.
    """
    alike: dict[tuple[str, frozenset[str]], list[tuple[Document, str]]] = defaultdict(list)
    for document in documents:
        for start, end in sentence_spans(document.text, document.language):
            sentence = document.text[start:end].strip()
            shared = stems(DIGITS.sub(" ", sentence), document.language)
            if CELLS not in sentence and DIGITS.search(sentence) and len(shared) >= FEWEST_STEMS:
                alike[document.language, shared].append((document, sentence))
    for found in alike.values():
        yield from pairs_of(found)


def pairs_of(found: Sequence[tuple[Document, str]]) -> Iterator[VerifierRow]:
    told = 0
    for (first, one), (second, other) in combinations(found, 2):
        if (
            first.doc_id == second.doc_id
            or set(DIGITS.findall(one)) == set(DIGITS.findall(other))
            or told == MOST_PAIRS
        ):
            continue
        told += 1
        for claim, evidence, which in ((one, other, "a"), (other, one, "b")):
            yield VerifierRow(
                id=f"{first.doc_id}/{second.doc_id}/{told}{which}",
                document=first.doc_id,
                claim=claim,
                evidence=evidence,
                label="contradicted",
            )

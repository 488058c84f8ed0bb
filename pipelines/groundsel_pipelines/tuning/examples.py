"""Turns rows of an encoder's role into token ids and targets."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tokenizers import Encoding, Tokenizer

from groundsel_pipelines.models.pairs import first_words
from groundsel_pipelines.tuning.rows import EncoderRow, Label, ReaderRow, RerankerRow, Row, VerifierRow

CLASSES: Final[dict[Label, tuple[int, ...]]] = {  # of the verifier's three; several where they are not told apart
    "supported": (0,),
    "contradicted": (1,),
    "neither": (2,),
    "unsupported": (1, 2),
}
OUTPUTS: Final = {"reader": 1, "verifier": 3, "reranker": 1}  # scores of a pair
NEGATIVES: Final = 3  # of a reranker's list


@dataclass(frozen=True, slots=True)
class Pair:
    ids: list[int]
    types: list[int]


@dataclass(frozen=True, slots=True)
class Example:
    """One pair, or the list of pairs of a query, the right one first."""

    pairs: tuple[Pair, ...]
    classes: tuple[int, ...] = ()  # the verifier's; of the reader 1 where the passage answers, 0 where it does not
    span: tuple[int, int] = (-1, -1)  # first and last token of the answer

    @property
    def lengths(self) -> tuple[int, ...]:
        """Give the tokens of each pair."""
        return tuple(len(pair.ids) for pair in self.pairs)


class Encoder:
    """Puts a question and a passage into one sequence, the passage cut to fit."""

    def __init__(self, tokenizer: Tokenizer, longest: int) -> None:
        self._tokenizer = tokenizer
        self._tokenizer.enable_truncation(longest, strategy="only_second")

    def examples(self, rows: Iterable[Row]) -> Iterator[Example]:
        """Give an example a row; a row whose answer is cut off gives none."""
        for row in rows:
            if isinstance(row, ReaderRow):
                encoding = self._encode(row.question, row.passage)
                span = answer_tokens(encoding, row) if row.start >= 0 else (-1, -1)
                if span is not None:
                    yield Example((Pair(encoding.ids, encoding.type_ids),), (int(row.answerable),), span)
            elif isinstance(row, VerifierRow):
                yield Example((self.pair(row.claim, row.evidence),), CLASSES[row.label])
            elif isinstance(row, RerankerRow):
                texts = (row.positive, *row.negatives[:NEGATIVES])
                yield Example(tuple(self.pair(row.query, text) for text in texts))

    def pair(self, first: str, second: str) -> Pair:
        encoding = self._encode(first, second)
        return Pair(encoding.ids, encoding.type_ids)

    def _encode(self, first: str, second: str) -> Encoding:
        return self._tokenizer.encode(first_words(first), second)


def texts_of(row: EncoderRow) -> tuple[str, str]:
    """Give the two texts of a row, of a reranker's the right one."""
    if isinstance(row, ReaderRow):
        return row.question, row.passage
    return (row.claim, row.evidence) if isinstance(row, VerifierRow) else (row.query, row.positive)


def answer_tokens(encoding: Encoding, row: ReaderRow) -> tuple[int, int] | None:
    """Give the first and last token of the answer; None where the passage was cut before its end."""
    begin, end = row.start, row.start + len(row.answers[0])
    inside = [
        index
        for index, (start, stop) in enumerate(encoding.offsets)
        if encoding.type_ids[index] and stop > start and stop > begin and start < end
    ]
    if not inside or encoding.offsets[inside[-1]][1] < end:
        return None
    return inside[0], inside[-1]

"""Turns rows of a decoder's role into token sequences: the evidence once, then each question with its answer."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tokenizers import Tokenizer

from groundsel_pipelines.prompting import (
    key_points,
    numbered_answer,
    numbered_evidence,
    numbered_question,
    numbered_summary,
    said_before,
    to_stand_alone,
)
from groundsel_pipelines.tuning.key_pieces import key_pieces
from groundsel_pipelines.tuning.rows import AnswerRow, RewriteRow, Row, SummariseRow


@dataclass(frozen=True, slots=True)
class Branch:
    """What follows the shared beginning: it sees that and itself, not the other branches."""

    asked: tuple[int, ...]
    answer: tuple[int, ...]  # with the token that ends it; the only ones that are learnt


@dataclass(frozen=True, slots=True)
class Sequence:
    """One beginning and its branches, laid out one after the other."""

    shared: tuple[int, ...]
    branches: tuple[Branch, ...]

    @property
    def tokens(self) -> int:
        return len(self.shared) + sum(len(branch.asked) + len(branch.answer) for branch in self.branches)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Give its one row of tokens."""
        return (self.tokens,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """A row as its decoder reads and writes it."""

    shared: str
    asked: str
    answer: str


def texts_of(row: Row) -> Texts:
    if isinstance(row, AnswerRow):
        return Texts(
            shared=numbered_evidence(row.evidence),
            asked=numbered_question(row.question),
            answer=numbered_answer(row.cited, row.answers[0] if row.answers else ""),
        )
    if isinstance(row, SummariseRow):
        return Texts(
            shared=numbered_evidence(row.evidence),
            asked=key_points(row.title),
            answer=numbered_summary(points_of(row)),
        )
    if isinstance(row, RewriteRow):
        return Texts(shared=said_before(row.history), asked=to_stand_alone(row.question), answer=f" {row.rewritten}")
    raise TypeError(f"{type(row).__name__} is no row of a decoder")


def points_of(row: SummariseRow) -> list[tuple[int, str]]:
    """Give the pieces that the summary stands for, with their numbers."""
    return [(at + 1, row.evidence[at]) for at in key_pieces(row.evidence, row.summary)]


class Sequencer:
    """Puts rows into sequences of at most `longest` tokens."""

    def __init__(self, tokenizer: Tokenizer, *, end: int, longest: int) -> None:
        self._tokenizer = tokenizer
        self._end = end
        self._longest = longest

    def sequences(self, rows: Iterable[Row]) -> Iterator[Sequence]:
        """Give the rows of one beginning together; a row that does not fit gives none."""
        asked: dict[str, list[Texts]] = defaultdict(list)
        for row in rows:
            texts = texts_of(row)
            asked[texts.shared].append(texts)
        for beginning, found in asked.items():
            shared = self.ids(beginning)
            free = self._longest - len(shared)
            branches: list[Branch] = []
            for texts in found:
                branch = Branch(self.ids(texts.asked), (*self.ids(texts.answer), self._end))
                length = len(branch.asked) + len(branch.answer)
                if length <= free:
                    branches.append(branch)
                    free -= length
            if branches:
                yield Sequence(shared, tuple(branches))

    def ids(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)

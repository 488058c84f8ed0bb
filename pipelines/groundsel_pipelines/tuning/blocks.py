"""Makes of the questions about a passage blocks: a few of its sentences, and what is asked of them.

The questions of a block share its evidence, which a training then reads once for all of them. A question whose sentence
was not chosen has near misses and no answer: so abstention is learnt, and costs no more than the question.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from groundsel_pipelines.tuning.rows import AnswerRow

PIECES: Final = (3, 5)  # of evidence, as an answer's prompt holds
LONGEST_PIECE: Final = 60  # words; longer ones are tables that were flattened, and half of a prompt
MOST_ASKED: Final = 8  # questions of a block
SHARE_UNTOLD: Final = 0.35  # of the questions of a block: more teaches silence
SHARE_REMOVED: Final = 0.35  # of the lone questions, once more without their sentence
SHARE_IN_ORDER: Final = 0.3  # of the blocks; the others have their evidence in any order, as a search brings it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Passage:
    document: str
    sentences: tuple[str, ...]
    asked: tuple[AnswerRow, ...]


def in_blocks(rows: Iterable[AnswerRow], numbers: Random) -> Iterator[AnswerRow]:
    """Give every question that can be answered once, in a block, and beside it some that cannot."""
    passages = list(_passages(rows))
    of_document: dict[str, list[_Passage]] = defaultdict(list)
    for passage in passages:
        of_document[passage.document].append(passage)
    for passage in passages:
        others = [
            sentence
            for other in of_document[passage.document]
            if other is not passage
            for sentence in other.sentences
            if _fits(sentence)
        ]
        yield from _blocks(passage, others, numbers)


def _passages(rows: Iterable[AnswerRow]) -> Iterator[_Passage]:
    asked: dict[tuple[str, tuple[str, ...]], list[AnswerRow]] = defaultdict(list)
    for row in rows:
        asked[row.document, row.evidence].append(row)
    for (document, sentences), found in asked.items():
        yield _Passage(document=document, sentences=sentences, asked=tuple(found))


def _blocks(passage: _Passage, others: Sequence[str], numbers: Random) -> Iterator[AnswerRow]:
    left = [row for row in passage.asked if row.cited and _fits(passage.sentences[row.cited - 1])]
    numbers.shuffle(left)
    if not left:
        yield from _shown(passage, set(), others, numbers)
    while left:
        most = numbers.randint(*PIECES) - 1  # at least one piece answers nothing
        golds: set[int] = set()
        for row in left:
            if len(golds) < most:
                golds.add(row.cited - 1)
        told = [row for row in left if row.cited - 1 in golds][:MOST_ASKED]
        left = [row for row in left if row not in told]
        yield from _shown(passage, golds, others, numbers, told)
    if len(passage.asked) == 1 and numbers.random() < SHARE_REMOVED:
        yield from _shown(passage, set(), others, numbers)


def _shown(
    passage: _Passage, golds: set[int], others: Sequence[str], numbers: Random, told: Sequence[AnswerRow] = ()
) -> Iterator[AnswerRow]:
    """Choose the evidence of a block, and give its rows: those of `told`, and some that it does not tell."""
    kept = [row for row in passage.asked if row not in told]
    hidden = {row.cited - 1 for row in kept if row.cited} if not golds else set[int]()
    fillers = [at for at, each in enumerate(passage.sentences) if at not in golds | hidden and _fits(each)]
    count = max(len(golds) + 1, numbers.randint(*PIECES))
    chosen = sorted(golds | set(numbers.sample(fillers, min(len(fillers), count - len(golds)))))
    pieces = [passage.sentences[at] for at in chosen]
    pieces += numbers.sample(list(others), min(len(others), count - len(pieces)))
    if len(pieces) <= 1:
        return
    order = list(range(len(pieces)))
    if numbers.random() >= SHARE_IN_ORDER:
        numbers.shuffle(order)
    evidence = tuple(pieces[at] for at in order)
    for row in told:
        yield replace(row, evidence=evidence, cited=order.index(chosen.index(row.cited - 1)) + 1)
    untold = [row for row in kept if not any(_holds(piece, row) for piece in evidence)]
    numbers.shuffle(untold)
    most = max(1, round(len(told) * SHARE_UNTOLD / (1 - SHARE_UNTOLD)))
    for row in untold[:most]:
        yield replace(row, id=f"{row.id}-untold-{len(golds)}", evidence=evidence, answers=(), cited=0)


def _holds(piece: str, row: AnswerRow) -> bool:
    return any(answer.lower() in piece.lower() for answer in row.answers)


def _fits(sentence: str) -> bool:
    return len(sentence.split()) <= LONGEST_PIECE

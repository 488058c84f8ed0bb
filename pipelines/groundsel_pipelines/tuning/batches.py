"""Groups examples of like length into batches: little padding, and still a random order."""

from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import Final, Protocol, TypeVar

POOL: Final = 64  # batches that are sorted together


class Measured(Protocol):
    """An example of one or more rows of tokens."""

    @property
    def lengths(self) -> Sequence[int]:
        """Give the tokens of each of its rows."""
        ...


Kind = TypeVar("Kind", bound=Measured)


def batches(examples: Sequence[Kind], *, tokens: int, seed: int) -> list[list[Kind]]:
    """Group examples into batches of at most `tokens`, padding counted, in a random order that `seed` fixes."""
    numbers = Random(seed)  # noqa: S311 - no secret
    order = list(examples)
    numbers.shuffle(order)
    step = max(1, POOL * tokens // max(1, sum(map(_tokens, order)) // max(1, len(order))))
    found: list[list[Kind]] = []
    for first in range(0, len(order), step):
        found += _filled(sorted(order[first : first + step], key=_tokens), tokens)
    numbers.shuffle(found)
    return found


def padded_tokens(batch: Sequence[Measured]) -> int:
    """Give the size of a batch, each of its rows as long as the longest."""
    lengths = [length for each in batch for length in each.lengths]
    return max(lengths) * len(lengths)


def _tokens(example: Measured) -> int:
    return sum(example.lengths)


def _filled(examples: Iterable[Kind], tokens: int) -> Iterator[list[Kind]]:
    batch: list[Kind] = []
    for each in examples:
        if batch and padded_tokens([*batch, each]) > tokens:
            yield batch
            batch = []
        batch.append(each)
    if batch:
        yield batch

"""A claim laid beside its evidence: which word of it stands for which of the evidence, in the evidence's order."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from groundsel_pipelines.answering.anchors import YEAR, Token, same

# With these a phrase begins that may as well stand at the other end of a sentence: "From May on, ... / ... from May on"
FRONTED = frozenset(
    "from until till in on at since for within after before during by with of to à dans pour dès depuis jusqu après "
    "avant pendant en au aux ab bis im am seit nach vor für bei zum zur während desde hasta para con durante tras "
    "antes".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """The pairs of a longest common subsequence, as (token of the claim, index of the evidence's token)."""

    pairs: tuple[tuple[Token, int], ...]
    matched: frozenset[Token] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "matched", frozenset(token for token, _ in self.pairs))

    def clauses(self, held: Sequence[Token]) -> frozenset[int]:
        """Give the clauses of the evidence from the first to the last that the claim takes up."""
        taken = [held[index].clause for _, index in self.pairs]
        return frozenset(range(min(taken), max(taken) + 1)) if taken else frozenset(token.clause for token in held)

    def parted_by(self, held: Sequence[Token]) -> list[Token]:
        """Give what the claim left out between two words that it put together, where they then belong to others.

        That is a number where the claim has another one of the same unit, and a name that begins another statement.
        """
        numbers = [token for token, _ in self.pairs if token.kind == "number"]
        found: list[Token] = []
        for (_, before), (_, after) in zip(self.pairs, self.pairs[1:], strict=False):
            left_out = held[before + 1 : after]
            found += [token for token in left_out if any(rivals(token, number) for number in numbers)]
            if any(token.kind == "word" and token.stem and not token.light for token in left_out):
                found += [token for token in left_out if token.kind == "name" and token.clause > held[before].clause]
        return found


def rivals(number: Token, claimed: Token) -> bool:
    if number.kind != "number" or is_year(number) != is_year(claimed):
        return False
    return not number.units or not claimed.units or bool(number.units & claimed.units)


def is_year(number: Token) -> bool:
    return not number.units and bool(YEAR.fullmatch(number.value))


def align(claim: Sequence[Token], stated: frozenset[Token], held: Sequence[Token]) -> Alignment:
    """Lay the claim beside the evidence, as it is or with one phrase of it moved to the other end, the better way.

    Args:
        claim: all of it, in order.
        stated: the tokens of the claim that are to be found.
        held: the evidence.

    """
    best = Alignment(pairs=())
    for turned in (claim, *rotations(claim)):
        kept = [token for token in turned if token in stated]
        other = Alignment(pairs=tuple(common_subsequence(kept, held)))
        if len(other.pairs) > len(best.pairs):
            best = other
        if len(best.pairs) == len(stated):
            break
    return best


def rotations(claim: Sequence[Token]) -> Generator[Sequence[Token]]:
    """Give the claim with its beginning put to its end, cut between two clauses or where a phrase is fronted."""
    for index in range(1, len(claim)):
        if claim[index].clause != claim[index - 1].clause or claim[index].value in FRONTED:
            yield [*claim[index:], *claim[:index]]


def turns(tokens: Sequence[Token]) -> list[str]:
    return [token.turning for token in tokens if token.turning]


def common_subsequence(claimed: Sequence[Token], held: Sequence[Token]) -> list[tuple[Token, int]]:
    """Give the longest common subsequence (Wagner and Fischer 1974), each token at the first place that it can have."""
    lengths = [[0] * (len(held) + 1) for _ in range(len(claimed) + 1)]
    for row in reversed(range(len(claimed))):
        for column in reversed(range(len(held))):
            lengths[row][column] = (
                lengths[row + 1][column + 1] + 1
                if same(claimed[row], held[column])
                else max(lengths[row + 1][column], lengths[row][column + 1])
            )
    pairs: list[tuple[Token, int]] = []
    row = column = 0
    while row < len(claimed) and column < len(held):
        if same(claimed[row], held[column]):
            pairs.append((claimed[row], column))
            row, column = row + 1, column + 1
        elif lengths[row + 1][column] >= lengths[row][column + 1]:
            row += 1
        else:
            column += 1
    return pairs

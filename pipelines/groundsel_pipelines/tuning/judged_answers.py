"""What a decoder or a baseline answers to rows of the role `answer`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol, runtime_checkable

import numpy as np

from groundsel_pipelines.answering.excerpts import excerpt
from groundsel_pipelines.answering.telling import border
from groundsel_pipelines.prompting import FIRST_OF_REFUSAL, answer_prompt, numbered_prompt, read_numbered
from groundsel_pipelines.protocols import LanguageModel, Prompt
from groundsel_pipelines.tuning.rows import AnswerRow, Row

MOST_TOKENS: Final = 48  # an answer of 25 words, with room for its number


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerJudged:
    text: str  # "" where it was refused
    shown: str  # what is shown of it: the words in the sentence that they are cited from
    number: int  # of the piece that it cites; 0 where it cites none
    told: float  # how sure it is that the evidence tells the answer; only the order means something

    @property
    def silenced(self) -> "AnswerJudged":
        return replace(self, text="", shown="", number=0)


@runtime_checkable
class Foretelling(Protocol):
    def write(self, prompt: Prompt, *, begin: str, max_tokens: int) -> tuple[str, float]:
        """Give what is written, and the log-probability that it would have begun as `begin` does."""
        ...


def by_writer(model: LanguageModel, row: AnswerRow) -> AnswerJudged:
    """Let a model write: a tuned one in its own form, another one by its chat template, as `answering` asks it."""
    if not model.tuned:
        text = _written(model, answer_prompt(row.question, row.evidence, border=border()))
        return AnswerJudged(text=text, shown=text, number=0, told=float(bool(text)))
    prompt = numbered_prompt(row.question, row.evidence)
    if isinstance(model, Foretelling):
        whole, refused = model.write(prompt, begin=FIRST_OF_REFUSAL, max_tokens=MOST_TOKENS)
    else:
        whole, refused = _written(model, prompt), 0.0
    number, text = read_numbered(whole)
    cited = row.evidence[number - 1] if 0 < number <= len(row.evidence) else ""
    shown = excerpt(text, cited, context="", language="en")
    return AnswerJudged(text=text, shown=shown or text, number=number, told=-refused)


def _written(model: LanguageModel, prompt: Prompt) -> str:
    return "".join(model.generate(prompt, max_tokens=MOST_TOKENS)).strip()


def by_nearness(row: AnswerRow, near: Sequence[float]) -> AnswerJudged:
    """Quote the piece that is nearest to the question."""
    best = int(np.argmax(near))
    return AnswerJudged(text=row.evidence[best], shown=row.evidence[best], number=best + 1, told=near[best])


def silent_below_best(found: Sequence[AnswerJudged], rows: Sequence[Row]) -> list[AnswerJudged]:
    """Let a quotation be silent below the threshold that is best on these very rows: no other would do it more good."""
    told = np.array([isinstance(row, AnswerRow) and row.cited > 0 for row in rows])
    values = np.array([each.told for each in found])
    if told.all() or not told.any():
        return list(found)
    best = max(np.unique(values), key=lambda at: (values[told] >= at).mean() + (values[~told] < at).mean())
    return [each if each.told >= best else each.silenced for each in found]

"""What a decoder or a baseline writes as a summary or as a question that stands alone, and the figures of both."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from groundsel_pipelines.answering.checking import check
from groundsel_pipelines.answering.conversation import leans, standing_alone
from groundsel_pipelines.answering.rewriting import taken
from groundsel_pipelines.answering.telling import border
from groundsel_pipelines.evaluating.judging import f1, normalised
from groundsel_pipelines.evaluating.rouge import rouge_l, rouge_n
from groundsel_pipelines.prompting import rewriting_prompt, summary_of, summary_prompt
from groundsel_pipelines.protocols import LanguageModel, Prompt
from groundsel_pipelines.sentences import sentence_spans
from groundsel_pipelines.tuning.rows import RewriteRow, SummariseRow
from groundsel_pipelines.types import Turn

NUMBER: Final = re.compile(r"\s*\[\d{1,2}\]\s*")
LED: Final = 2  # sentences that the baseline takes from the beginning: the length of most summaries
MOST_TOKENS: Final = 128
Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextJudged:
    text: str  # without numbers


def written(model: LanguageModel, row: SummariseRow | RewriteRow) -> TextJudged:
    """Let a model write; one that was not tuned is asked by its chat template, and a tuned one as `answering` does."""
    if isinstance(row, RewriteRow):
        return TextJudged(text=rewritten(model, row))
    if model.tuned:
        prompt = summary_of(row.title, row.evidence)
    else:
        prompt = summary_prompt(row.title, row.evidence, border=border())
    return TextJudged(text=NUMBER.sub(" ", "".join(model.generate(prompt, max_tokens=MOST_TOKENS))).strip())


def rewritten(model: LanguageModel, row: RewriteRow) -> str:
    """Let a tuned model rewrite what leans on what was said, and take from it what the product would take."""
    turns = turns_of(row)
    prompt = rewriting_prompt(row.question, row.history)
    if not model.tuned:
        prompt = Prompt(system="Rewrite the last question so that it stands alone.", user=prompt.user)
    elif not leans(row.question, turns):
        return standing_alone(row.question, turns)
    text = "".join(model.generate(prompt, max_tokens=MOST_TOKENS)).strip()
    return (taken(text, row.question, turns) or standing_alone(row.question, turns)) if model.tuned else text


def by_rule(row: SummariseRow | RewriteRow) -> TextJudged:
    """Take the first sentences, or what the rules of a conversation make of a question."""
    if isinstance(row, SummariseRow):
        return TextJudged(text=" ".join(row.evidence[:LED]))
    return TextJudged(text=standing_alone(row.question, turns_of(row)))


def as_typed(row: RewriteRow) -> TextJudged:
    return TextJudged(text=row.question)


def turns_of(row: RewriteRow) -> list[Turn]:
    return [Turn(role="assistant" if at % 2 else "user", text=text) for at, text in enumerate(row.history)]


def summary_figures(pairs: Sequence[tuple[SummariseRow, TextJudged]]) -> dict[str, Array]:
    """Give ROUGE against the reference, and the share of sentences whose words one piece of the evidence carries."""
    found = {
        "ROUGE-1": [rouge_n(each.text, row.summary, 1) for row, each in pairs],
        "ROUGE-2": [rouge_n(each.text, row.summary, 2) for row, each in pairs],
        "ROUGE-L": [rouge_l(each.text, row.summary) for row, each in pairs],
        "supported": [_supported(row, each.text) for row, each in pairs],
        "words": [len(each.text.split()) for _, each in pairs],
    }
    return {name: np.array(values, np.float64) for name, values in found.items() if values}


def _supported(row: SummariseRow, text: str) -> float:
    sentences = [text[first:last] for first, last in sentence_spans(text, "en")]
    carried = [
        any(check(each, piece, context=row.title, language="en", cosine=1).supported for piece in row.evidence)
        for each in sentences
    ]
    return sum(carried) / len(carried) if carried else 0.0


def rewriting_figures(pairs: Sequence[tuple[RewriteRow, TextJudged]]) -> dict[str, Array]:
    """Give how near the questions are to what was meant, and how often those that stood alone were left as they are."""
    alone = [(row, each) for row, each in pairs if row.question == row.rewritten]
    leaning = [(row, each) for row, each in pairs if row.question != row.rewritten]
    found = {
        "F1": [f1(each.text, row.rewritten) for row, each in pairs],
        "restored": [normalised(each.text) == normalised(row.rewritten) for row, each in leaning],
        "left as it was": [normalised(each.text) == normalised(row.question) for row, each in alone],
    }
    return {name: np.array(values, np.float64) for name, values in found.items() if values}

"""What could make an answer be written sooner, tried on the prompts of the demo company's questions.

- the beginning that a prompt shares with the one before it, kept instead of read again (snapshot and rewind);
- drafts: the tokens after the last place in prompt and answer that reads like the last two, several checked at once
  (prompt lookup). Exact: what is foretold otherwise is thrown away. Steps are counted on what the model really writes,
  and what a step of several tokens costs is measured, with a graph that gives the logits of each;
- several answers at once: what a token costs where two or four are written side by side (continuous batching).

Each trial is told with the share of the whole time of an answer that it would save. `--tuned NAME` tries an installed
adapter of the role `answer` instead of the untuned model.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final, cast

import anyio
import numpy as np
import onnxruntime_genai as genai

from corpora import default_embedder
from groundsel_pipelines.answering import Answerer
from groundsel_pipelines.evaluating.judgments import ANYONE
from groundsel_pipelines.evaluating.preparing import prepared
from groundsel_pipelines.evaluating.sets import read_set
from groundsel_pipelines.fusion import min_max_linear
from groundsel_pipelines.models import load_language_model
from groundsel_pipelines.models.language_model import OnnxLanguageModel
from groundsel_pipelines.protocols import Prompt, TokenCounter
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.types import AnswerRequest
from makers import SETTINGS, WRITER, make_decoder
from reporting import DEMO, Row, arguments, report

MOST_TOKENS: Final = 96  # of an answer, as configured
DRAFTS: Final = (2, 4, 8)  # tokens
LOOKED_UP: Final = 2  # tokens that must have been there before
BATCHES: Final = (1, 2, 4)
REPEATS: Final = 12  # of a step whose cost is measured


class Recorder:
    """A model that writes nothing and remembers what it was asked."""

    model_id = "recorder"
    context_tokens = 8192
    languages: frozenset[str] = frozenset()

    def __init__(self, tokens: TokenCounter, *, tuned: bool) -> None:
        self.tokens = tokens
        self.tuned = tuned
        self.prompts: list[Prompt] = []

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generator[str]:
        del max_tokens
        self.prompts.append(prompt)
        yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One answer: the ids of its prompt and of what was written, and the seconds that both took."""

    prompt: list[int]
    answer: list[int]
    reading: float
    writing: float


async def prompts_of(count: int, tokens: TokenCounter, *, tuned: bool) -> list[Prompt]:
    """Give the prompts that the demo company's questions lead to."""
    embedder = default_embedder()
    recorder = Recorder(tokens, tuned=tuned)
    evaluation = read_set(DEMO)
    ready = prepared(evaluation, read_settings(), embedder=embedder, principals=ANYONE, told=lambda *_: None)
    async with ready as found:
        answerer = Answerer(
            searcher=Searcher(store=found.store, embedder=embedder, fusion=min_max_linear),
            store=found.store,
            embedder=embedder,
            language_model=recorder,
            writers=lambda *_: recorder if tuned else None,
            method="generated",
        )
        for question in evaluation.questions[:count]:
            async for _ in answerer.answer(AnswerRequest(text=question.text, principals=ANYONE)):
                pass
    return recorder.prompts


def written(model: OnnxLanguageModel, ids: list[int], adapter: str) -> Written:
    began = perf_counter()
    tokens = model.generate_ids(ids, max_tokens=MOST_TOKENS, adapter=adapter)
    answer = [next(tokens)]
    read = perf_counter()
    answer += tokens
    return Written(prompt=ids, answer=answer, reading=read - began, writing=perf_counter() - read)


def shared(first: Sequence[int], second: Sequence[int]) -> int:
    both = min(len(first), len(second))
    return next((at for at in range(both) if first[at] != second[at]), both)


def steps(each: Written, longest: int) -> list[int]:
    """Give the tokens that each step of writing checks: one, or one and its drafts."""
    known, found, at = [*each.prompt, *each.answer[:1]], [], 1
    while at < len(each.answer):
        draft = drafted(known, longest)
        accepted = shared(draft, each.answer[at:]) if draft else 0
        found.append(1 + len(draft))
        taken = each.answer[at : at + accepted + 1]
        known += taken
        at += len(taken)
    return found


def drafted(known: Sequence[int], longest: int) -> Sequence[int]:
    """Give what followed where the last tokens stood before, the latest place first."""
    last = known[-LOOKED_UP:]
    for start in range(len(known) - LOOKED_UP - 1, -1, -1):
        if known[start : start + LOOKED_UP] == last:
            return known[start + LOOKED_UP : start + LOOKED_UP + longest]
    return ()


def cost_of(model: genai.Model, ids: list[int], count: int) -> float:
    """Give the seconds of reading `count` tokens after a prompt, the logits of each with them."""
    parameters = genai.GeneratorParams(model)
    parameters.set_search_options(max_length=len(ids) + 64, do_sample=False)
    generator = genai.Generator(model, parameters)
    generator.append_tokens(np.array(ids, np.int32))
    took = []
    for _ in range(REPEATS):
        began = perf_counter()
        generator.append_tokens(np.array(ids[:count], np.int32))
        generator.get_logits()
        took.append(perf_counter() - began)
        generator.rewind_to(len(ids))
    return median(took)


def side_by_side(model: genai.Model, ids: list[int], count: int) -> float:
    """Give the seconds a token, over all answers, where `count` of them are written at once."""
    parameters = genai.GeneratorParams(model)
    parameters.set_search_options(max_length=len(ids) + REPEATS + 1, do_sample=False, batch_size=count)
    generator = genai.Generator(model, parameters)
    generator.append_tokens(np.array([ids] * count, np.int32))
    took = []
    for _ in range(REPEATS):
        began = perf_counter()
        generator.generate_next_token()
        took.append(perf_counter() - began)
    return median(took) / count


def trials(found: Sequence[Written], ids: list[int], folder: Path) -> list[Row]:
    """Give what each trial would make of the mean answer."""
    reading, writing = fmean(each.reading for each in found), fmean(each.writing for each in found)
    whole = reading + writing
    kept = [shared(first.prompt, second.prompt) / len(second.prompt) for first, second in pairwise(found)]

    def row(trial: str, told: str, seconds: float) -> Row:
        return {"trial": trial, "what it does": told, "seconds": seconds, "saves": f"{1 - seconds / whole:.1%}"}

    rows = [
        row("as it is", f"{fmean(len(each.prompt) for each in found):.0f} tokens read in {reading:.2f} s, "
            f"{fmean(len(each.answer) for each in found):.1f} written in {writing:.2f} s", whole),
        row("the beginning kept", f"{fmean(kept):.1%} of a prompt", whole - fmean(kept) * reading),
    ]  # fmt: skip
    make_decoder("groundsel", "int8", folder, every_logit=True)
    model = genai.Model(str(folder / WRITER))
    costs = {count: cost_of(model, ids, count) for count in range(1, max(DRAFTS) + 2)}
    for longest in DRAFTS:
        taken = [step for each in found for step in steps(each, longest)]
        tokens = sum(len(each.answer) - 1 for each in found)
        plain = tokens * costs[1]
        drafting = sum(costs[step] for step in taken)
        dearer = costs[longest + 1] / costs[1]
        told = f"{tokens / max(1, len(taken)):.2f} tokens a step; one of {longest + 1} costs {dearer:.2f}"
        rows.append(row(f"drafts of {longest}", told, reading + writing * drafting / max(plain, 1e-9)))
    alone = side_by_side(model, ids, 1)
    for count in BATCHES[1:]:
        share = side_by_side(model, ids, count) / alone
        rows.append(row(f"{count} at once", f"{share:.2f} of the time a token", reading + writing * share))
    return rows


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--questions", type=int, default=85)
    parser.add_argument("--tuned", default="", metavar="NAME", help="an installed adapter of the role `answer`")
    options = parser.parse_args()
    name = options.tuned or WRITER
    model = cast("OnnxLanguageModel", load_language_model(SETTINGS.folder, name, threads=SETTINGS.threads))
    prompts = anyio.run(lambda: prompts_of(options.questions, model.tokens, tuned=bool(options.tuned)))
    asked = [model.prompt_ids(prompt) for prompt in prompts]
    adapter = model.model_id if options.tuned else ""
    written(model, asked[0], adapter)  # the first call loads what the later ones use
    found = [written(model, ids, adapter) for ids in asked]
    with TemporaryDirectory() as scratch:
        rows = trials(found, sorted(asked, key=len)[len(asked) // 2], Path(scratch))
    report(f"Writing sooner, {name}", rows, json_file=options.json)


if __name__ == "__main__":
    main()

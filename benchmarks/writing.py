"""How soon answers are written: with what shortens the work, and with several askers at the same time.

On the prompts of the demo company's questions, by the product's own decoder:

- one asker, nothing kept and nothing foretold: each prompt is read whole, each token written by itself;
- one asker, as it is: the beginning that a prompt shares with one before it is kept, and the tokens that followed the
  last two before, in prompt and answer, are checked several at once;
- several askers, each with a question at all times: their answers are written side by side.

`--tuned NAME` asks an installed adapter of the role `answer` instead of the untuned model. A text can differ from the
one written token by token where two tokens are as likely but for rounding: how many do not is told as well.
"""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from time import perf_counter
from typing import Final, cast

import anyio

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
from makers import SETTINGS, WRITER
from reporting import DEMO, Row, arguments, report

MOST_TOKENS: Final = 96  # of an answer, as configured
ASKERS: Final = (2, 4, 8)
ROUNDS: Final = 2  # the faster counts: the other was disturbed


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
    """One answer, and the seconds from the question to its first token and to its last."""

    tokens: list[int]
    first: float
    done: float


Write = Callable[[list[int]], Written]


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


def written(model: OnnxLanguageModel, prompt: list[int], *, shortcuts: bool) -> Written:
    began = perf_counter()
    tokens = model.decoder.generate(prompt, max_tokens=MOST_TOKENS, adapter=model.adapter, shortcuts=shortcuts)
    found = [token for token in [next(tokens, None)] if token is not None]
    first = perf_counter() - began
    found += tokens
    return Written(tokens=found, first=first, done=perf_counter() - began)


def asked_by(askers: int, write: Write, prompts: Sequence[list[int]]) -> tuple[float, list[Written]]:
    """Let so many ask all that, each one question after the other; give the seconds in all, and the answers."""
    with ThreadPoolExecutor(askers) as threads:
        began = perf_counter()
        answers = list(threads.map(write, prompts))
        return perf_counter() - began, answers


def figures(model: OnnxLanguageModel, prompts: Sequence[list[int]]) -> list[Row]:
    plainly, as_it_is = (partial(written, model, shortcuts=shortcuts) for shortcuts in (False, True))
    ways: dict[str, tuple[int, Write]] = {
        "1 asker, each token by itself": (1, plainly),
        "1 asker": (1, as_it_is),
        **{f"{askers} askers": (askers, as_it_is) for askers in ASKERS},
    }
    found: dict[str, tuple[float, list[Written]]] = {}
    for _ in range(ROUNDS):
        for name, (askers, write) in ways.items():
            took = asked_by(askers, write, prompts)
            found[name] = min(found.get(name, took), took, key=lambda each: each[0])
    plain_seconds, plain = next(iter(found.values()))
    rows: list[Row] = []
    for name, (seconds, answers) in found.items():
        same = sum(own.tokens == other.tokens for own, other in zip(answers, plain, strict=True))
        writing = sum(each.done - each.first for each in answers)
        row: Row = {
            "asked by": name,
            "answers/s": len(answers) / seconds,
            "of each token by itself": plain_seconds / seconds,
            "first token, s": fmean(each.first for each in answers),
            "done, s": fmean(each.done for each in answers),
            "the same text": f"{same} of {len(plain)}",
        }
        alone = (
            {"tokens/s written": sum(len(each.tokens) - 1 for each in answers) / writing} if ways[name][0] == 1 else {}
        )
        rows.append({**row, **alone})
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
    written(model, asked[0], shortcuts=True)  # the first call loads what the later ones use
    read = fmean(map(len, asked))
    report(
        f"{len(asked)} answers by {name}, {read:.0f} tokens to read for each",
        figures(model, asked),
        json_file=options.json,
    )


if __name__ == "__main__":
    main()

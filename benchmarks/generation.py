"""Reading and writing by the default language model: our graphs, the library exporter's and llama.cpp, in one run.

An answer here is the reading of a prompt and 64 tokens written after it. Each is measured reading all of it and writing
token by token; ours and llama.cpp also with their shortcuts: a beginning that was read before is kept, and what
followed the last tokens before is checked several tokens at once (prompt lookup).
"""

import os
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean, median
from typing import Any, Final

from groundsel_pipelines.models.decoding.drafting import LONGEST
from groundsel_pipelines.models.language_model import OnnxLanguageModel
from groundsel_pipelines.models.manifest import Precision
from groundsel_pipelines.models.pulling import weights_on_disk
from groundsel_pipelines.protocols import Prompt
from makers import MAKERS, SETTINGS, WRITER, Maker, kept_or_scratch, make_decoder, writer_by
from reporting import Clock, Row, clock_of, report, timed_arguments

PRECISIONS: Final[tuple[Precision, ...]] = ("int8", "int4", "fp32")
REPEATS: Final = (3, 8)  # of the evidence in a prompt
WRITTEN = 64  # tokens
ROUNDS: Final = 3
PEER: Final = "llama.cpp Q4_1"
WITH_SHORTCUTS: Final = ", with shortcuts"
SPEEDS: Final = ("prefill tokens/s", "decode tokens/s", "answers/s")
EVIDENCE = (
    "The warranty covers the sensor for 24 months from the date of delivery. ",
    "Calibration is due every six months and is done with the reference solution. ",
    "Returns are sent to the service centre together with the form on page 4. ",
    "A cracked housing is not covered, nor is damage by solvents or by frost. ",
)
QUESTIONS = (
    "How long does the warranty last?",
    "How often is calibration due?",
    "Where are returns sent?",
    "What is not covered?",
    "Which form goes with a return?",
)

Write = Callable[[list[int]], Generator[int]]
Open = Callable[[], Write]
Speed = tuple[float, float]
"""Tokens a second of reading and of writing."""


def prompt(question: str, *, repeat: int) -> Prompt:
    return Prompt(system="Answer from the text.", user=f"{''.join(EVIDENCE) * repeat}\n{question}")


def measured(write: Write, ids: list[int], clock: Clock) -> Speed:
    """Give tokens a second of reading `ids` and of writing after them."""
    began = clock()
    tokens = write(ids)
    next(tokens)
    read = clock()
    written = sum(1 for _ in tokens)
    return len(ids) / (read - began), written / (clock() - read) if written else 0.0


def llama_cpp(gguf: Path, *, shortcuts: bool = False) -> Write:
    """Give llama.cpp's greedy writer."""
    from llama_cpp import Llama
    from llama_cpp.llama_speculative import LlamaPromptLookupDecoding

    threads = SETTINGS.threads or os.cpu_count()
    lookup = LlamaPromptLookupDecoding(max_ngram_size=2, num_pred_tokens=LONGEST) if shortcuts else None
    model: Any = Llama(
        str(gguf),
        n_ctx=4096,
        n_threads=threads,
        n_threads_batch=threads,
        verbose=False,
        draft_model=lookup,
        logits_all=shortcuts,  # which drafts need
    )

    def write(ids: list[int]) -> Generator[int]:
        if not shortcuts:
            model.reset()
        for count, token in enumerate(model.generate(ids, temp=0.0, top_k=1), start=1):
            yield token
            if count == WRITTEN:
                return

    return write


def in_eight_bits(gguf: Path, folder: Path) -> Path:
    """Write the same weights as llama.cpp's Q8_0: what it has nearest to our int8."""
    from llama_cpp import llama_cpp as library

    target = folder / f"{WRITER}-Q8_0.gguf"
    if not target.exists():
        parameters = library.llama_model_quantize_default_params()
        parameters.ftype, parameters.allow_requantize = library.LLAMA_FTYPE_MOSTLY_Q8_0, True
        library.llama_model_quantize(str(gguf).encode(), str(target).encode(), parameters)
    return target


def ratios(rows: Sequence[Row]) -> list[Row]:
    """Put the speed beside that of llama.cpp on the weights as they come, where it was measured: as either works."""
    told: list[Row] = []
    for row in rows:
        name = PEER + (WITH_SHORTCUTS if str(row["model"]).endswith(WITH_SHORTCUTS) else "")
        peer = next(
            (each for each in rows if each["model"] == name and each["prompt tokens"] == row["prompt tokens"]), None
        )
        beside = {f"{name}, of llama.cpp's": _share(row[name], peer[name]) for name in SPEEDS} if peer else {}
        told.append({**row, **beside})
    return told


def _share(own: object, other: object) -> float:
    return float(own) / float(other) if isinstance(own, float) and isinstance(other, float) else 0.0


def agreement(ours: OnnxLanguageModel, gguf: Path) -> float:
    """Give the share of greedy tokens that are those of transformers in float32 on the same weights."""
    import torch
    from transformers import AutoModelForCausalLM

    reference: Any = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    same = total = 0
    for question in QUESTIONS:
        ids = ours.prompt_ids(prompt(question, repeat=1))
        with torch.no_grad():
            output = reference.generate(torch.tensor([ids]), max_new_tokens=WRITTEN, do_sample=False)
        expected = output[0, len(ids) :].tolist()
        found = list(ours.decoder.generate(ids, max_tokens=len(expected), shortcuts=False))
        agreed = next((at for at, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b), len(expected))
        same, total = same + agreed, total + len(expected)
    return same / total


def opened(maker: Maker, precision: Precision, models: Path, *, shortcuts: bool = False) -> Write:
    return partial(writer_by(maker, precision, models).decoder.generate, max_tokens=WRITTEN, shortcuts=shortcuts)


def measured_in_turns(
    models: Mapping[str, Open], prompts: Sequence[list[int]], clock: Clock, *, rounds: int
) -> dict[str, list[Speed]]:
    """Open each model anew in every round, in the other order each time, and let it answer all prompts.

    One that lies well in memory writes up to a tenth faster than the same one opened again.
    """
    speeds: dict[str, list[Speed]] = {name: [] for name in models}
    for turn in range(rounds):
        for name, open_it in list(models.items())[:: -1 if turn % 2 else 1]:
            write = open_it()
            next(write(prompts[0]))  # the first call loads what the later ones use
            speeds[name] += [measured(write, ids, clock) for ids in prompts]
    return speeds


def main() -> None:
    parser = timed_arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--agreement", action="store_true", help="also compare with transformers (takes minutes)")
    parser.add_argument("--precision", choices=PRECISIONS, action="append", help="only this one; may be repeated")
    parser.add_argument("--maker", choices=MAKERS, action="append", help="only this one; may be repeated")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where the models stay for the next run")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each model is opened and asked")
    options = parser.parse_args()
    gguf = weights_on_disk(SETTINGS.folder, WRITER).path
    rows: list[Row] = []
    with kept_or_scratch(options.keep) as folder:
        kinds: dict[str, tuple[Maker, Precision, Path]] = {
            f"{maker} {precision}": (maker, precision, folder / f"{maker}-{precision}")
            for precision in options.precision or PRECISIONS
            for maker in options.maker or MAKERS
        }
        for kind in kinds.values():
            make_decoder(*kind)
        asked = writer_by(*next(iter(kinds.values())))
        agreed = {name: agreement(writer_by(*kind), gguf) for name, kind in kinds.items()} if options.agreement else {}
        models: dict[str, Open] = {name: partial(opened, *kind) for name, kind in kinds.items()}
        models |= {
            f"{name}{WITH_SHORTCUTS}": partial(opened, *kind, shortcuts=True)
            for name, kind in kinds.items()
            if kind[0] == "groundsel"
        }
        if find_spec("llama_cpp"):
            models[PEER] = partial(llama_cpp, gguf)
            models["llama.cpp Q8_0"] = partial(llama_cpp, in_eight_bits(gguf, folder))
            models[f"{PEER}{WITH_SHORTCUTS}"] = partial(llama_cpp, gguf, shortcuts=True)
        else:
            print("llama-cpp-python is not installed: no figures beside it")
        for repeat in REPEATS:
            prompts = [asked.prompt_ids(prompt(question, repeat=repeat)) for question in QUESTIONS]
            length = fmean(map(len, prompts))
            speeds = measured_in_turns(models, prompts, clock_of(options), rounds=options.rounds)
            for name, figures in speeds.items():
                reading, writing = (median(each) for each in zip(*figures, strict=True))
                rows.append(
                    {
                        "model": name,
                        "prompt tokens": round(length),
                        "prefill tokens/s": reading,
                        "decode tokens/s": writing,
                        "answers/s": 1 / (length / reading + WRITTEN / writing),
                        **({"agreement with transformers": agreed[name]} if name in agreed else {}),
                    }
                )
    report(f"Generation by {WRITER}", ratios(rows), json_file=options.json)


if __name__ == "__main__":
    main()

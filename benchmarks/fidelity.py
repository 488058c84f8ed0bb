"""How near our graphs come to the frameworks: vectors, greedy text, perplexity, token ids; library exports beside."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal

import numpy as np

from corpora import rows
from groundsel_pipelines.models.manifest import Precision
from groundsel_pipelines.models.pulling import weights_on_disk
from groundsel_pipelines.models.tokens import BytePairTokens, LibraryTokens, read_tokens
from groundsel_pipelines.protocols import Prompt
from makers import EMBEDDER, MAKERS, SETTINGS, WRITER, embedder_by, make_decoder, writer_by
from perplexity import framework_logits, graph_logits, perplexity, some_tokens
from reporting import Row, arguments, report, shared_data

ABSTRACTS = 300
PROMPTS, WRITTEN = 50, 64
TEXTS = 10_000
ENCODERS: Final[tuple[Literal["fp32", "int8"], ...]] = ("fp32", "int8")
DECODERS: Final[tuple[Precision, ...]] = ("fp32", "int8", "int4")


def texts() -> Iterator[str]:
    """Give passages of several sets: science, handbooks, encyclopedia, in English, German, Spanish and Romanian."""
    for name, file, field in (
        ("beir-scifact", "corpus.jsonl.gz", "text"),
        ("handbooks", "18f.jsonl.gz", "text"),
        *((f"xquad-{language}", "corpus.jsonl.gz", "text") for language in ("en", "de", "es", "ro")),
        *((f"xquad-{language}", "queries.jsonl.gz", "text") for language in ("en", "de", "es", "ro")),
    ):
        yield from (row[field] for row in rows(shared_data(name) / file))


def vectors(scratch: Path) -> list[Row]:
    """Compare both writers' vectors with those of sentence-transformers in float32."""
    from sentence_transformers import SentenceTransformer

    weights = weights_on_disk(SETTINGS.folder, EMBEDDER).path
    sample = [text for text, _ in zip(texts(), range(ABSTRACTS), strict=False)]
    reference = SentenceTransformer(str(weights), device="cpu").encode(sample, normalize_embeddings=True)
    table: list[Row] = []
    for maker, precision in product(MAKERS, ENCODERS):
        found = embedder_by(maker, precision, scratch / f"{maker}-{precision}").embed_passages(sample)
        cosines = np.sum(found * reference, axis=1)
        table.append(
            {"graph": f"{maker} {precision}", "mean cosine": float(cosines.mean()), "least": float(cosines.min())}
        )
    return table


def reference_writer(gguf: Path) -> Any:  # noqa: ANN401 - a model of transformers
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)


def greedy(scratch: Path) -> list[Row]:
    """Count the prompts after which the first tokens are, each of them, those of transformers in float32."""
    import torch

    model = reference_writer(weights_on_disk(SETTINGS.folder, WRITER).path)
    ours = writer_by("groundsel", "fp32", scratch)
    same, first = 0, []
    questions = (row["text"] for row in rows(shared_data("xquad-en") / "queries.jsonl.gz"))
    for question, _ in zip(questions, range(PROMPTS), strict=False):
        ids = ours.prompt_ids(Prompt(system="Answer in one or two sentences.", user=question))
        with torch.no_grad():
            output = model.generate(torch.tensor([ids]), max_new_tokens=WRITTEN, do_sample=False)[0, len(ids) :]
        found = list(ours.decoder.generate(ids, max_tokens=WRITTEN, shortcuts=False))
        expected = [token for token in output.tolist() if token not in ours.decoder.graph.ends]
        same += found == expected
        if found != expected:
            first.append(
                next((at for at, pair in enumerate(zip(found, expected, strict=False)) if len({*pair}) > 1), 0)
            )
    return [{"prompts": PROMPTS, "tokens each": WRITTEN, "all tokens equal": same, "first difference at": str(first)}]


def perplexities(scratch: Path) -> list[Row]:
    """Compute perplexity on 20,000 tokens of shared texts, by both makers' graphs and by transformers in float32."""
    ids = some_tokens()
    full = perplexity(framework_logits(reference_writer(weights_on_disk(SETTINGS.folder, WRITER).path)), ids)
    table: list[Row] = [{"graph": "transformers fp32", "perplexity": full, "to fp32, %": 0.0}]
    for precision, maker in product(DECODERS, MAKERS):
        models = scratch / f"{maker}-{precision}"
        make_decoder(maker, precision, models)
        value = perplexity(graph_logits(models / WRITER), ids)
        shutil.rmtree(models)
        table.append({"graph": f"{maker} {precision}", "perplexity": value, "to fp32, %": 100 * (value / full - 1)})
        print(table[-1], flush=True)  # each takes a minute or two: nothing is lost when the run is cut short
    return table


def token_ids(_: Path) -> list[Row]:
    """Count the texts of several languages to which our tokenizer files give other ids than transformers does."""
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
    from transformers import AutoTokenizer

    gguf = weights_on_disk(SETTINGS.folder, WRITER).path
    writer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    # transformers does not read `tokenizer.ggml.pre`, which says here that digits are split off one by one
    writer.backend_tokenizer.pre_tokenizer = Sequence(
        [Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]
    )
    references = {
        WRITER: writer,
        EMBEDDER: AutoTokenizer.from_pretrained(weights_on_disk(SETTINGS.folder, EMBEDDER).path),
    }
    sample = [text for text, _ in zip(texts(), range(TEXTS), strict=False)]
    table: list[Row] = []
    for name, reference in references.items():
        tokens = read_tokens(SETTINGS.folder / name / "tokenizer.json")
        assert isinstance(tokens, BytePairTokens | LibraryTokens)  # noqa: S101 - tells the type checker
        other = sum(
            tokens.ids(text) != reference.encode(text, add_special_tokens=False, verbose=False) for text in sample
        )
        table.append({"tokenizer": name, "texts": len(sample), "other ids": other})
    return table


PARTS: Mapping[str, Callable[[Path], list[Row]]] = {
    "vectors": vectors,
    "tokens": token_ids,
    "perplexity": perplexities,
    "greedy": greedy,
}


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--only", choices=sorted(PARTS), action="append", help="a part; all of them if left out")
    options = parser.parse_args()
    for name in options.only or PARTS:
        with TemporaryDirectory() as scratch:
            file = options.json.with_suffix(f".{name}.json") if options.json else None
            report(f"Fidelity: {name}", PARTS[name](Path(scratch)), json_file=file)


if __name__ == "__main__":
    main()

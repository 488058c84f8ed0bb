"""How near our graphs come to the frameworks: vectors, greedy text, perplexity, token ids; library exports beside."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, cast

import numpy as np
from onnxruntime import InferenceSession

from corpora import rows
from groundsel_pipelines.models.describing import runtime_facts
from groundsel_pipelines.models.embedder import OnnxEmbedder
from groundsel_pipelines.models.graphs import write_decoder, write_encoder
from groundsel_pipelines.models.language_model import OnnxLanguageModel
from groundsel_pipelines.models.library_graphs import write_decoder_by_library, write_encoder_by_library
from groundsel_pipelines.models.manifest import Precision, read_manifest
from groundsel_pipelines.models.pulling import weights_on_disk
from groundsel_pipelines.models.tokens import BytePairTokens, LibraryTokens, read_tokens
from groundsel_pipelines.protocols import Prompt
from groundsel_pipelines.settings import read_settings
from reporting import Row, arguments, report, shared_data

EMBEDDER, WRITER = "all-minilm-l6-v2", "smollm2-135m-instruct"
ABSTRACTS = 300
PROMPTS, WRITTEN = 50, 64
TOKENS, WINDOW = 20_000, 512
TEXTS = 10_000
ENCODERS: tuple[Literal["fp32", "int8"], ...] = ("fp32", "int8")
MODELS = read_settings().models.folder

Logits = Callable[[list[int]], np.ndarray]


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

    weights, manifest = weights_on_disk(MODELS, EMBEDDER).path, read_manifest(MODELS, EMBEDDER)
    sample = [text for text, _ in zip(texts(), range(ABSTRACTS), strict=False)]
    reference = SentenceTransformer(str(weights), device="cpu").encode(sample, normalize_embeddings=True)
    table: list[Row] = []
    for maker, write in {"groundsel": write_encoder, "library": write_encoder_by_library}.items():
        for precision in ENCODERS:
            folder = scratch / f"{maker}-{precision}"
            folder.mkdir()
            write(weights, folder, precision=precision)
            shutil.copyfile(weights / "tokenizer.json", folder / "tokenizer.json")
            found = OnnxEmbedder(folder, manifest, threads=0).embed_passages(sample)
            cosines = np.sum(found * reference, axis=1)
            table.append({"graph": f"{maker} {precision}", "mean cosine": cosines.mean(), "least": cosines.min()})
    return table


def reference_writer(gguf: Path) -> Any:  # noqa: ANN401 - a model of transformers
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)


def greedy(scratch: Path) -> list[Row]:
    """Count the prompts after which the first tokens are, each of them, those of transformers in float32."""
    import torch

    gguf = weights_on_disk(MODELS, WRITER).path
    model, folder = reference_writer(gguf), scratch / "greedy"
    folder.mkdir()
    write_decoder(gguf, folder, precision="fp32")
    ours = OnnxLanguageModel(folder, read_manifest(MODELS, WRITER), threads=0)
    same, first = 0, []
    questions = (row["text"] for row in rows(shared_data("xquad-en") / "queries.jsonl.gz"))
    for question, _ in zip(questions, range(PROMPTS), strict=False):
        ids = ours.prompt_ids(Prompt(system="Answer in one or two sentences.", user=question))
        with torch.no_grad():
            output = model.generate(torch.tensor([ids]), max_new_tokens=WRITTEN, do_sample=False)[0, len(ids) :]
        found, expected = list(ours.generate_ids(ids, max_tokens=WRITTEN)), output.tolist()
        same += found == expected
        if found != expected:
            first.append(
                next((at for at, pair in enumerate(zip(found, expected, strict=False)) if len({*pair}) > 1), 0)
            )
    return [{"prompts": PROMPTS, "tokens each": WRITTEN, "all tokens equal": same, "first difference at": str(first)}]


def perplexities(scratch: Path) -> list[Row]:
    """Compute perplexity on 20,000 tokens of shared texts, in windows of 512 that begin anew."""
    gguf = weights_on_disk(MODELS, WRITER).path
    ids = _some_tokens()
    table: list[Row] = []
    full = 0.0
    for maker, precision in (
        *(("groundsel", each) for each in ("fp32", "int8", "int4")),
        ("library", "int8"),
        ("library", "int4"),
    ):
        folder = scratch / f"{maker}-{precision}-decoder"
        folder.mkdir()
        write = write_decoder if maker == "groundsel" else write_decoder_by_library
        write(gguf, folder, precision=cast("Precision", precision))
        value = perplexity(graph_logits(folder), ids)
        shutil.rmtree(folder)
        full = full or value
        table.append({"graph": f"{maker} {precision}", "perplexity": value, "to fp32, %": 100 * (value / full - 1)})
        print(table[-1], flush=True)  # each takes a minute or two: nothing is lost when the run is cut short
    model = reference_writer(gguf)
    table.append({"graph": "transformers fp32", "perplexity": perplexity(framework_logits(model), ids)})
    return table


def _some_tokens() -> list[int]:
    tokens, ids = read_tokens(MODELS / WRITER / "tokenizer.json"), list[int]()
    assert isinstance(tokens, BytePairTokens)  # noqa: S101 - tells the type checker
    for row in rows(shared_data("handbooks") / "18f.jsonl.gz"):
        ids += tokens.ids(row["text"])
        if len(ids) >= TOKENS:
            break
    return ids[:TOKENS]


def perplexity(logits: Logits, ids: list[int]) -> float:
    """Give exp of the mean negative log-likelihood (in nats) of each token after the first of its window."""
    total = count = 0.0
    for start in range(0, len(ids), WINDOW):
        window = ids[start : start + WINDOW]
        scores = logits(window)[:-1].astype(np.float64)
        highest = scores.max(axis=1)
        normaliser = highest + np.log(np.exp(scores - highest[:, None]).sum(axis=1))
        total += float((normaliser - scores[np.arange(len(scores)), window[1:]]).sum())
        count += len(scores)
    return float(np.exp(total / count))


def graph_logits(folder: Path) -> Logits:
    session = InferenceSession(folder / "model.onnx")
    sizes = runtime_facts(folder)["decoder"]
    past = {
        value.name: np.zeros((1, sizes["num_key_value_heads"], 0, sizes["head_size"]), np.float32)
        for value in session.get_inputs()
        if value.name.startswith("past_key_values")
    }

    def logits(ids: list[int]) -> np.ndarray:
        inputs = {"input_ids": np.array([ids]), "attention_mask": np.ones((1, len(ids)), np.int64), **past}
        return np.asarray(session.run(["logits"], inputs)[0][0], np.float32)

    return logits


def framework_logits(model: Any) -> Logits:  # noqa: ANN401
    import torch

    def logits(ids: list[int]) -> np.ndarray:
        with torch.no_grad():
            return np.asarray(model(torch.tensor([ids])).logits[0].numpy())

    return logits


def token_ids(_: Path) -> list[Row]:
    """Count the texts of several languages to which our tokenizer files give other ids than transformers does."""
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
    from transformers import AutoTokenizer

    gguf = weights_on_disk(MODELS, WRITER).path
    writer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    # transformers does not read `tokenizer.ggml.pre`, which says here that digits are split off one by one
    writer.backend_tokenizer.pre_tokenizer = Sequence(
        [Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]
    )
    references = {WRITER: writer, EMBEDDER: AutoTokenizer.from_pretrained(weights_on_disk(MODELS, EMBEDDER).path)}
    sample = [text for text, _ in zip(texts(), range(TEXTS), strict=False)]
    table: list[Row] = []
    for name, reference in references.items():
        tokens = read_tokens(MODELS / name / "tokenizer.json")
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

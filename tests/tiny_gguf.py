"""GGUF files of small models, as the converters of llama.cpp would write them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType as Kind

from groundsel_pipelines.models.graphs.checkpoints import FOLDER_NAMES, GGUF_NAMES

HALF_FLOATS = {  # where a block keeps its scales, which must be numbers; every other byte may be anything
    Kind.Q2_K: (80, 82),
    Kind.Q3_K: (108,),
    Kind.Q4_K: (0, 2),
    Kind.Q5_K: (0, 2),
    Kind.Q6_K: (208,),
}
Tensors = Mapping[str, npt.NDArray[np.float32]]


def gguf_name(name: str) -> str:
    """Give the name that a tensor of transformers has in a GGUF file."""
    by_folder = {long: GGUF_NAMES[short] for short, long in FOLDER_NAMES.items()}
    stem, _, kind = name.rpartition(".")
    if not stem.startswith("model.layers."):
        return f"{by_folder[stem]}.{kind}"
    layer, part = stem.removeprefix("model.layers.").split(".", 1)
    return f"blk.{layer}.{by_folder[part]}.{kind}"


def write_gguf(
    file: Path,
    tensors: Tensors,
    config: Mapping[str, Any],
    *,
    kind: Kind = Kind.F32,
    tokens: Sequence[str] = (),
    facts: Mapping[str, Any] | None = None,
) -> Path:
    """Write the tensors of a transformers checkpoint; matrices in the type `kind`, of random blocks for K-quants.

    `facts` are further metadata: texts, whole numbers, numbers or lists of them.
    """
    architecture = {"mistral": "llama"}.get(config["model_type"], config["model_type"])
    writer = gguf.GGUFWriter(file, architecture)
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(10_000.0)
    if tokens:
        writer.add_token_list(list(tokens))
    writer.add_eos_token_id(1)
    for key, value in (facts or {}).items():
        _add(writer, key, value)
    heads = {"q_proj": config["num_attention_heads"], "k_proj": config["num_key_value_heads"]}
    for name, values in tensors.items():
        part = name.split(".")[-2]
        given = _neighbours_paired(values, heads[part]) if architecture == "llama" and part in heads else values
        stored_as = kind if given.ndim > 1 else Kind.F32
        writer.add_tensor(gguf_name(name), _stored(given, stored_as), raw_dtype=stored_as)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _add(writer: gguf.GGUFWriter, key: str, value: object) -> None:
    kind = gguf.GGUFValueType.get_type(value)
    if isinstance(value, list):
        writer.add_array(key, value)
    else:
        writer.add_key_value(key, value, kind)


def _neighbours_paired(values: npt.NDArray[np.float32], heads: int) -> npt.NDArray[np.float32]:
    return values.reshape(heads, 2, len(values) // heads // 2, -1).swapaxes(1, 2).reshape(values.shape)


def _stored(values: npt.NDArray[np.float32], kind: Kind) -> npt.NDArray[Any]:
    if kind not in HALF_FLOATS:
        return gguf.quantize(np.ascontiguousarray(values), kind)
    generator = np.random.default_rng(values.size)
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = generator.integers(0, 256, (len(values), values.shape[1] // elements, size), dtype=np.uint8)
    for at in HALF_FLOATS[kind]:
        scales = generator.uniform(1e-4, 2e-4, blocks.shape[:2]).astype(np.float16)
        blocks[..., at : at + 2] = scales[..., None].view(np.uint8)
    return blocks.reshape(len(values), -1)

"""Where a decoder's weights stand in its checkpoint: one view over Hugging Face folders and GGUF files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.weights import (
    Floats,
    GgufWeights,
    SafetensorsWeights,
    read_config,
    require_shape,
)

KNOWN: Final = ("llama", "mistral", "qwen2")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecoderShape:
    """The sizes and constants of a Llama-like decoder."""

    architecture: str
    layers: int
    hidden: int
    intermediate: int
    heads: int
    key_heads: int
    head_size: int
    vocabulary: int
    context: int
    epsilon: float
    rope_base: float
    tied: bool  # the output layer is the embedding
    query_bias: bool
    window: int  # tokens that attention looks back; -1 for all


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A decoder's shape and its tensors, by short names: `embed`, `norm`, `head`, `3.q`, `3.q.bias`, `3.gate`, ..."""

    shape: DecoderShape
    tensor: Callable[[str], Floats]
    bos: int | None
    eos: tuple[int, ...]
    pad: int


def open_checkpoint(weights: Path) -> Checkpoint:
    """Open a folder with config.json and safetensors, or one GGUF file.

    Raises:
        InvalidInput: an architecture without a graph writer, or a file that is damaged.

    """
    if weights.is_dir():
        return _from_folder(weights)
    return _from_gguf(GgufWeights.open(weights))


def _refuse(architecture: str) -> InvalidInput:
    return InvalidInput(
        f"the architecture {architecture!r} cannot be exported; take a decoder of the kind {', '.join(KNOWN)}"
    )


_FOLDER_NAMES: Final[Mapping[str, str]] = {
    "q": "self_attn.q_proj",
    "k": "self_attn.k_proj",
    "v": "self_attn.v_proj",
    "o": "self_attn.o_proj",
    "gate": "mlp.gate_proj",
    "up": "mlp.up_proj",
    "down": "mlp.down_proj",
    "attention_norm": "input_layernorm",
    "feed_forward_norm": "post_attention_layernorm",
}

_GGUF_NAMES: Final[Mapping[str, str]] = {
    "q": "attn_q",
    "k": "attn_k",
    "v": "attn_v",
    "o": "attn_output",
    "gate": "ffn_gate",
    "up": "ffn_up",
    "down": "ffn_down",
    "attention_norm": "attn_norm",
    "feed_forward_norm": "ffn_norm",
}


def _long_name(short: str, names: Mapping[str, str], layers: str, outer: Mapping[str, str]) -> str:
    if short in outer:
        return outer[short]
    layer, part, *rest = short.split(".")
    return f"{layers}.{layer}.{names[part]}.{rest[0] if rest else 'weight'}"


def _from_folder(folder: Path) -> Checkpoint:
    config = read_config(folder)
    architecture = str(config.get("model_type"))
    if architecture not in KNOWN:
        raise _refuse(architecture)
    if config.get("rope_scaling"):
        raise InvalidInput(
            f"{folder}: rope_scaling {config['rope_scaling']} cannot be exported; take a decoder without it"
        )
    tensors = SafetensorsWeights.open(folder)
    outer = {"embed": "model.embed_tokens.weight", "norm": "model.norm.weight", "head": "lm_head.weight"}
    eos = config.get("eos_token_id")
    ends = tuple(eos) if isinstance(eos, list) else (int(eos or 0),)
    return Checkpoint(
        shape=_folder_shape(architecture, config),
        tensor=lambda short: tensors(_long_name(short, _FOLDER_NAMES, "model.layers", outer)),
        bos=config.get("bos_token_id"),
        eos=ends,
        pad=config.get("pad_token_id") or ends[0],
    )


def _folder_shape(architecture: str, config: Mapping[str, Any]) -> DecoderShape:
    heads = config["num_attention_heads"]
    base = (config.get("rope_parameters") or {}).get("rope_theta") or config.get("rope_theta") or 10_000.0
    return DecoderShape(
        architecture=architecture,
        layers=config["num_hidden_layers"],
        hidden=config["hidden_size"],
        intermediate=config["intermediate_size"],
        heads=heads,
        key_heads=config.get("num_key_value_heads") or heads,
        head_size=config.get("head_dim") or config["hidden_size"] // heads,
        vocabulary=config["vocab_size"],
        context=config["max_position_embeddings"],
        epsilon=config["rms_norm_eps"],
        rope_base=float(base),
        tied=bool(config.get("tie_word_embeddings")),
        query_bias=architecture == "qwen2",
        window=(config.get("sliding_window") or -1) if architecture == "mistral" else -1,
    )


def _from_gguf(file: GgufWeights) -> Checkpoint:
    facts = file.metadata
    architecture = str(facts.get("general.architecture"))
    if architecture not in KNOWN:
        raise _refuse(architecture)
    shape = _gguf_shape(file, architecture)
    outer = {"embed": "token_embd.weight", "norm": "output_norm.weight", "head": "output.weight"}

    def tensor(short: str) -> Floats:
        values = file(_long_name(short, _GGUF_NAMES, "blk", outer))
        part = short.split(".")[1] if "." in short else ""
        heads = {"q": shape.heads, "k": shape.key_heads}.get(part)
        if architecture == "llama" and heads:  # its converter pairs neighbours for rotation; here the halves are paired
            return values.reshape(heads, shape.head_size // 2, 2, -1).swapaxes(1, 2).reshape(values.shape)
        return values

    end = int(facts["tokenizer.ggml.eos_token_id"])
    return Checkpoint(
        shape=shape,
        tensor=tensor,
        bos=facts.get("tokenizer.ggml.bos_token_id"),
        eos=(end,),
        pad=int(facts.get("tokenizer.ggml.padding_token_id", end)),
    )


def _gguf_shape(file: GgufWeights, architecture: str) -> DecoderShape:
    def fact(name: str, default: object = None) -> Any:  # noqa: ANN401 - GGUF values are of any plain type
        value = file.metadata.get(f"{architecture}.{name}", default)
        if value is None:
            raise InvalidInput(f"{file.file} does not say its {architecture}.{name}; the file is not complete")
        return value

    hidden, heads = fact("embedding_length"), fact("attention.head_count")
    tokens = file.metadata.get("tokenizer.ggml.tokens", ())
    return DecoderShape(
        architecture=architecture,
        layers=fact("block_count"),
        hidden=hidden,
        intermediate=fact("feed_forward_length"),
        heads=heads,
        key_heads=fact("attention.head_count_kv", heads),
        head_size=fact("attention.key_length", hidden // heads),
        vocabulary=fact("vocab_size", len(tokens)),
        context=fact("context_length"),
        epsilon=fact("attention.layer_norm_rms_epsilon"),
        rope_base=fact("rope.freq_base", 10_000.0),
        tied="output.weight" not in file,
        query_bias=architecture == "qwen2",
        window=-1,
    )


def checked(checkpoint: Checkpoint, short: str, shape: tuple[int, ...]) -> Floats:
    """Give a tensor by its short name, of exactly this shape."""
    return require_shape(short, checkpoint.tensor(short), shape)

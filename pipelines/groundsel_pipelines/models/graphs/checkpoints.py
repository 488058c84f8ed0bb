"""Where a decoder's weights stand in its checkpoint: one view over Hugging Face folders and GGUF files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from groundsel_pipelines.models.graphs.decoder_shapes import DecoderShape, shape_of_folder, shape_of_gguf
from groundsel_pipelines.models.graphs.gguf_weights import GgufWeights
from groundsel_pipelines.models.graphs.safetensors_weights import SafetensorsWeights
from groundsel_pipelines.models.graphs.weights import Floats, Weights, read_config, require_all_read, require_shape

FOLDER_NAMES: Final[Mapping[str, str]] = {
    "embed": "model.embed_tokens",
    "norm": "model.norm",
    "head": "lm_head",
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

GGUF_NAMES: Final[Mapping[str, str]] = {
    "embed": "token_embd",
    "norm": "output_norm",
    "head": "output",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A decoder's shape and its tensors, by short names: `embed`, `norm`, `head`, `3.q`, `3.gate`, ..."""

    shape: DecoderShape
    weights: Weights
    names: Mapping[str, str]
    layers: str  # what the names of a layer's tensors begin with
    pairs_neighbours: bool  # for rotation, as the converter of Llama to GGUF does; the graph pairs the halves
    bos: int | None
    eos: tuple[int, ...]
    pad: int
    _read: set[str] = field(default_factory=set[str])

    def weight(self, short: str, size: tuple[int, ...]) -> Floats:
        """Give a weight, of exactly this shape.

        Raises:
            InvalidInput: it is missing or of another shape; names it as the checkpoint does.

        """
        return self._tensor(short, "weight", size)

    def bias(self, short: str, size: int) -> Floats:
        return self._tensor(short, "bias", (size,))

    def require_all_read(self) -> None:
        """Refuse weights of the layers that were not asked for: they belong to another model than the shape says."""
        require_all_read(self.weights.names, self._read, layers=self.layers)

    def _tensor(self, short: str, kind: str, size: tuple[int, ...]) -> Floats:
        layer, _, part = short.rpartition(".")
        name = f"{self.layers}{layer}.{self.names[part]}.{kind}" if layer else f"{self.names[part]}.{kind}"
        values = require_shape(name, self.weights(name), size)
        self._read.add(name)
        heads = {"q": self.shape.heads, "k": self.shape.key_heads}.get(part)
        if self.pairs_neighbours and heads:
            return values.reshape(heads, self.shape.head_size // 2, 2, -1).swapaxes(1, 2).reshape(values.shape)
        return values


def open_checkpoint(weights: Path) -> Checkpoint:
    """Open a folder with config.json and safetensors, or one GGUF file.

    Raises:
        NoGraphWriter: it has no graph writer.
        InvalidInput: a file is damaged, or does not say what the graph depends on.

    """
    return _from_folder(weights) if weights.is_dir() else _from_gguf(GgufWeights.open(weights))


def _from_folder(folder: Path) -> Checkpoint:
    config = read_config(folder)
    shape = shape_of_folder(config)
    eos = config.get("eos_token_id")
    ends = tuple(eos) if isinstance(eos, list) else (int(eos or 0),)
    return Checkpoint(
        shape=shape,
        weights=SafetensorsWeights.open(folder),
        names=FOLDER_NAMES,
        layers="model.layers.",
        pairs_neighbours=False,
        bos=config.get("bos_token_id"),
        eos=ends,
        pad=config.get("pad_token_id") or ends[0],
    )


def _from_gguf(file: GgufWeights) -> Checkpoint:
    facts = file.metadata
    stretch = file("rope_freqs.weight") if "rope_freqs.weight" in file.names else None
    shape = shape_of_gguf(facts, file.names, stretch)
    end = int(facts["tokenizer.ggml.eos_token_id"])
    return Checkpoint(
        shape=shape,
        weights=file,
        names=GGUF_NAMES,
        layers="blk.",
        pairs_neighbours=shape.architecture == "llama",
        bos=facts.get("tokenizer.ggml.bos_token_id"),
        eos=(end,),
        pad=int(facts.get("tokenizer.ggml.padding_token_id", end)),
    )

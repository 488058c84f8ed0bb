"""Where an encoder's weights stand in its checkpoint: one view over BERT, RoBERTa, XLM-RoBERTa and MPNet folders."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import numpy as np

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.safetensors_weights import SafetensorsWeights
from groundsel_pipelines.models.graphs.weights import (
    Facts,
    Floats,
    NoGraphWriter,
    read_config,
    require_all_read,
    require_shape,
    unknown_architecture,
)

Activation = Literal["gelu", "gelu_tanh"]

KNOWN: Final = ("bert", "mpnet", "roberta", "xlm-roberta")
ACTIVATIONS: Final[Mapping[str, Activation]] = {
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
}
_BERT: Final[Mapping[str, str]] = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "o": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "wide": "intermediate.dense",
    "narrow": "output.dense",
    "output_norm": "output.LayerNorm",
}
_MPNET: Final[Mapping[str, str]] = {
    **_BERT,
    "q": "attention.attn.q",
    "k": "attention.attn.k",
    "v": "attention.attn.v",
    "o": "attention.attn.o",
    "attention_norm": "attention.LayerNorm",
}
_OLD: Final = {"weight": "gamma", "bias": "beta"}  # of normalisations, in checkpoints converted from TensorFlow


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderShape:
    """The sizes and constants of a BERT-like encoder."""

    architecture: str
    layers: int
    heads: int
    hidden: int
    intermediate: int
    vocabulary: int
    positions: int  # tokens of the longest text
    first_position: int  # row of the table where the first token looks
    types: int  # of segments; 0 where there are none
    epsilon: float
    activation: Activation


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderCheckpoint:
    """An encoder's shape and its tensors, by short names: `3.q`, `3.attention_norm`, ..."""

    shape: EncoderShape
    tensors: SafetensorsWeights
    prefix: str  # of every name: checkpoints with a head put the encoder below its own name
    names: Mapping[str, str]
    _read: set[str] = field(default_factory=set[str])

    def weight(self, short: str, size: tuple[int, ...]) -> Floats:
        """Give the weight of a part of a layer, checked to be of this size.

        Raises:
            InvalidInput: it is missing, or of another size.

        """
        return self._tensor(f"{self._long(short)}.weight", size)

    def bias(self, short: str, size: int) -> Floats:
        return self._tensor(f"{self._long(short)}.bias", (size,))

    def norm(self, short: str) -> tuple[Floats, Floats]:
        """Give scale and shift of a normalisation, each of shape (hidden,)."""
        long = f"{self.prefix}embeddings.LayerNorm" if short == "embeddings" else self._long(short)
        found = []
        for part, old in _OLD.items():
            name = f"{long}.{part}" if f"{long}.{part}" in self.tensors.names else f"{long}.{old}"
            found.append(self._tensor(name, (self.shape.hidden,)))
        return found[0], found[1]

    def table(self, kind: Literal["word", "position", "token_type"], rows: int) -> Floats:
        """Give an embedding table, shape (rows, hidden)."""
        return self._tensor(f"{self.prefix}embeddings.{kind}_embeddings.weight", (rows, self.shape.hidden))

    def relative_bias(self) -> Floats | None:
        """Give what MPNet adds to attention by distance, shape (1, heads, positions, positions); None for others.

        Buckets grow with the logarithm of the distance (Raffel et al. 2020, section 2.1).
        """
        if self.shape.architecture != "mpnet":
            return None
        name = f"{self.prefix}encoder.relative_attention_bias.weight"
        table = self.tensors(name)  # (buckets, heads)
        near = table.shape[0] // 4
        distance = np.arange(self.shape.positions)[:, None] - np.arange(self.shape.positions)[None, :]
        far = near + np.log(np.maximum(np.abs(distance), 1) / near) / np.log(MOST_DISTANT / near) * near
        bucket = np.where(np.abs(distance) < near, np.abs(distance), np.minimum(far.astype(int), 2 * near - 1))
        bias = table[bucket + np.where(distance < 0, 2 * near, 0)]  # (positions, positions, heads)
        return np.ascontiguousarray(bias.transpose(2, 0, 1)[None])

    def require_all_read(self) -> None:
        """Refuse weights of the layers that were not asked for: they belong to another model than the shape says."""
        require_all_read(self.tensors.names, self._read, layers=f"{self.prefix}encoder.layer.")

    def _tensor(self, name: str, size: tuple[int, ...]) -> Floats:
        self._read.add(name)
        return require_shape(name, self.tensors(name), size)

    def _long(self, short: str) -> str:
        layer, part = short.split(".")
        return f"{self.prefix}encoder.layer.{layer}.{self.names[part]}"


MOST_DISTANT: Final = 128  # tokens; beyond it all distances share a bucket


def open_encoder(folder: Path) -> EncoderCheckpoint:
    """Open a folder with config.json and safetensors.

    Raises:
        NoGraphWriter: it has no graph writer.
        InvalidInput: the weights are damaged or a pickle, or the configuration does not say what the graph depends on.

    """
    config = read_config(folder)
    architecture, activation = str(config.get("model_type")), str(config.get("hidden_act"))
    if architecture not in KNOWN:
        raise unknown_architecture(architecture, KNOWN)
    if activation not in ACTIVATIONS:
        raise NoGraphWriter(f"the activation {activation!r} has no graph writer here (known: {', '.join(ACTIVATIONS)})")
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise NoGraphWriter(f"position embeddings {config['position_embedding_type']!r} have no graph writer here")
    tensors = SafetensorsWeights.open(folder)
    suffix = "embeddings.word_embeddings.weight"
    found = [name.removesuffix(suffix) for name in tensors.names if name.endswith(suffix)]
    if not found:
        raise InvalidInput(f"{folder} has no tensor {suffix!r}; the checkpoint is not complete")
    return EncoderCheckpoint(
        shape=_shape(architecture, config),
        tensors=tensors,
        prefix=min(found, key=len),
        names=_MPNET if architecture == "mpnet" else _BERT,
    )


def first_position(config: Facts) -> int:
    """Give the row of the position table where a text's first token looks; RoBERTa's come after its padding."""
    return 0 if config.get("model_type") == "bert" else int(config.get("pad_token_id") or 0) + 1


def _shape(architecture: str, config: Facts) -> EncoderShape:
    hidden, heads = config.size("hidden_size"), config.size("num_attention_heads")
    if hidden % heads:
        raise InvalidInput(f"{config.file} says that {heads} heads share a hidden size of {hidden}: it is damaged")
    first = first_position(config)
    return EncoderShape(
        architecture=architecture,
        layers=config.size("num_hidden_layers"),
        heads=heads,
        hidden=hidden,
        intermediate=config.size("intermediate_size"),
        vocabulary=config.size("vocab_size"),
        positions=config.size("max_position_embeddings") - first,
        first_position=first,
        types=0 if architecture == "mpnet" else config.size("type_vocab_size"),
        epsilon=float(config["layer_norm_eps"]),
        activation=ACTIVATIONS[config["hidden_act"]],
    )

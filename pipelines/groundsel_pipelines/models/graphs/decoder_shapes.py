"""The sizes and constants of a Llama-like decoder, read from a `config.json` or from a GGUF file's metadata."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from groundsel_pipelines.models.graphs.rotation import frequencies, scaled
from groundsel_pipelines.models.graphs.weights import Facts, Floats, NoGraphWriter, unknown_architecture

KNOWN: Final = ("llama", "mistral", "qwen2")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecoderShape:
    """What the graph of a decoder depends on, beside its weights."""

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
    turns: tuple[float, ...]  # of the rotary embedding: radians a position, one for each two values of a head
    tied: bool  # the output layer is the embedding
    biases: frozenset[str]  # the products that add one: q, k, v, o, gate, up, down
    window: int  # tokens that attention looks back; -1 for all

    @property
    def products(self) -> dict[str, tuple[int, int]]:
        """Give the shape, (outputs, inputs), of each product of a layer."""
        queries, keys = self.heads * self.head_size, self.key_heads * self.head_size
        return {
            "q": (queries, self.hidden),
            "k": (keys, self.hidden),
            "v": (keys, self.hidden),
            "o": (self.hidden, queries),
            "gate": (self.intermediate, self.hidden),
            "up": (self.intermediate, self.hidden),
            "down": (self.hidden, self.intermediate),
        }


def require_known(architecture: str) -> str:
    if architecture not in KNOWN:
        raise unknown_architecture(architecture, KNOWN)
    return architecture


def shape_of_folder(config: Facts) -> DecoderShape:
    """Read a `config.json`, as transformers 4 or 5 writes it.

    Raises:
        NoGraphWriter: the architecture, its activation or its kind of attention has none.
        InvalidInput: a size is missing or no size.

    """
    architecture = require_known(str(config.get("model_type")))
    hidden, heads = config.size("hidden_size"), config.size("num_attention_heads")
    if (activation := config.get("hidden_act", "silu")) != "silu":
        raise NoGraphWriter(f"{config.file} asks for the activation {activation!r}; known here is silu")
    if config.get("use_sliding_window"):
        raise NoGraphWriter(f"{config.file} asks for a sliding window in some layers, which has no graph writer here")
    head_size = config.get("head_dim") or hidden // heads
    rotary = config.get("rope_parameters") or {}
    base = rotary.get("rope_theta") or config.get("rope_theta") or 10_000.0
    scaling = Facts(config.get("rope_scaling") or rotary, config.file)
    return DecoderShape(
        architecture=architecture,
        layers=config.size("num_hidden_layers"),
        hidden=hidden,
        intermediate=config.size("intermediate_size"),
        heads=heads,
        key_heads=config.get("num_key_value_heads") or heads,
        head_size=head_size,
        vocabulary=config.size("vocab_size"),
        context=config.size("max_position_embeddings"),
        epsilon=float(config["rms_norm_eps"]),
        turns=tuple(scaled(frequencies(head_size, float(base)), scaling)),
        tied=bool(config.get("tie_word_embeddings")),
        biases=_biases(architecture, config),
        window=(config.get("sliding_window") or -1) if architecture == "mistral" else -1,
    )


def _biases(architecture: str, config: Mapping[str, object]) -> frozenset[str]:
    if architecture == "qwen2":
        return frozenset("qkv")
    attention = "qkvo" if config.get("attention_bias") else ""
    return frozenset((*attention, *(("gate", "up", "down") if config.get("mlp_bias") else ())))


def shape_of_gguf(facts: Facts, names: Collection[str], stretch: Floats | None) -> DecoderShape:
    """Read a GGUF file's metadata; `stretch` divides the rotary frequencies, where the file holds such a tensor.

    Raises:
        NoGraphWriter: it has no graph writer.
        InvalidInput: a size is missing or no size.

    """
    kind = require_known(str(facts.get("general.architecture")))
    hidden, heads = facts.size(f"{kind}.embedding_length"), facts.size(f"{kind}.attention.head_count")
    head_size = facts.get(f"{kind}.attention.key_length") or hidden // heads
    turns = frequencies(head_size, facts.get(f"{kind}.rope.freq_base", 10_000.0))
    scaling = {"type": facts.get(f"{kind}.rope.scaling.type", "default")}
    if scaling["type"] == "none":
        scaling["type"] = "default"
    scaling["factor"] = facts.get(f"{kind}.rope.scaling.factor", 1.0)
    return DecoderShape(
        architecture=kind,
        layers=facts.size(f"{kind}.block_count"),
        hidden=hidden,
        intermediate=facts.size(f"{kind}.feed_forward_length"),
        heads=heads,
        key_heads=facts.get(f"{kind}.attention.head_count_kv", heads),
        head_size=head_size,
        vocabulary=facts.get(f"{kind}.vocab_size") or len(facts["tokenizer.ggml.tokens"]),
        context=facts.size(f"{kind}.context_length"),
        epsilon=facts[f"{kind}.attention.layer_norm_rms_epsilon"],
        turns=tuple(scaled(turns if stretch is None else turns / stretch, scaling)),
        tied="output.weight" not in names,
        biases=frozenset("qkv") if kind == "qwen2" else frozenset(),
        window=facts.get(f"{kind}.attention.sliding_window", -1),
    )

"""Models of a few thousand random weights, as their frameworks would store them: real files, exported in a moment."""

import json
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE, WordPiece
from tokenizers.pre_tokenizers import BertPreTokenizer, ByteLevel
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import BpeTrainer

from groundsel_pipelines.models.exporting import Weights

WORDS = ("annual", "leave", "is", "five", "days", "trains", "are", "booked", "early", "the", "desk", "travel")
HIDDEN, LAYERS, WIDE, HEADS = 64, 2, 128, 4
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def told(_: str, __: float) -> None:
    """Take note of an export's progress, and do nothing with it."""


def as_weights(folder: Path, name: str = "tiny") -> Weights:
    role = "embed" if (folder / "1_Pooling").exists() else "answer"
    return Weights(name=name, path=folder, role=role, source=f"file://{folder}", licence="unknown", hashes={})  # type: ignore[arg-type]  # one of the two roles


def write_tiny_encoder(folder: Path) -> Path:
    """Write a BERT with mean pooling, 64 dimensions and a vocabulary of a dozen words."""
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": true}', encoding="utf-8")
    vocabulary = {word: number for number, word in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS))}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))  # noqa: S106 - no password
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": HIDDEN,
        "intermediate_size": WIDE,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": 32,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "type_vocab_size": 2,
        "vocab_size": len(vocabulary),
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    save_file(_encoder_tensors(len(vocabulary)), folder / "model.safetensors")
    return folder


def write_tiny_reranker(folder: Path, *, classifier: bool = True) -> Path:
    """Write the same BERT as a cross-encoder: below its own name, with a pooler and one score."""
    write_tiny_encoder(folder)
    shutil.rmtree(folder / "1_Pooling")
    state = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    state |= {"architectures": ["BertForSequenceClassification"], "id2label": {"0": "LABEL_0"}}
    (folder / "config.json").write_text(json.dumps(state), encoding="utf-8")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    tensors = {f"bert.{name}": values for name, values in _encoder_tensors(state["vocab_size"]).items()}
    generator = np.random.default_rng(9)
    shapes = {"bert.pooler.dense.weight": (HIDDEN, HIDDEN), "bert.pooler.dense.bias": (HIDDEN,)}
    shapes |= {"classifier.weight": (1, HIDDEN), "classifier.bias": (1,)}
    for name, shape in shapes.items() if classifier else ():
        tensors[name] = generator.normal(0, 0.3, shape).astype(np.float32)
    save_file(tensors, folder / "model.safetensors")
    return folder


def _encoder_tensors(vocabulary: int) -> dict[str, np.ndarray]:
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (vocabulary, HIDDEN),
        "embeddings.position_embeddings.weight": (32, HIDDEN),
        "embeddings.token_type_embeddings.weight": (2, HIDDEN),
    }
    products = {
        "attention.self.query": (HIDDEN, HIDDEN),
        "attention.self.key": (HIDDEN, HIDDEN),
        "attention.self.value": (HIDDEN, HIDDEN),
        "attention.output.dense": (HIDDEN, HIDDEN),
        "intermediate.dense": (WIDE, HIDDEN),
        "output.dense": (HIDDEN, WIDE),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        for name, shape in products.items():
            shapes[f"encoder.layer.{layer}.{name}.weight"] = shape
            shapes[f"encoder.layer.{layer}.{name}.bias"] = shape[:1]
        norms += [f"encoder.layer.{layer}.{part}.LayerNorm" for part in ("attention.output", "output")]
    generator = np.random.default_rng(7)
    tensors = {name: generator.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}
    for norm in norms:
        tensors[f"{norm}.weight"] = np.ones(HIDDEN, np.float32)
        tensors[f"{norm}.bias"] = np.zeros(HIDDEN, np.float32)
    return tensors


def write_tiny_decoder(folder: Path) -> Path:
    """Write a Llama with grouped queries, tied embeddings and a byte-level vocabulary."""
    folder.mkdir(parents=True)
    vocabulary = write_byte_level_tokenizer(folder / "tokenizer.json")
    chat = {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": CHAT, "eos_token": "<|im_end|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(chat), encoding="utf-8")
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": HIDDEN,
        "intermediate_size": WIDE,
        "max_position_embeddings": 1024,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10_000.0,
        "tie_word_embeddings": True,
        "vocab_size": vocabulary,
        "bos_token_id": 0,
        "eos_token_id": 1,
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (vocabulary, HIDDEN)}
    for layer in range(LAYERS):
        for part, rows in (("q", HIDDEN), ("k", HIDDEN // 2), ("v", HIDDEN // 2), ("o", HIDDEN)):
            shapes[f"model.layers.{layer}.self_attn.{part}_proj.weight"] = (rows, HIDDEN)
        for part, shape in (("gate", (WIDE, HIDDEN)), ("up", (WIDE, HIDDEN)), ("down", (HIDDEN, WIDE))):
            shapes[f"model.layers.{layer}.mlp.{part}_proj.weight"] = shape
    generator = np.random.default_rng(7)
    tensors = {name: generator.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes.items()}
    norms = [f"layers.{layer}.{part}_layernorm" for layer in range(LAYERS) for part in ("input", "post_attention")]
    for name in ("norm", *norms):
        tensors[f"model.{name}.weight"] = np.ones(HIDDEN, np.float32)
    save_file(tensors, folder / "model.safetensors")
    return folder


def write_byte_level_tokenizer(file: Path) -> int:
    """Train a byte-level BPE on a few words; give the size of its vocabulary."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = ByteLevelDecoder()
    special = [AddedToken(token, special=True, normalized=False) for token in ("<|im_start|>", "<|im_end|>")]
    trainer = BpeTrainer(
        vocab_size=320, special_tokens=special, initial_alphabet=ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator([" ".join(WORDS)] * 20, trainer)
    tokenizer.save(str(file))
    return tokenizer.get_vocab_size()

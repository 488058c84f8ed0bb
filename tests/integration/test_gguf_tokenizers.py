"""Tokenizers that a GGUF file describes, beside SentencePiece itself and what transformers makes of the same file."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer

from groundsel_pipelines.models.exporting import Weights, export
from groundsel_pipelines.models.graphs.gguf_tokenizer import tokenizer_of
from groundsel_pipelines.models.graphs.gguf_weights import GgufWeights
from groundsel_pipelines.models.language_model import OnnxLanguageModel
from groundsel_pipelines.models.measuring import sample
from groundsel_pipelines.protocols import Prompt
from many_texts import texts_of_several_scripts
from tiny_gguf import write_gguf
from tiny_models import told

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore"),  # the frameworks warn of their own affairs
]

TEXTS = [*texts_of_several_scripts(10_000 - len(sample())), *sample()]
LEARNT_FROM = [*sample(), *TEXTS[:100]]
SPECIAL = ["<s>", "</s>"]
NORMAL, UNKNOWN, CONTROL, UNUSED, BYTE = 1, 2, 3, 5, 6
CHAT = "{{ bos_token }}{% for message in messages %}[INST] {{ message['content'] }} [/INST]{% endfor %}"


def file_of(tokens: list[str], facts: Mapping[str, Any], folder: Path) -> Path:
    """Write a GGUF file of a small Llama of random weights with this vocabulary."""
    generator = np.random.default_rng(3)
    shapes = {"self_attn.q_proj": (64, 64), "self_attn.k_proj": (32, 64), "self_attn.v_proj": (32, 64)}
    shapes |= {"self_attn.o_proj": (64, 64), "mlp.gate_proj": (96, 64), "mlp.up_proj": (96, 64)}
    tensors = {f"model.layers.0.{name}.weight": generator.normal(0, 0.2, shape) for name, shape in shapes.items()}
    tensors["model.layers.0.mlp.down_proj.weight"] = generator.normal(0, 0.2, (64, 96))
    tensors["model.embed_tokens.weight"] = generator.normal(0, 0.2, (len(tokens), 64))
    for norm in ("model.norm", "model.layers.0.input_layernorm", "model.layers.0.post_attention_layernorm"):
        tensors[f"{norm}.weight"] = np.ones(64)
    config = {"model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 1}
    config |= {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 1024}
    return write_gguf(
        folder / "tiny.gguf",
        {name: values.astype(np.float32) for name, values in tensors.items()},
        {**config, "rms_norm_eps": 1e-5},
        tokens=tokens,
        facts=facts,
    )


@pytest.fixture(scope="module")
def sentencepiece() -> Any:  # noqa: ANN401 - a processor of the library
    """Learn a vocabulary as that of Llama 2 was: pairs of bytes joined, digits apart, text kept as it is."""
    import sentencepiece as library  # noqa: PLC0415

    model = io.BytesIO()
    library.SentencePieceTrainer.train(
        sentence_iterator=iter(LEARNT_FROM),
        model_writer=model,
        model_type="bpe",
        vocab_size=1800,
        character_coverage=0.98,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        split_digits=True,
        allow_whitespace_only_pieces=True,
        minloglevel=2,
    )
    return library.SentencePieceProcessor(model_proto=model.getvalue())


@pytest.fixture(scope="module")
def sentencepiece_file(sentencepiece: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ANN401
    """Write what llama.cpp's converter keeps of such a vocabulary: pieces, scores and types."""
    numbers = range(sentencepiece.get_piece_size())
    kinds = {UNKNOWN: sentencepiece.is_unknown, CONTROL: sentencepiece.is_control, BYTE: sentencepiece.is_byte}
    kinds[UNUSED] = sentencepiece.is_unused
    facts = {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.scores": [sentencepiece.get_score(number) for number in numbers],
        "tokenizer.ggml.token_type": [
            next((kind for kind, holds in kinds.items() if holds(number)), NORMAL) for number in numbers
        ],
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.chat_template": CHAT,
    }
    tokens = [sentencepiece.id_to_piece(number) for number in numbers]
    return file_of(tokens, facts, tmp_path_factory.mktemp("sentencepiece"))


def of_transformers(file: Path) -> Any:  # noqa: ANN401
    from transformers import AutoTokenizer  # noqa: PLC0415 - seconds, for these tests alone

    return AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)


def test_the_ids_are_those_of_sentencepiece_on_ten_thousand_texts(
    sentencepiece: Any,  # noqa: ANN401
    sentencepiece_file: Path,
) -> None:
    ours = tokenizer_of(GgufWeights.open(sentencepiece_file).metadata)

    found = ours.encode_batch(TEXTS, add_special_tokens=False)

    assert [text for text, each in zip(TEXTS, found, strict=True) if each.ids != sentencepiece.encode(text)] == []


def test_the_ids_are_those_of_transformers_where_a_text_does_not_begin_with_a_space(sentencepiece_file: Path) -> None:
    """Before a space transformers puts no second one, as SentencePiece does and as the models were trained."""
    ours = tokenizer_of(GgufWeights.open(sentencepiece_file).metadata)
    texts = [text for text in TEXTS if not text.startswith(" ")]
    expected = of_transformers(sentencepiece_file)(texts, add_special_tokens=False)["input_ids"]

    found = ours.encode_batch(texts, add_special_tokens=False)

    assert len(texts) > 9_000
    assert [text for text, each, ids in zip(texts, found, expected, strict=True) if each.ids != ids] == []


def test_text_comes_back_as_it_was(sentencepiece_file: Path) -> None:
    ours = tokenizer_of(GgufWeights.open(sentencepiece_file).metadata)

    encoded = [each.ids for each in ours.encode_batch(TEXTS, add_special_tokens=False)]

    assert ours.decode_batch(encoded, skip_special_tokens=False) == TEXTS


def test_a_model_with_such_a_vocabulary_writes_text(sentencepiece_file: Path, tmp_path: Path) -> None:
    weights = Weights(
        name="tiny", path=sentencepiece_file, role="answer", source="file://tiny", licence="unknown", hashes={}
    )
    manifest = export(weights, tmp_path / "tiny", precision="int8", progress=told)
    model = OnnxLanguageModel(tmp_path / "tiny", manifest, threads=1)
    prompt = Prompt(system="", user="annual leave  is é 7")

    ids = model.prompt_ids(prompt)

    assert ids[0] == 1  # the beginning that the chat template asks for
    assert prompt.user.startswith(model.tokens.cut(prompt.user, 4))
    assert model.tokens.count(model.tokens.cut(prompt.user, 4)) == 4
    assert "".join(model.generate(prompt, max_tokens=8))


@pytest.mark.parametrize("splitter", ["gpt-2", "llama-bpe", "qwen2", "tekken"])
def test_the_ids_of_a_byte_level_vocabulary_are_those_of_transformers_on_ten_thousand_texts(
    tmp_path: Path, splitter: str
) -> None:
    learnt = Tokenizer(BPE())
    learnt.pre_tokenizer = ByteLevel(add_prefix_space=False)
    trainer = BpeTrainer(
        vocab_size=1200, special_tokens=SPECIAL, initial_alphabet=ByteLevel.alphabet(), show_progress=False
    )
    learnt.train_from_iterator(LEARNT_FROM, trainer)
    learnt.save(str(tmp_path / "learnt.json"))
    vocabulary = learnt.get_vocab()
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    facts = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": splitter,
        "tokenizer.ggml.token_type": [CONTROL if token in SPECIAL else NORMAL for token in tokens],
        "tokenizer.ggml.merges": merges_of(tmp_path / "learnt.json"),
    }
    file = file_of(tokens, facts, tmp_path)
    expected = of_transformers(file)(TEXTS, add_special_tokens=False)["input_ids"]

    found = tokenizer_of(GgufWeights.open(file).metadata).encode_batch(TEXTS, add_special_tokens=False)

    assert [text for text, each, ids in zip(TEXTS, found, expected, strict=True) if each.ids != ids] == []


def merges_of(file: Path) -> list[str]:
    return [" ".join(pair) for pair in json.loads(file.read_text(encoding="utf-8"))["model"]["merges"]]

"""A checkpoint's tokenizer as `tokenizer.json`: copied where there is one, else written from a GGUF file's metadata."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Digits, PreTokenizer, Sequence, Split

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.gguf_weights import GgufWeights
from groundsel_pipelines.models.graphs.weights import NoGraphWriter

CONTROL, USER_DEFINED = 3, 4  # token types of the GGUF specification

LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN_2 = LLAMA_3.replace(r"\p{N}{1,3}", r"\p{N}")


def _split_by(pattern: str) -> PreTokenizer:
    return Sequence([Split(Regex(pattern), "isolated"), ByteLevel(add_prefix_space=False, use_regex=False)])


SPLITTERS: Final[Mapping[str, PreTokenizer]] = {
    "gpt-2": ByteLevel(add_prefix_space=False),
    "llama-bpe": _split_by(LLAMA_3),
    "qwen2": _split_by(QWEN_2),
    "smollm": Sequence([Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]),
}


def write_tokenizer(weights: Path, target: Path) -> None:
    """Put tokenizer.json and tokenizer_config.json (which holds the chat template) into `target`.

    Raises:
        InvalidInput: the folder has none.
        NoGraphWriter: the GGUF's tokenizer is of a kind not known here.

    """
    if weights.is_dir():
        for name in ("tokenizer.json", "tokenizer_config.json"):
            if not (weights / name).exists():
                raise InvalidInput(f"{weights} has no {name}; fetch the model's tokenizer too")
            shutil.copyfile(weights / name, target / name)
        if (weights / "chat_template.jinja").exists():
            shutil.copyfile(weights / "chat_template.jinja", target / "chat_template.jinja")
        return
    facts = GgufWeights.open(weights).metadata
    _tokenizer(facts, weights).save(str(target / "tokenizer.json"))
    config = json.dumps(_config(facts), indent=2, ensure_ascii=False)
    (target / "tokenizer_config.json").write_text(config + "\n", encoding="utf-8")


def _tokenizer(facts: Mapping[str, Any], weights: Path) -> Tokenizer:
    kind, splitter = facts.get("tokenizer.ggml.model"), facts.get("tokenizer.ggml.pre", "gpt-2")
    if kind != "gpt2" or splitter not in SPLITTERS:
        raise NoGraphWriter(f"{weights}: the tokenizer {kind!r} split by {splitter!r} is not known here")
    tokens, types = facts["tokenizer.ggml.tokens"], facts["tokenizer.ggml.token_type"]
    merges = [tuple(merge.split(" ", 1)) for merge in facts["tokenizer.ggml.merges"]]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = SPLITTERS[splitter]
    tokenizer.decoder = ByteLevelDecoder()
    special = [token for token, kind in zip(tokens, types, strict=True) if kind == CONTROL]
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in special])
    defined = [token for token, kind in zip(tokens, types, strict=True) if kind == USER_DEFINED]
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in defined])
    return tokenizer


def _config(facts: Mapping[str, Any]) -> dict[str, object]:
    tokens = facts["tokenizer.ggml.tokens"]
    config: dict[str, object] = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    for name, key in {"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding"}.items():
        number = facts.get(f"tokenizer.ggml.{key}_token_id")
        if number is not None:
            config[name] = tokens[number]
    if "tokenizer.chat_template" in facts:
        config["chat_template"] = facts["tokenizer.chat_template"]
    return config

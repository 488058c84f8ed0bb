"""A checkpoint's tokenizer as `tokenizer.json`: copied where there is one, else written from a GGUF file's metadata."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Digits, PreTokenizer, Sequence, Split

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.gguf_sentencepiece import sentencepiece
from groundsel_pipelines.models.graphs.gguf_weights import GgufWeights
from groundsel_pipelines.models.graphs.weights import Facts, NoGraphWriter

CONTROL, USER_DEFINED = 3, 4  # token types of the GGUF specification

LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN_2 = LLAMA_3.replace(r"\p{N}{1,3}", r"\p{N}")
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
TEKKEN = (  # of Mistral since 2024
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def _split_by(pattern: str) -> PreTokenizer:
    return Sequence([Split(Regex(pattern), "isolated"), ByteLevel(add_prefix_space=False, use_regex=False)])


SPLITTERS: Final[Mapping[str, PreTokenizer]] = {
    "gpt-2": ByteLevel(add_prefix_space=False),
    "llama-bpe": _split_by(LLAMA_3),
    "qwen2": _split_by(QWEN_2),
    "tekken": _split_by(TEKKEN),
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
    tokenizer_of(facts).save(str(target / "tokenizer.json"))
    config = json.dumps(_config(facts), indent=2, ensure_ascii=False)
    (target / "tokenizer_config.json").write_text(config + "\n", encoding="utf-8")


def tokenizer_of(facts: Facts) -> Tokenizer:
    """Build the tokenizer that a GGUF file's metadata describe, with its special tokens.

    Raises:
        InvalidInput: the metadata are not complete.
        NoGraphWriter: the tokenizer is of a kind not known here.

    """
    kind, splitter = facts.get("tokenizer.ggml.model"), facts.get("tokenizer.ggml.pre", "gpt-2")
    if kind == "llama":
        tokenizer = sentencepiece(facts)
    elif kind == "gpt2" and splitter in SPLITTERS:
        tokenizer = _byte_level(facts, SPLITTERS[splitter])
    else:
        raise NoGraphWriter(f"{facts.file}: the tokenizer {kind!r} split by {splitter!r} is not known here")
    tokens, types = facts["tokenizer.ggml.tokens"], facts["tokenizer.ggml.token_type"]
    special = [token for token, kind in zip(tokens, types, strict=True) if kind == CONTROL]
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in special])
    defined = [token for token, kind in zip(tokens, types, strict=True) if kind == USER_DEFINED]
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in defined])
    return tokenizer


def _byte_level(facts: Facts, splitter: PreTokenizer) -> Tokenizer:
    vocabulary = {token: number for number, token in enumerate(facts["tokenizer.ggml.tokens"])}
    merges = [tuple(merge.split(" ", 1)) for merge in facts["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = splitter
    tokenizer.decoder = ByteLevelDecoder()
    return tokenizer


def _config(facts: Facts) -> dict[str, object]:
    tokens = facts["tokenizer.ggml.tokens"]
    kind = "LlamaTokenizer" if facts["tokenizer.ggml.model"] == "llama" else "PreTrainedTokenizerFast"
    config: dict[str, object] = {"tokenizer_class": kind, "clean_up_tokenization_spaces": False}
    for name, key in {"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding"}.items():
        number = facts.get(f"tokenizer.ggml.{key}_token_id")
        if number is not None:
            config[name] = tokens[number]
    if "tokenizer.chat_template" in facts:
        config["chat_template"] = facts["tokenizer.chat_template"]
    return config

"""Counts and cuts in a model's own tokens: tiktoken where the vocabulary is byte-level BPE, tokenizers elsewhere."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import tiktoken
from tokenizers import Tokenizer

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.protocols import TokenCounter

CONTRACTIONS: Final = r"'(?:[sdmt]|ll|ve|re)"
# The splitting of GPT-2 (Radford et al. 2019). With single digits, digits are cut out first, so that spaces before one
# stay together: the last but one alternative.
GPT_2: Final = rf"{CONTRACTIONS}| ?\p{{L}}+| ?\p{{N}}+| ?[^\s\p{{L}}\p{{N}}]+|\s+(?!\S)|\s+"
SINGLE_DIGITS: Final = rf"{CONTRACTIONS}| ?\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+|\s+(?![^\s\p{{N}}])|\s+"


class BytePairTokens:
    """Byte-level BPE through `tiktoken`, built from a `tokenizer.json`; nothing is downloaded."""

    def __init__(self, encoding: tiktoken.Encoding, vocabulary: int) -> None:
        self._encoding = encoding
        self._vocabulary = vocabulary

    def ids(self, text: str) -> list[int]:
        """Give the token ids; the text of a special token is ordinary text here, as it comes from documents."""
        return [token for token in self._encoding.encode_ordinary(text) if token < self._vocabulary]

    def count(self, text: str) -> int:
        return len(self.ids(text))

    def cut(self, text: str, max_tokens: int) -> str:
        ids = self._encoding.encode_ordinary(text)
        if len(ids) <= max_tokens:
            return text
        # A cut may fall inside a character, which then is left out
        return self._encoding.decode_bytes(ids[:max_tokens]).decode("utf-8", errors="ignore")


class LibraryTokens:
    """Any other `tokenizer.json`, through `tokenizers`: WordPiece, Unigram."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def ids(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def count(self, text: str) -> int:
        return len(self.ids(text))

    def cut(self, text: str, max_tokens: int) -> str:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        if len(encoding.ids) <= max_tokens:
            return text
        return text[: encoding.offsets[max_tokens - 1][1]] if max_tokens else ""


def read_tokenizer(file: Path) -> Tokenizer:
    """Read a `tokenizer.json`, without the padding and truncation it may ask for.

    Raises:
        InvalidInput: the file is missing or is not one.

    """
    try:
        tokenizer = Tokenizer.from_str(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidInput(f"{file} is missing; fetch the model's tokenizer too") from None
    except Exception as error:  # noqa: BLE001 - the library raises nothing narrower
        raise InvalidInput(f"{file} is not a tokenizer ({error}); fetch it again") from None
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def read_tokens(file: Path) -> TokenCounter:
    """Give the counter that fits a `tokenizer.json`."""
    tokenizer = read_tokenizer(file)
    pattern = _byte_level_pattern(json.loads(tokenizer.to_str()))
    if pattern is None:
        return LibraryTokens(tokenizer)
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    encoding = tiktoken.Encoding(
        file.parent.name,
        pat_str=pattern,
        mergeable_ranks=_ranks(json.loads(tokenizer.to_str())["model"]["vocab"], first_free=len(vocabulary)),
        special_tokens={},
    )
    return BytePairTokens(encoding, len(vocabulary))


def _byte_level_pattern(state: Mapping[str, Any]) -> str | None:
    """Give the pattern that splits text as `pre_tokenizer` does, or None where tiktoken cannot stand in.

    tiktoken merges by id, so the ids of the merges must rise in their order.
    """
    model, splitter = state["model"], state.get("pre_tokenizer") or {}
    if model["type"] != "BPE" or state.get("normalizer") or model.get("ignore_merges"):
        return None
    merged = [model["vocab"]["".join(merge)] for merge in model["merges"]]
    if any(later <= earlier for earlier, later in pairwise(merged)):
        return None
    return _pattern(splitter["pretokenizers"] if splitter.get("type") == "Sequence" else [splitter])


def _pattern(splitters: Sequence[Mapping[str, Any]]) -> str | None:
    kinds = [splitter.get("type") for splitter in splitters]
    if not kinds or kinds[-1] != "ByteLevel" or splitters[-1]["add_prefix_space"]:
        return None
    uses_gpt_2 = splitters[-1].get("use_regex", True)
    if kinds == ["ByteLevel"] and uses_gpt_2:
        return GPT_2
    if kinds == ["Digits", "ByteLevel"] and uses_gpt_2 and splitters[0]["individual_digits"]:
        return SINGLE_DIGITS
    if kinds == ["Split", "ByteLevel"] and not uses_gpt_2:
        return str(splitters[0]["pattern"]["Regex"])
    return None


def _ranks(vocabulary: Mapping[str, int], *, first_free: int) -> dict[bytes, int]:
    """Map each token's bytes to its id; tiktoken asks for every byte, so one that the model lacks gets a free id."""
    to_byte = _byte_of_character()
    ranks = {
        bytes(to_byte[character] for character in token): number
        for token, number in vocabulary.items()
        if all(character in to_byte for character in token)
    }
    lacking = (bytes([value]) for value in range(256) if bytes([value]) not in ranks)
    return ranks | {single: first_free + index for index, single in enumerate(lacking)}


def _byte_of_character() -> dict[str, int]:
    """Invert the printable alphabet in which byte-level vocabularies are written (Radford et al. 2019)."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [value for value in range(256) if value not in printable]
    return {chr(value): value for value in printable} | {chr(256 + index): value for index, value in enumerate(others)}

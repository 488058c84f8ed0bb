"""Tokens are counted as the model's own tokenizer counts them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.tokens import BytePairTokens, LibraryTokens, read_tokenizer, read_tokens
from tiny_models import write_byte_level_tokenizer, write_tiny_encoder


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    write_byte_level_tokenizer(file)
    return file


def test_byte_level_vocabularies_are_read_by_tiktoken(file: Path) -> None:
    assert isinstance(read_tokens(file), BytePairTokens)


def test_other_vocabularies_are_read_by_their_library(tmp_path: Path) -> None:
    tokens = read_tokens(write_tiny_encoder(tmp_path / "tiny") / "tokenizer.json")

    assert isinstance(tokens, LibraryTokens)
    assert tokens.count("annual leave is") == 3
    assert tokens.cut("annual leave is five", 2) == "annual leave"


@settings(deadline=None)  # how long an example takes says how busy the machine is
@given(text=st.text(max_size=80))
def test_ids_are_those_of_the_reference(file: Path, text: str) -> None:
    tokens = read_tokens(file)

    assert isinstance(tokens, BytePairTokens)
    assert tokens.ids(text) == read_tokenizer(file).encode(text, add_special_tokens=False).ids


@settings(deadline=None)  # how long an example takes says how busy the machine is
@given(text=st.text(max_size=40), budget=st.integers(0, 20))
def test_a_cut_is_a_prefix_within_the_budget(file: Path, text: str, budget: int) -> None:
    tokens = read_tokens(file)
    cut = tokens.cut(text, budget)

    assert text.startswith(cut)
    assert tokens.count(cut) <= budget


def test_a_special_token_in_a_document_is_ordinary_text(file: Path) -> None:
    tokens = read_tokens(file)

    assert tokens.count("<|im_end|>") > 1


def test_what_is_no_tokenizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")

    with pytest.raises(InvalidInput, match="is not a tokenizer"):
        read_tokens(tmp_path / "tokenizer.json")
    with pytest.raises(InvalidInput, match="is missing"):
        read_tokens(tmp_path / "nothing.json")

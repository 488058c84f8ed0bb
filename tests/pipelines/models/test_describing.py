"""What a checkpoint says of itself: its role, its prompts, and how long a text may be."""

import json
from pathlib import Path

import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.describing import Prefixes, encoder_tokens, pooling_of, prefixes_of, role_of


def config(folder: Path, **values: object) -> Path:
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    return folder


def prompts(folder: Path, **values: object) -> Path:
    (folder / "config_sentence_transformers.json").write_text(json.dumps(values), encoding="utf-8")
    return folder


def test_the_prompts_are_those_that_the_library_would_choose(tmp_path: Path) -> None:
    assert prefixes_of(tmp_path) == Prefixes()
    e5 = {"query": "query: ", "passage": "passage: "}
    assert prefixes_of(prompts(tmp_path, prompts=e5)) == Prefixes(query="query: ", passage="passage: ")
    bge = {"query": "Represent this sentence for searching relevant passages: ", "document": ""}
    assert prefixes_of(prompts(tmp_path, prompts=bge)) == Prefixes(query=bge["query"])
    one = {"web": "search: "}
    assert prefixes_of(prompts(tmp_path, prompts=one)) == Prefixes()
    everywhere = prompts(tmp_path, prompts=one, default_prompt_name="web")
    assert prefixes_of(everywhere) == Prefixes(query="search: ", passage="search: ")


def test_the_role_is_that_of_the_architecture(tmp_path: Path) -> None:
    assert role_of(config(tmp_path, architectures=["BertModel"])) == "embed"
    assert role_of(config(tmp_path, architectures=["LlamaForCausalLM"])) == "answer"
    scoring = config(tmp_path, architectures=["XLMRobertaForSequenceClassification"], id2label={"0": "LABEL_0"})
    assert role_of(scoring) == "reranker"


@pytest.mark.parametrize(("said", "count"), [({}, 2), ({"id2label": {"0": "no", "1": "maybe", "2": "yes"}}, 3)])
def test_a_classifier_of_several_labels_has_no_role(tmp_path: Path, said: dict[str, object], count: int) -> None:
    with pytest.raises(InvalidInput, match=f"a classifier of {count} labels"):
        role_of(config(tmp_path, architectures=["BertForSequenceClassification"], **said))


def test_a_text_is_never_longer_than_the_table_of_positions(tmp_path: Path) -> None:
    roberta = config(tmp_path, model_type="roberta", max_position_embeddings=514, pad_token_id=1)
    assert encoder_tokens(roberta) == 512

    (tmp_path / "sentence_bert_config.json").write_text('{"max_seq_length": 514}', encoding="utf-8")
    assert encoder_tokens(roberta) == 512

    (tmp_path / "sentence_bert_config.json").write_text('{"max_seq_length": 128}', encoding="utf-8")
    assert encoder_tokens(roberta) == 128
    assert encoder_tokens(config(tmp_path, model_type="distilbert", max_position_embeddings=64)) == 64


def test_a_text_is_as_long_as_the_tokenizer_takes_where_the_encoder_does_not_say(tmp_path: Path) -> None:
    config(tmp_path, model_type="bert", max_position_embeddings=512)
    (tmp_path / "tokenizer_config.json").write_text('{"model_max_length": 256}', encoding="utf-8")
    assert encoder_tokens(tmp_path) == 256

    (tmp_path / "tokenizer_config.json").write_text('{"model_max_length": 1e30}', encoding="utf-8")
    assert encoder_tokens(tmp_path) == 512


@pytest.mark.parametrize(
    ("said", "pooling"),
    [
        ({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}, "mean"),
        ({"pooling_mode_cls_token": True}, "cls"),
        ({"pooling_mode": "mean", "embedding_dimension": 64}, "mean"),  # as sentence-transformers 6 writes it
        ({"pooling_mode": ["cls"]}, "cls"),
        ({"pooling_mode": ["cls", "mean"]}, "other"),
        ({"pooling_mode": "lasttoken"}, "other"),
    ],
)
def test_the_pooling_is_read_as_every_version_of_the_library_writes_it(
    tmp_path: Path, said: dict[str, object], pooling: str
) -> None:
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps(said), encoding="utf-8")

    assert pooling_of(tmp_path) == pooling

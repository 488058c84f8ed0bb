"""Roles: which model serves where, what is chosen by itself may be absent, what is named may not."""

from dataclasses import replace
from pathlib import Path

import pytest

from groundsel_pipelines.errors import InvalidInput, UnknownName
from groundsel_pipelines.models import Manifest, read_manifest
from groundsel_pipelines.models.adapting import install_adapter
from groundsel_pipelines.models.manifest import write_manifest
from groundsel_pipelines.protocols import no_model
from groundsel_pipelines.roles import name_of, open_roles, serving
from groundsel_pipelines.settings import ModelSettings, OwnRoles, RoleSettings
from tiny_bases import tiny_adapter, tiny_models_folder
from tiny_models import told

ROLES = RoleSettings(
    languages={"de": OwnRoles(reader="reader-de-large"), "fr": OwnRoles(reader="")},
    collections={"handbook": OwnRoles(reader="reader-handbook", reranker="auto")},
)


@pytest.mark.parametrize(
    ("collection", "language", "name"),
    [
        ("docs", "en", "reader-en"),
        ("docs", "it", "reader-it"),
        ("docs", "de", "reader-de-large"),
        ("docs", "fr", ""),
        ("handbook", "de", "reader-handbook"),
    ],
)
def test_a_collections_own_goes_before_a_languages_and_that_before_the_rest(
    collection: str, language: str, name: str
) -> None:
    assert name_of(ROLES, "reader", collection=collection, language=language) == name


def test_what_is_not_said_of_a_collection_is_as_everywhere() -> None:
    assert name_of(ROLES, "verifier", collection="handbook", language="en") == ""
    assert name_of(ROLES, "reranker", collection="handbook", language="en") == "reranker-en"
    assert name_of(ROLES, "reranker", collection="docs", language="en") == ""


def test_it_is_told_where_an_installed_model_serves() -> None:
    manifest = Manifest(
        name="reader-en", role="reader", source="", licence="", architecture="bert", precision="int8", max_tokens=256
    )
    held = [manifest, replace(manifest, name="reader-handbook"), replace(manifest, name="spare")]

    assert serving(ROLES, held) == {
        "reader-en": ("for en",),
        "reader-handbook": ("in handbook",),
        "spare": (),
    }
    assert serving(RoleSettings(reader="spare"), held)["spare"] == ("everywhere",)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models_folder(tmp_path_factory.mktemp("tiny"))


def test_a_model_that_is_chosen_by_itself_may_be_absent_and_is_used_once_it_is_installed(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundsel_pipelines.models.shelf.LOOKED_AT_SECONDS", 0.0)
    roles = open_roles(RoleSettings(), ModelSettings(folder=models))

    assert roles.readers("docs", "en") is None
    install_adapter(models, tiny_adapter(models, tmp_path, role="reader"), progress=told)
    (models / "tiny-reader").rename(models / "reader-en")
    write_manifest(models / "reader-en", replace(read_manifest(models, "reader-en"), name="reader-en"))
    reader = roles.readers("docs", "en")
    assert reader is not None
    assert reader.read("annual leave", ["annual leave is five days"])[0].end
    assert roles.readers("docs", "de") is None


def test_a_role_without_any_model_asks_for_none() -> None:
    assert open_roles(RoleSettings(), ModelSettings()).rerankers is no_model
    assert open_roles(RoleSettings(), ModelSettings()).verifiers is no_model


def test_a_model_that_is_named_and_not_there_is_refused_with_the_next_command(models: Path) -> None:
    named = RoleSettings(collections={"handbook": OwnRoles(reader="reader-handbook")})

    with pytest.raises(
        UnknownName, match=r"'roles\.collections\.handbook\.reader' names .* not on disk; run: groundsel models install"
    ):
        open_roles(named, ModelSettings(folder=models))


def test_a_model_of_another_role_is_refused(models: Path) -> None:
    with pytest.raises(InvalidInput, match=r"'roles\.reader' names 'tiny', a model of the role embed"):
        open_roles(RoleSettings(reader="tiny"), ModelSettings(folder=models))


def test_an_embedder_may_be_named_as_the_reranker_and_is_told_of(models: Path) -> None:
    named = RoleSettings(reranker="tiny")

    reranker = open_roles(named, ModelSettings(folder=models)).rerankers("handbook", "en")
    assert reranker is not None
    assert reranker.score("leave", ["leave"]) == pytest.approx([1], abs=1e-4)
    assert serving(named, [read_manifest(models, "tiny")]) == {"tiny": ("everywhere as reranker",)}

"""Where the demo's documents go: into an index of its own, in the store that is asked for."""

import tomllib
from pathlib import Path

import pytest

from groundsel_pipelines.commands.demo import fetch_models, own_environment, prepare_home
from groundsel_pipelines.models import read_manifest
from groundsel_pipelines.settings import ModelSettings, Settings, StoreSettings, read_settings
from tiny_bases import tiny_adapter, tiny_models_folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    store = StoreSettings(
        kind="elasticsearch", folder=tmp_path / "mine" / "index", url="https://es:9200", prefix="mine"
    )
    return read_settings(store=store)


@pytest.mark.parametrize(("store", "folder"), [("embedded", "demo"), ("elasticsearch", "demo-elasticsearch")])
def test_each_store_has_a_folder_of_its_own_beside_the_users_index(
    settings: Settings, tmp_path: Path, store: str, folder: str
) -> None:
    home = prepare_home(settings, store, port=8900)

    assert home == tmp_path / "mine" / folder
    told = tomllib.loads((home / "groundsel.toml").read_text(encoding="utf-8"))
    assert told["store"] == {
        "kind": store,
        "folder": str(home / "index"),
        "prefix": "groundsel_demo",
        "url": "https://es:9200",
    }


def test_how_to_sign_in_is_taken_along_and_where_the_users_index_is_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("API_KEY", "CA_FILE", "KIND", "FOLDER", "PREFIX", "URL"):
        monkeypatch.setenv(f"GROUNDSEL_STORE__{key}", "given")

    kept = {name for name in own_environment() if name.startswith("GROUNDSEL_STORE__")}

    assert kept == {"GROUNDSEL_STORE__API_KEY", "GROUNDSEL_STORE__CA_FILE"}


def test_an_adapter_that_is_shipped_anew_is_installed_though_all_models_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tiny_models_folder(tmp_path)
    names = {"tiny-reranker": tiny_adapter(models, tmp_path / "first", role="reranker", seed=3)}
    monkeypatch.setattr("groundsel_pipelines.models.adapter_manifest.shipped", lambda: names)
    for module in ("catalogue", "pulling"):
        monkeypatch.setattr(f"groundsel_pipelines.models.{module}.default_names", lambda: ("tiny",))
    settings = read_settings(models=ModelSettings(folder=models))
    fetch_models(settings)
    first = read_manifest(models, "tiny-reranker")

    names["tiny-reranker"] = tiny_adapter(models, tmp_path / "second", role="reranker", seed=4)
    fetch_models(settings)

    assert read_manifest(models, "tiny-reranker").weights != first.weights

"""The configuration: defaults are readable, mistakes are named, and the manual lists every key."""

import tomllib
from pathlib import Path

import pytest
from pydantic import SecretStr

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.settings import (
    SECRETS,
    FusionSettings,
    SearchSettings,
    Section,
    Settings,
    StoreSettings,
    commented_defaults,
    environment,
    environment_without,
    read_settings,
)

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"


def keys() -> list[tuple[str, str]]:
    """Give every key as (section, key); a key of no section has the section ""."""
    found: list[tuple[str, str]] = []
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            found += [(name, key) for key in field.annotation.model_fields]
        else:
            found.append(("", name))
    return found


@pytest.mark.parametrize(("section", "key"), keys())
def test_the_manual_names_every_key_and_its_variable(section: str, key: str) -> None:
    variable = f"GROUNDSEL_{section}__{key}".upper() if section else f"GROUNDSEL_{key}".upper()

    assert f"`{variable}`" in MANUAL.read_text(encoding="utf-8")


def test_what_init_writes_gives_the_defaults_when_uncommented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uncommented = "\n".join(line.removeprefix("#") for line in commented_defaults().splitlines() if line[:2] != "# ")
    (tmp_path / "groundsel.toml").write_text(uncommented, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert tomllib.loads(uncommented)["serve"]["port"] == 8900
    assert read_settings() == Settings.model_construct()


def test_an_unknown_key_is_named_with_the_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "groundsel.toml").write_text('[store]\nfodler = "x"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InvalidInput, match=r"store\.fodler.*groundsel init --print"):
        read_settings()


def test_an_option_goes_before_the_file_and_is_checked_like_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSEL_COLLECTION", "notes")

    assert read_settings(collection="mails").collection == "mails"
    with pytest.raises(InvalidInput, match="setting 'collection': a name has lower-case letters"):
        read_settings(collection="My Notes!")


def test_a_child_can_be_given_the_environment_without_some_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSEL_STORE__FOLDER", "/mine")
    monkeypatch.setenv("groundsel_store__kind", "memory")
    monkeypatch.setenv("GROUNDSEL_ANSWER__METHOD", "generated")
    left = environment_without("store__", "serve__")

    assert not [name for name in left if "STORE" in name.upper()]
    assert left["GROUNDSEL_ANSWER__METHOD"] == "generated"


def test_a_file_that_is_not_toml_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "groundsel.toml").write_text("[store\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InvalidInput, match=r"groundsel\.toml"):
        read_settings()


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "groundsel.toml").write_text("[serve]\nport = 1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSEL_SERVE__PORT", "2")

    assert read_settings().serve.port == 2


@pytest.mark.parametrize("key", SECRETS)
def test_a_secret_in_the_file_is_refused_with_where_it_belongs(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "groundsel.toml").write_text(f'[store]\n{key} = "hush"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InvalidInput, match=rf"store\.{key}_file, or the variable GROUNDSEL_STORE__") as refused:
        read_settings()
    assert "hush" not in str(refused.value)


def test_secrets_come_from_a_file_or_the_environment_and_are_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("from a file\n", encoding="utf-8")
    monkeypatch.setenv("GROUNDSEL_STORE__URL", "https://a:9200, https://b:9200")
    monkeypatch.setenv("GROUNDSEL_STORE__API_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("GROUNDSEL_STORE__PASSWORD", "from the environment")
    store = read_settings().store

    assert store.cluster().hosts == ("https://a:9200", "https://b:9200")
    assert store.cluster().api_key == "from a file"
    assert store.cluster().password == "from the environment"  # noqa: S105 - invented
    assert "from the environment" not in repr(store)


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("URL", "https://ann:hush@es:9200", "holds a password"),
        ("API_KEY_FILE", "/nowhere/key", r"store\.api_key_file.*cannot be read"),
    ],
)
def test_a_place_that_cannot_be_used_is_told_by_its_key(
    variable: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"GROUNDSEL_STORE__{variable}", value)

    with pytest.raises(InvalidInput, match=told) as refused:
        read_settings().store.cluster()
    assert "hush" not in str(refused.value)


def test_another_process_reads_the_same_settings_from_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    search = SearchSettings(collections={"handbook": FusionSettings(fusion="max", weight=0.3)})
    store = StoreSettings(folder=tmp_path / "a folder", api_key=SecretStr("s3cret"))
    settings = Settings(collection="other", search=search, store=store)

    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)

    assert read_settings() == settings

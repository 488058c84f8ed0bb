"""The configuration: `groundsel.toml`, every key also GROUNDSEL_SECTION__KEY; only here is the environment read."""

import json
import os
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.protocols import Cluster
from groundsel_pipelines.types import PUBLIC

FILE_NAME = "groundsel.toml"
SECRETS = ("api_key", "password")
"""Keys of [store] and [sources.NAME] that stand in no file of settings: files are copied, shown and committed."""
LANGUAGE = r"^[a-z]{2}$"
COLLECTION_NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"
MEANINGS = {  # of pydantic's faults, where its own words say too little
    "extra_forbidden": "there is no such setting",
    "string_pattern_mismatch": "a name has lower-case letters, digits, - and _ only, at most 63",
}


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(Section):
    kind: str = Field(default="embedded", description="the store, by its name among the installed ones")
    folder: Path = Field(
        default=user_data_path("groundsel") / "index", description="where the embedded store and the ledger live"
    )
    url: str = Field(default="", description="addresses of Elasticsearch, with commas between them")
    cloud_id: str = Field(default="", description="of Elastic Cloud, instead of addresses")
    api_key_file: str = Field(default="", description="a file that holds the API key")
    api_key: SecretStr = Field(default=SecretStr(""), description="the API key; in the environment only")
    username: str = Field(default="", description="for basic authentication")
    password_file: str = Field(default="", description="a file that holds the password")
    password: SecretStr = Field(default=SecretStr(""), description="the password; in the environment only")
    ca_file: str = Field(default="", description="certificates of the authority that Elasticsearch's is signed by")
    client_certificate: str = Field(default="", description="a file with our own certificate, where it is asked for")
    client_key: str = Field(default="", description="a file with its key")
    prefix: str = Field(
        default="groundsel", pattern=r"^[a-z][a-z0-9_]{0,40}$", description="of the names of all indices"
    )
    timeout: Annotated[float, Field(gt=0)] = Field(default=30.0, description="seconds, of a request to Elasticsearch")
    shards: Annotated[int, Field(ge=1, le=1024)] = Field(
        default=1, description="of an index that is made from now on: one for each 30 GB or so"
    )
    replicas: str = Field(
        default="auto",
        pattern=r"^(auto|\d{1,2})$",
        description="copies of each shard of such an index; auto is one where there is a second node",
    )

    def cluster(self) -> Cluster:
        """Give the cluster of these settings, its secrets read.

        Raises:
            InvalidInput: a secret's file cannot be read, or an address holds a password.

        """
        hosts = tuple(host.strip() for host in self.url.split(",") if host.strip())
        for host in hosts:
            if "@" in host:
                raise InvalidInput(
                    "setting 'store.url' holds a password; set store.username and store.password_file instead"
                )
        return Cluster(
            hosts=hosts,
            cloud_id=self.cloud_id,
            api_key=secret("store.api_key_file", self.api_key_file, self.api_key),
            username=self.username,
            password=secret("store.password_file", self.password_file, self.password),
            ca_file=self.ca_file,
            client_certificate=self.client_certificate,
            client_key=self.client_key,
            prefix=self.prefix,
            timeout=self.timeout,
            shards=self.shards,
            replicas=self.replicas,
        )


def secret(key: str, file: str, value: SecretStr) -> str:
    """Read a secret from its file, where one is named, else take the one of the environment."""
    if not file:
        return value.get_secret_value()
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"setting {key!r}: {file} cannot be read ({error})") from None


class ModelSettings(Section):
    folder: Path = Field(default=user_cache_path("groundsel") / "models", description="where exported models live")
    embed: str = Field(default="all-minilm-l6-v2", description="the model that turns text to vectors")
    answer: str = Field(default="smollm2-135m-instruct", description="the language model that answers; empty for none")
    threads: Annotated[int, Field(ge=0)] = Field(default=0, description="threads per model; 0 for one per core")
    hub: str = Field(default="", description="address of a mirror for hf:// sources; empty for the public hub")


class FusionSettings(Section):
    """How one collection's rankings become one."""

    fusion: str = "minmax"
    weight: Annotated[float, Field(ge=0, le=1)] = 0.5


class SearchSettings(Section):
    fusion: str = Field(
        default="minmax", description="how the two rankings become one: minmax, max, zscore, distribution or rrf"
    )
    weight: Annotated[float, Field(ge=0, le=1)] = Field(default=0.5, description="share of the words' ranking in it")
    unread_weight: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.7, description="the same, where documents are in a language that the embedding model was not made for"
    )
    collections: dict[str, FusionSettings] = Field(
        default={}, description="fusion and weight of single collections, as `groundsel tune fusion` finds them"
    )
    rerank_ms: Annotated[float, Field(gt=0)] = Field(
        default=300, description="milliseconds that a reranker has; what it has not read by then keeps its place"
    )
    synonyms: str = Field(default="", description="a file of words that mean the same; empty for none")
    top_k: Annotated[int, Field(ge=1, le=1000)] = Field(default=100, description="passages asked of each leg")
    timeout: Annotated[float, Field(gt=0)] = Field(
        default=5.0, description="seconds; what is not there by then is left out"
    )


class OwnRoles(Section):
    """The models of one collection or language; what is not said is as everywhere."""

    reader: str | None = None
    answer: str | None = None
    summarise: str | None = None
    rewrite: str | None = None
    verifier: str | None = None
    reranker: str | None = None


class RoleSettings(Section):
    """Which specialised model serves in which role: a collection's own goes before a language's, that before the rest.

    "auto" is `ROLE-LANGUAGE`, such as reader-en, where that is installed; "" is none.
    """

    reader: str = Field(default="auto", description="finds the words that answer: a model's name, auto, or empty")
    answer: str = Field(
        default="auto", description="writes answers, with `answer.method` generated: a model's name, auto, or empty"
    )
    summarise: str = Field(
        default="auto", description="writes summaries, with `answer.method` generated: a model's name, auto, or empty"
    )
    rewrite: str = Field(
        default="auto", description="makes follow-up questions stand alone: a model's name, auto, or empty"
    )
    verifier: str = Field(default="", description="checks written sentences: a model's name, auto, or empty")
    reranker: str = Field(
        default="", description="orders the best results anew: a model's name, an embedder's too, auto, or empty"
    )
    languages: dict[Annotated[str, Field(pattern=LANGUAGE)], OwnRoles] = Field(
        default={}, description="the same by the language of the passages: a section [roles.languages.de]"
    )
    collections: dict[Annotated[str, Field(pattern=COLLECTION_NAME)], OwnRoles] = Field(
        default={}, description="the same for single collections: a section [roles.collections.NAME]"
    )


class GateSettings(Section):
    """Where the gate stands for one collection, with a reader or without one."""

    threshold: Annotated[float, Field(ge=0, le=1)]
    reader: bool


class AnswerSettings(Section):
    method: Literal["auto", "generated", "extractive"] = Field(
        default="auto", description="auto takes the better by measurement; extractive only quotes"
    )
    timeout: Annotated[float, Field(gt=0)] = Field(default=20.0, description="seconds; then the answer is a quotation")
    max_tokens: Annotated[int, Field(ge=8, le=1024)] = Field(default=96, description="of one generated answer")
    collections: dict[str, GateSettings] = Field(
        default={}, description="from how sure on single collections answer, as `groundsel tune gate` finds them"
    )


class EvaluationSettings(Section):
    folder: Path = Field(
        default=user_cache_path("groundsel") / "evaluations", description="where `groundsel eval` keeps its indexes"
    )


class TuningSettings(Section):
    folder: Path = Field(
        default=user_cache_path("groundsel") / "trainings", description="where `groundsel tune` keeps its checkpoints"
    )


class LogSettings(Section):
    queries: Literal["full", "hashed", "off"] = Field(
        default="full", description="what the query log keeps of questions: their text, a hash, or no log at all"
    )
    folder: Path = Field(default=user_data_path("groundsel") / "log", description="where the query log is written")
    days: Annotated[int, Field(ge=1)] = Field(default=90, description="how long the query log is kept")
    propose: Annotated[int, Field(ge=0)] = Field(
        default=3, description="how often a question must have been asked to be proposed to others; 0 for never"
    )


class ServeSettings(Section):
    host: str = Field(default="127.0.0.1", description="the address to listen on")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(default=8900, description="the port; 0 picks a free one")


class AccessSettings(Section):
    principals: tuple[str, ...] = Field(default=(PUBLIC,), description="what every asker of this machine may see")
    push: bool = Field(default=False, description="let programs that hold a key put and delete documents")
    keys: Path = Field(
        default=user_data_path("groundsel") / "keys.json", description="where the keys of programs are kept, as hashes"
    )
    open_network: bool = Field(default=False, description="allow listening beyond this machine without sign-in")


class SourceSettings(Section):
    """One `[sources.NAME]`; its other keys are its connector's, and checked by that."""

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: str  # the connector, by its name among the installed ones
    principals: tuple[
        str, ...
    ]  # may read what the source itself says nothing of; must be said, as none is safe to guess
    schedule: str = ""  # "10m", "6h", "1d", or a time of day, "02:30"; empty: only when asked for
    collection: str = ""  # empty: the configured one
    ocr: tuple[str, ...] = ()  # languages in which scanned pages are read, as Tesseract names them: eng, deu

    @property
    def options(self) -> dict[str, object]:
        return dict(self.model_extra or {})


class Settings(BaseSettings):
    """All of it; sections are frozen, unknown keys are refused."""

    model_config = SettingsConfigDict(
        env_prefix="GROUNDSEL_", env_nested_delimiter="__", extra="forbid", frozen=True, toml_file=FILE_NAME
    )

    collection: str = Field(default="documents", pattern=COLLECTION_NAME, description="the default collection")
    store: StoreSettings = StoreSettings()
    models: ModelSettings = ModelSettings()
    search: SearchSettings = SearchSettings()
    roles: RoleSettings = RoleSettings()
    answer: AnswerSettings = AnswerSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    tuning: TuningSettings = TuningSettings()
    log: LogSettings = LogSettings()
    serve: ServeSettings = ServeSettings()
    access: AccessSettings = AccessSettings()
    sources: dict[Annotated[str, Field(pattern=COLLECTION_NAME)], SourceSettings] = Field(
        default={}, description="where documents come from: a section [sources.NAME] each, see docs/ingest.md"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - a hidden .env file would surprise
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - secrets are named in the file itself
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is passed first, then the environment, then `groundsel.toml` in the working folder."""
        toml = TomlConfigSettingsSource(settings_cls)
        if kept := [key for key in SECRETS if key in toml().get("store", {})]:
            raise ValueError(
                f"store.{kept[0]} is a secret and does not belong here; "
                f"set store.{kept[0]}_file, or the variable GROUNDSEL_STORE__{kept[0].upper()}"
            )
        for name, source in toml().get("sources", {}).items():
            if kept := [key for key in SECRETS if isinstance(source, dict) and key in source]:
                raise ValueError(
                    f"sources.{name}.{kept[0]} is a secret and does not belong here; set sources.{name}.{kept[0]}_file"
                )
        return init_settings, env_settings, toml


def read_settings(**given: object) -> Settings:
    """Read and check the configuration; what is `given`, for example by an option, goes before all else.

    Raises:
        InvalidInput: a key is unknown or its value does not fit; names the key and the file.

    """
    try:
        return Settings(**given)  # type: ignore[arg-type] # checked by pydantic
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        fault = MEANINGS.get(first["type"], first["msg"])
        where = "" if key in given else f" in {FILE_NAME} or the environment"
        raise InvalidInput(
            f"setting {key!r}{where}: {fault}; `groundsel init --print` shows every key with its default"
        ) from None
    except ValueError as error:  # a TOML file that does not parse
        raise InvalidInput(f"{FILE_NAME}: {error}; `groundsel init --print` shows what it may look like") from None


def environment_without(*names: str) -> dict[str, str]:
    """Give this process's environment without the settings `names`, and all below them, for a child of its own."""
    taken = tuple(f"GROUNDSEL_{name.upper()}" for name in names)
    return {key: value for key, value in os.environ.items() if not key.upper().startswith(taken)}


def environment(settings: Settings) -> dict[str, str]:
    """Give the environment in which another process of ours reads exactly these settings, wherever it starts."""
    told = dict(os.environ)
    for name, value in settings.model_dump().items():
        for key, held in value.items() if isinstance(getattr(settings, name), Section) else (("", value),):
            variable = f"GROUNDSEL_{name}__{key}" if key else f"GROUNDSEL_{name}"
            plain = held.get_secret_value() if isinstance(held, SecretStr) else held
            told[variable.upper()] = str(plain) if isinstance(plain, (str, Path)) else json.dumps(plain)
    return told


def commented_defaults() -> str:
    """Give the text of a `groundsel.toml` in which every key stands, commented out, with its default and meaning."""
    lines = [
        "# Groundsel's configuration. Every key is optional; what is commented out is the default.",
        "# Each is also an environment variable: [store] folder is GROUNDSEL_STORE__FOLDER.",
    ]
    defaults = Settings.model_construct()
    for name, field in Settings.model_fields.items():
        value = getattr(defaults, name)
        if not isinstance(value, Section):
            lines += ["", f"# {field.description}", f"#{name} = {_toml(value)}"]
    for name in Settings.model_fields:
        section = getattr(defaults, name)
        if isinstance(section, Section):
            lines += ["", f"[{name}]"]
            for key, field in type(section).model_fields.items():
                if key not in SECRETS:
                    lines += [f"# {field.description}", f"#{key} = {_toml(getattr(section, key))}"]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """Write a setting's value as TOML; JSON's strings, numbers, booleans and lists are TOML's too."""
    return json.dumps(value if isinstance(value, (bool, int, float, dict)) else _texts(value), ensure_ascii=False)


def _texts(value: object) -> str | list[str]:
    return [str(item) for item in value] if isinstance(value, tuple) else str(value)

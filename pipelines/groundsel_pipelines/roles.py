"""Which installed model serves in which role, by collection and language; one that is not there is done without."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, get_args

from groundsel_pipelines.errors import InvalidInput, UnknownName
from groundsel_pipelines.models import (
    load_language_model,
    load_reader,
    load_reranker,
    load_verifier,
    read_manifest,
)
from groundsel_pipelines.models.manifest import Manifest
from groundsel_pipelines.models.shelf import Shelf
from groundsel_pipelines.protocols import LanguageModel, ModelOf, Reader, Reranker, Verifier, no_model
from groundsel_pipelines.settings import LANGUAGE, ModelSettings, RoleSettings

Role = Literal["reader", "answer", "summarise", "rewrite", "verifier", "reranker"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
AUTO: Final = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The models of each role, as requests take them."""

    readers: ModelOf[Reader]
    writers: ModelOf[LanguageModel]
    summarisers: ModelOf[LanguageModel]
    rewriters: ModelOf[LanguageModel]
    verifiers: ModelOf[Verifier]
    rerankers: ModelOf[Reranker]


def open_roles(roles: RoleSettings, models: ModelSettings) -> Roles:
    """Give what chooses models by these settings; each is opened when it is first asked for.

    Raises:
        UnknownName: a setting names a model that is not on disk; what is chosen by itself may be absent.
        InvalidInput: it names one of another role.

    """
    for key, role, name in named(roles):
        require(models.folder, key, role, name)

    def of(role: Role, load: Callable[..., Any]) -> Any:  # noqa: ANN401 - a shelf of whatever `load` gives
        if not getattr(roles, role) and role not in {each for _, each, _ in named(roles)}:
            return no_model
        shelf: Shelf[Any] = Shelf(models.folder, partial(load, threads=models.threads))
        return partial(_taken, roles, role, shelf)

    return Roles(
        readers=of("reader", load_reader),
        writers=of("answer", load_language_model),
        summarisers=of("summarise", load_language_model),
        rewriters=of("rewrite", load_language_model),
        verifiers=of("verifier", load_verifier),
        rerankers=of("reranker", load_reranker),
    )


def _taken(roles: RoleSettings, role: Role, shelf: Shelf[Any], collection: str, language: str, /) -> Any:  # noqa: ANN401
    name = name_of(roles, role, collection=collection, language=language)
    return shelf.take(name) if name else None


def name_of(roles: RoleSettings, role: Role, *, collection: str, language: str) -> str:
    """Give the name of the model that serves, "" where none is to."""
    chosen = getattr(roles, role)
    for own in (roles.languages.get(language), roles.collections.get(collection)):
        if own is not None and getattr(own, role) is not None:
            chosen = getattr(own, role)
    return f"{role}-{language}" if chosen == AUTO else chosen


def named(roles: RoleSettings) -> Iterator[tuple[str, Role, str]]:
    """Give every model that a setting names, as (key, role, name)."""
    for role in ROLES:
        sections: Sequence[tuple[str, Any]] = (
            ("roles", roles),
            *((f"roles.languages.{each}", own) for each, own in roles.languages.items()),
            *((f"roles.collections.{each}", own) for each, own in roles.collections.items()),
        )
        for place, section in sections:
            name = getattr(section, role)
            if name and name != AUTO:
                yield f"{place}.{role}", role, name


def require(folder: Path, key: str, role: Role, name: str) -> None:
    """Refuse a setting that names what is not there, or what does another task."""
    try:
        manifest = read_manifest(folder, name)
    except UnknownName:
        raise UnknownName(
            f"setting {key!r} names the model {name!r}, which is not on disk; run: groundsel models install ADAPTER, "
            f'or set it to "auto"'
        ) from None
    if manifest.role not in served_by(role):
        raise InvalidInput(
            f"setting {key!r} names {name!r}, a model of the role {manifest.role}; `groundsel models list` shows all"
        )


def served_by(role: Role) -> frozenset[str]:
    """Give the roles that a model may have been made for to serve in `role`: an embedder's token vectors rerank too."""
    return frozenset({role, "embed"} if role == "reranker" else {role})


def serving(roles: RoleSettings, manifests: Sequence[Manifest]) -> dict[str, tuple[str, ...]]:
    """Say, by the name of an installed model, where it serves: "everywhere", "for en", "in handbook".

    One that serves in another role than its own is told of with that role: "everywhere as reranker".
    """
    found: dict[str, tuple[str, ...]] = {}
    for manifest in manifests:
        role = manifest.role
        named_as = [(key, other) for key, other, name in named(roles) if name == manifest.name]
        places = [_place(key) if other == role else f"{_place(key)} as {other}" for key, other in named_as]
        if role in ROLES:
            language = manifest.name.removeprefix(f"{role}-")
            alone = re.fullmatch(LANGUAGE, language) and getattr(roles, role) != manifest.name
            if alone and name_of(roles, role, collection="", language=language) == manifest.name:
                places.append(f"for {language}")
        if role in ROLES or places:
            found[manifest.name] = tuple(dict.fromkeys(places))
    return found


def _place(key: str) -> str:
    kind, _, rest = key.removeprefix("roles.").partition(".")
    name = rest.rpartition(".")[0]
    return {"languages": f"for {name}", "collections": f"in {name}"}.get(kind, "everywhere")

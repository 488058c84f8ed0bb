"""The sources that are configured, each opened by its kind."""

from collections.abc import Mapping
from typing import cast

from groundsel_ingest.connector import Connector, ConnectorFactory, Source
from groundsel_ingest.schedule import read_schedule
from groundsel_pipelines.errors import InvalidInput, UnknownName
from groundsel_pipelines.registry import load, require
from groundsel_pipelines.settings import Settings, SourceSettings


def configured(settings: Settings, name: str) -> SourceSettings:
    """Give the source of that name.

    Raises:
        InvalidInput: there is none; says which there are.

    """
    if found := settings.sources.get(name):
        return found
    known = ", ".join(settings.sources) or "none"
    raise InvalidInput(f"there is neither a folder {name} nor a source of that name; configured sources: {known}")


def connect(name: str, source: SourceSettings) -> Connector:
    """Make the connector of a configured source.

    Raises:
        InvalidInput: an option does not fit.
        UnknownName: no connector of that kind is installed, or what it needs is not.

    """
    try:
        create = cast("ConnectorFactory", load("groundsel.connectors", source.kind))
    except ModuleNotFoundError as error:
        raise UnknownName(
            f"sources of kind {source.kind!r} need {error.name}; run: pip install 'groundsel[{source.kind}]'"
        ) from None
    return create(Source(name=name, principals=frozenset(source.principals), options=source.options))


def check(sources: Mapping[str, SourceSettings]) -> None:
    """Look for mistakes in the configuration before anything runs.

    Raises:
        InvalidInput: a schedule or an option does not fit.
        UnknownName: no connector of a source's kind is installed.

    """
    for name, source in sources.items():
        read_schedule(source.schedule, source=name)
        require("groundsel.connectors", source.kind)

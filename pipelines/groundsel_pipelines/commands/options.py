"""Options that several commands take, and what they name."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from groundsel_pipelines.protocols import Store
    from groundsel_pipelines.settings import Settings

Principals = Annotated[
    list[str] | None, typer.Option("--as", metavar="PRINCIPAL", help="ask as this one too: a group, a user")
]


def asker(settings: "Settings", principals: list[str] | None) -> frozenset[str]:
    """Give the principals of whoever types: those of the configuration, and those named."""
    return frozenset([*settings.access.principals, *(principals or ())])


async def named(store: "Store", name: str, principals: frozenset[str]) -> str:
    """Find a visible document by its whole path, or the end of its path; what is none is taken for an id.

    Raises:
        InvalidInput: several documents are called so.

    """
    from anyio import Path

    from groundsel_pipelines.errors import InvalidInput

    uri = (await Path(name).resolve()).as_uri()
    found = await store.locate(uri, principals=principals) or await store.locate(name, principals=principals)
    if len(found) > 1:
        raise InvalidInput(f"{len(found)} documents are called {name}; give one's whole path, or its id: {found[0]}")
    return found[0] if found else name

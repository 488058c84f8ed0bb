"""Options that several commands take."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from groundsel_pipelines.settings import Settings

Principals = Annotated[
    list[str] | None, typer.Option("--as", metavar="PRINCIPAL", help="ask as this one too: a group, a user")
]


def asker(settings: "Settings", principals: list[str] | None) -> frozenset[str]:
    """Give the principals of whoever types: those of the configuration, and those named."""
    return frozenset([*settings.access.principals, *(principals or ())])

"""The import rules of pyproject.toml hold, and every registered name leads somewhere."""

from importlib.metadata import entry_points

import pytest
import typer
from importlinter.cli import lint_imports

GROUPS = ("groundsel.commands", "groundsel.connectors", "groundsel.stores", "groundsel.fusions")


def test_the_import_contracts_hold() -> None:
    assert lint_imports(no_cache=True) == 0


@pytest.mark.parametrize("group", GROUPS)
def test_every_entry_point_loads(group: str) -> None:
    entries = [entry for entry in entry_points(group=group) if entry.module.startswith("groundsel_")]

    assert entries, f"nothing is registered in {group}"
    for entry in entries:
        assert entry.load() is not None


def test_every_command_is_a_typer_app() -> None:
    for entry in entry_points(group="groundsel.commands"):
        assert isinstance(entry.load(), typer.Typer), entry.name

"""A recipe that cannot be followed is refused with the key that is wrong."""

from pathlib import Path

import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.tuning.recipes import read_recipe

SOURCES = '[[sources]]\nfile = "rows.jsonl"\nlicence = "our own"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('name = "x"\nrole = "poet"\nbase = "b"\n', r"role: no role 'poet' is known; known are reader, verifier, .*"),
        ('name = "x"\nbase = "b"\n', "role: Field required"),
        ('name = "x"\nrole = "answer"\nbase = "b"\nrate = 3\n', "rate: Extra inputs are not permitted"),
        ('name = "x"\nrole = "answer"\nbase = "b"\nheld_out = 2\n', "held_out: Input should be less than 1"),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text(text + SOURCES, encoding="utf-8")

    with pytest.raises(InvalidInput, match=f"recipe.toml: {told}"):
        read_recipe(file)

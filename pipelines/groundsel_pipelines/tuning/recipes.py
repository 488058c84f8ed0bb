"""A recipe: which rows, in which order, at which rate. With the same data it says all there is to repeat a training."""

import hashlib
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.tuning.rows import ROLES, Role


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceRecipe(_Part):
    file: str  # of the data folder: a public set (.jsonl.gz), or rows of the role (.jsonl)
    rows: Annotated[int, Field(gt=0)] = 1_000_000  # at most
    licence: str  # as its origin states it; the card repeats it
    held_out_only: bool = False  # measured on, never trained on


class TrainingRecipe(_Part):
    epochs: Annotated[int, Field(gt=0)] = 1
    rate: Annotated[float, Field(gt=0)] = 2e-4  # the highest, after the warm-up; from there down to zero
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.06  # share of the steps
    steps: Annotated[int, Field(ge=0)] = 0  # to stop at; 0 for all that the rows give
    cooling: Annotated[float, Field(gt=0, le=1)] = 0.25  # share of `steps` over which the rate falls to zero
    batch_tokens: Annotated[int, Field(gt=0)] = 2048
    longest: Annotated[int, Field(gt=16, le=1024)] = 256  # tokens of a pair or a decoder's sequence
    rank: Annotated[int, Field(gt=0, le=64)] = 16  # of what is added to a decoder's products


class Recipe(_Part):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")]
    role: Role
    base: str  # a model of the catalogue
    start: str = ""  # an adapter to begin with, instead of the base alone
    seed: int = 20
    held_out: Annotated[float, Field(gt=0, lt=1)] = 0.05  # share of the documents
    sources: tuple[SourceRecipe, ...]
    training: TrainingRecipe = TrainingRecipe()

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change with anything that changes the training."""
        return _short_hash(self.model_dump_json(exclude_defaults=True))

    @property
    def beginning(self) -> str:
        """Twelve digits that do not change with where the training stops: it may be decided while it runs."""
        open_end = self.model_dump_json(exclude_defaults=True, exclude={"training": {"steps", "cooling"}})
        return _short_hash(open_end)


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_recipe(file: Path) -> Recipe:
    """Read `tuning/NAME.toml`.

    Raises:
        InvalidInput: it cannot be read, or a key is unknown, missing or wrong; names the key.

    """
    try:
        return Recipe.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        if first["loc"][:2] != ("role",) and first["loc"][:1] == ("role",):  # one fault for each kind of role
            raise InvalidInput(
                f"{file}: role: no role {first['input']!r} is known; known are {', '.join(ROLES)}"
            ) from None
        raise InvalidInput(f"{file}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}") from None

"""Who may read which files of a folder: the rules in its `access.toml`."""

import tomllib
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from groundsel_ingest.globs import matches
from groundsel_pipelines.errors import InvalidInput

FILE_NAME: Final = "access.toml"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(Strict):
    """One `[[rule]]`: the files that it speaks of, and who may and may not read them."""

    files: tuple[str, ...] = Field(min_length=1)  # patterns of paths below the folder
    allowed: tuple[str, ...]  # principals: "user:ann", "group:hr", "groundsel:public"; none: nobody
    denied: tuple[str, ...] = ()  # wins over allowed


class Rules(Strict):
    rule: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The rules of a folder: the last one that fits a file decides; without any, `default` may read it."""

    default: frozenset[str]
    rules: tuple[Rule, ...] = ()

    def of(self, path: str) -> tuple[frozenset[str], frozenset[str]]:
        """Give who is allowed and who is denied the file at `path`, relative and with forward slashes."""
        for rule in reversed(self.rules):
            if matches(path, rule.files):
                return frozenset(rule.allowed), frozenset(rule.denied)
        return self.default, frozenset()


def read_access(text: str, *, default: frozenset[str], where: str) -> Access:
    """Read the rules in `text`, which stands at `where`.

    Raises:
        InvalidInput: a rule cannot be understood: nothing may be indexed, lest it be shown to the wrong people.

    """
    try:
        return Access(default=default, rules=Rules.model_validate(tomllib.loads(text), strict=False).rule)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{where}: {error}; mend it, nothing was indexed") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{where}: {key}: {first['msg']}; mend it, nothing was indexed") from None

"""Lines and JSON objects of evaluation files, packed or not; every mistake is named with its line."""

import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from groundsel_pipelines.errors import InvalidInput

PACKED = ("", ".gz")


def lines(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that hold something, with their numbers from 1; `.gz` is unpacked.

    Raises:
        InvalidInput: the file cannot be read.

    """
    try:
        with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as text:
            for number, line in enumerate(text, start=1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}") from None


def records(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield JSON objects, one a line, with their numbers.

    Raises:
        InvalidInput: a line is no JSON object.

    """
    for number, line in lines(file):
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise InvalidInput(f"{file}, line {number}: no JSON ({error})") from None
        if not isinstance(record, dict):
            raise InvalidInput(f"{file}, line {number}: expected a JSON object")
        yield number, record


def field(record: Mapping[str, Any], *names: str, file: Path, number: int) -> str:
    """Give the first of these fields that is there, as text.

    Raises:
        InvalidInput: none of them is there, or it is empty.

    """
    value = next((record[name] for name in names if record.get(name) not in (None, "")), None)
    if not isinstance(value, (str, int)):
        raise InvalidInput(f"{file}, line {number}: the field {' or '.join(map(repr, names))} is missing or no text")
    return str(value)


def found(folder: Path, *names: str) -> Path | None:
    """Give the first of these files that is in `folder`, packed or not."""
    return next((file for name in names for packed in PACKED if (file := folder / f"{name}{packed}").is_file()), None)


def texts(value: object) -> tuple[str, ...]:
    """Read answers: one text, a list of them, or SQuAD's list of objects."""
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, list):
        return tuple(str(each["text"] if isinstance(each, dict) else each) for each in value)
    return ()

"""Fields of a document's own (its metadata: author, from, department) as terms that a filter looks up.

A field is found by its whole value or by a word of it, without case and accents: `from:kern` is enough.
"""

from collections.abc import Iterable, Mapping

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.types import METADATA, Filter
from groundsel_pipelines.words import WORD, fold

BETWEEN = "\t"
LONGEST_VALUE = 200  # characters; a longer one is found by its words


def field_names(metadata: Mapping[str, str]) -> frozenset[str]:
    """Give the names by which a document's fields can be asked for."""
    return frozenset(name.lower() for name, value in metadata.items() if value.strip())


def field_terms(metadata: Mapping[str, str]) -> frozenset[str]:
    """Give a term for the whole value of each field, and one for each of its words."""
    return frozenset(
        term(name, value)
        for name, whole in metadata.items()
        for value in (*([whole] if len(whole) <= LONGEST_VALUE else []), *WORD.findall(whole))
    )


def asked_name(condition: Filter) -> str:
    """Give the field of metadata that a condition is about; "" where it is about something else."""
    return condition.field.removeprefix(METADATA).lower() if condition.field.startswith(METADATA) else ""


def asked_terms_of(condition: Filter) -> list[str]:
    """Give the terms of which one has to be there.

    Raises:
        InvalidInput: a range is asked for.

    """
    if condition.op == "range":
        raise no_range(condition)
    return sorted(term(asked_name(condition), value) for value in condition.values)


def no_range(condition: Filter) -> InvalidInput:
    return InvalidInput(f"a range is for updated_at; {condition.field} takes the operators in, not_in and exists")


def term(name: str, value: str) -> str:
    return f"{name.lower()}{BETWEEN}{' '.join(fold(value).split())}"


def told_names(metadata: Iterable[Mapping[str, str]]) -> frozenset[str]:
    """Give the names of the fields of several documents."""
    return frozenset(name for each in metadata for name in field_names(each))

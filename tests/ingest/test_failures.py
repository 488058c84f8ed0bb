"""What libraries raise is read as what it means; whatever does not say so is never taken for a file that is gone."""

import errno

import pytest

from groundsel_ingest.connectors.failures import translated


class Answer(Exception):
    """An error with the code that a server answered with."""

    def __init__(self, code: object) -> None:
        super().__init__(f"received {code}")
        self.status_code = code


class ClientAuthenticationError(Exception):
    """As azure-core calls it where it finds no credentials at all: no server was asked."""


@pytest.mark.parametrize(
    ("error", "meant"),
    [
        (OSError(errno.ENOENT, "No such file"), FileNotFoundError),
        (Answer(404), FileNotFoundError),
        (Answer("403"), PermissionError),
        (OSError(errno.EACCES, "Permission denied"), PermissionError),
        (ClientAuthenticationError("no credentials"), PermissionError),
        (Answer(503), Answer),
        (TimeoutError("timed out"), TimeoutError),
    ],
)
def test_an_error_is_read_by_its_number_or_its_answer(error: Exception, meant: type[Exception]) -> None:
    assert type(translated(error)) is meant


def test_what_an_error_was_raised_from_counts_and_what_it_was_raised_beside_does_not() -> None:
    caused, beside = RuntimeError("refused"), RuntimeError("timed out")
    caused.__cause__ = Answer(401)
    beside.__context__ = Answer(404)

    assert isinstance(translated(caused), PermissionError)
    assert translated(beside) is beside

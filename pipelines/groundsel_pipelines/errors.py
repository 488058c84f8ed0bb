"""What can go wrong, as a tree: the class says who can mend it, the message says how."""


class GroundselError(Exception):
    """Any failure of ours; its text is one sentence for a person and, where there is one, the next command."""


class UnknownName(GroundselError):
    """Nothing of that name is installed or stored; says what is, or how to get it."""


class InvalidInput(GroundselError):
    """The caller can mend it: a query, a filter, a setting, a file."""


class AccessDenied(GroundselError):
    """No valid principal; answered by nothing, never by everything."""


class VersionConflict(GroundselError):
    """The store holds a newer version of this document; the write is refused, nothing is changed."""


class Rejected(GroundselError):
    """The document cannot be taken; `reason` goes to the report and the dead-letter list."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Transient(GroundselError):
    """It may work later: `retry_after` says in how many seconds to try again."""

    def __init__(self, message: str, *, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Busy(Transient):
    """A bounded queue is full."""


class Unavailable(Transient):
    """A store, a model or a key set is down."""

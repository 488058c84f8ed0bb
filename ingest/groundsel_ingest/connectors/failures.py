"""What the libraries beneath fsspec raise, in Python's own words: nothing there, not let in, or something else."""

import errno
from typing import Final

MISSING: Final = frozenset({errno.ENOENT, errno.ENOTDIR})
REFUSED: Final = frozenset({errno.EACCES, errno.EPERM})
# MS-ERREF 2.3.1: NO_SUCH_FILE, OBJECT_NAME_NOT_FOUND, OBJECT_PATH_NOT_FOUND, BAD_NETWORK_NAME, NOT_A_DIRECTORY,
# NOT_FOUND
MISSING_STATUS: Final = frozenset({0xC000000F, 0xC0000034, 0xC000003A, 0xC00000CC, 0xC0000103, 0xC0000225})
# ACCESS_DENIED, WRONG_PASSWORD, LOGON_FAILURE, ACCOUNT_RESTRICTION, PASSWORD_EXPIRED, ACCOUNT_DISABLED
REFUSED_STATUS: Final = frozenset({0xC0000022, 0xC000006A, 0xC000006D, 0xC000006E, 0xC0000071, 0xC0000072})
# of botocore, google-auth and azure-core, which need not be installed
NO_CREDENTIALS: Final = frozenset(
    {"NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError", "RefreshError",
     "ClientAuthenticationError"}
)  # fmt: skip
NOT_FOUND: Final = frozenset({404, 410})
FORBIDDEN: Final = frozenset({401, 403})


def translated(error: Exception) -> Exception:
    """Give `error` as FileNotFoundError or PermissionError where it, or what it was raised from, says that."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, FileNotFoundError | NotADirectoryError) or is_among(
            cause, MISSING, MISSING_STATUS, NOT_FOUND
        ):
            return FileNotFoundError(str(error))
        if (
            type(cause).__name__ in NO_CREDENTIALS
            or isinstance(cause, PermissionError)
            or is_among(cause, REFUSED, REFUSED_STATUS, FORBIDDEN)
        ):
            return PermissionError(str(error))
        cause = cause.__cause__  # not what it was merely raised beside: a folder that is missing is one that is deleted
    return error


def is_among(error: BaseException, numbers: frozenset[int], statuses: frozenset[int], answers: frozenset[int]) -> bool:
    """Say whether the error's number of the system, status of SMB or answer of HTTP is one of these."""
    status = getattr(error, "ntstatus", getattr(error, "status", None))
    answer = [getattr(error, name, None) for name in ("code", "status_code", "status")]
    return (
        getattr(error, "errno", None) in numbers
        or status in statuses
        or any(number(each) in answers for each in answer)
    )


def number(answer: object) -> int | None:
    """Read a code of HTTP, which some libraries keep as text."""
    return int(answer) if isinstance(answer, int) or (isinstance(answer, str) and answer.isdecimal()) else None

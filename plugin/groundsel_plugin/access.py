"""Who asks: the one place where a request gets its principals."""

import ipaddress
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request

from groundsel_pipelines.errors import InvalidInput


class Access(Protocol):
    """Tells the principals of whoever sent a request."""

    def principals(self, request: Request) -> frozenset[str]:
        """Give the principals; an empty set sees nothing.

        Raises:
            AccessDenied: the credentials are missing or wrong.

        """
        ...


@dataclass(frozen=True, slots=True)
class MachineAccess:
    """Everyone who reaches this machine's service may see the same."""

    shared: frozenset[str]

    def principals(self, request: Request) -> frozenset[str]:  # noqa: ARG002 - nothing in it counts here
        return self.shared


def refuse_open_network(host: str, *, allowed: bool) -> None:
    """Refuse to listen beyond this machine where nobody signs in, unless that was asked for in so many words.

    Raises:
        InvalidInput: `host` can be reached from elsewhere.

    """
    if not allowed and not is_loopback(host):
        raise InvalidInput(
            f"serving on {host} would show the documents to everyone on the network; serve on 127.0.0.1, "
            "or set access.open_network = true if that is what you want"
        )


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"

"""Connections that lead only where they may: a name is resolved once, and that address is connected to (rule R28).

What a page links to, redirects to or resolves to is chosen by strangers; without this it could be a service of this
machine, of its network, or a cloud's metadata (server-side request forgery, OWASP A10:2021).
"""

import ipaddress
import socket
import ssl
from collections.abc import Iterable, Sequence
from typing import Final

import httpcore
import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits


class Forbidden(Exception):
    """An address is not of the public internet, and nobody has allowed it."""


def may_be_reached(address: Address, allowed: Iterable[Network] = ()) -> bool:
    """Say whether `address` is public, or in one of the networks that are allowed though they are not."""
    return any(address in network for network in allowed) or all(
        each.is_global and not each.is_multicast and not each.is_reserved for each in (address, *within(address))
    )


def within(address: Address) -> list[ipaddress.IPv4Address]:
    """Give the IPv4 addresses that an IPv6 address stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64 or int(address) >> 32 == 0:  # the latter: "IPv4-compatible", long out of use
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in found if each is not None]


class GuardedNetwork(httpcore.NetworkBackend):
    """Opens connections to allowed addresses only."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = tuple(allowed)
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        return self._plain.connect_tcp(
            self._resolve(host, port), port, timeout=timeout, local_address=local_address, socket_options=socket_options
        )

    def _resolve(self, host: str, port: int) -> str:
        """Give the address to connect to.

        Raises:
            Forbidden: one of the name's addresses may not be reached: whoever owns it is not to be trusted.
            httpcore.ConnectError: the name has no address.

        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = [str(entry[4][0]).split("%")[0] for entry in found]
        for address in addresses:
            if not may_be_reached(ipaddress.ip_address(address), self._allowed):
                raise Forbidden(f"{host} is {address}, which is not of the public internet")
        return addresses[0]

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002 - httpcore's own signature
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002 - likewise
    ) -> httpcore.NetworkStream:
        raise Forbidden(f"{path} is no address on a network")


def guarded_transport(allowed: Sequence[Network], *, ca_file: str | None = None) -> httpx.HTTPTransport:
    """Give a transport for httpx whose every connection goes through `GuardedNetwork`; it knows no proxy."""
    context = ssl.create_default_context(cafile=ca_file)
    transport = httpx.HTTPTransport(verify=context, trust_env=False)
    transport._pool = httpcore.ConnectionPool(  # noqa: SLF001 - httpx has no other door for a network of one's own
        ssl_context=context, network_backend=GuardedNetwork(allowed), max_connections=4
    )
    return transport

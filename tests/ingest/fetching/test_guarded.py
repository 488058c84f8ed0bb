"""T23: however an address of this machine or its network is written, nothing connects to it."""

import ipaddress
import socket
from itertools import product

import httpcore
import httpx
import pytest

from groundsel_ingest.fetching.addresses import normal
from groundsel_ingest.fetching.guarded import Forbidden, guarded_transport, may_be_reached


def spellings(address: str) -> list[str]:
    """Write an IPv4 address in all the ways that a system's resolver or a URL may take."""
    number = int(ipaddress.IPv4Address(address))
    a, b, c, d = address.split(".")
    octets = [(part, f"0{int(part):o}", f"0x{int(part):x}") for part in (a, b, c, d)]
    mixed = [".".join(parts) for parts in product(*octets)][::9]
    return [
        address, *mixed, str(number), hex(number), f"0{number:o}", f"{a}.{int(b) << 16 | int(c) << 8 | int(d)}",
        f"{a}.{b}.{int(c) << 8 | int(d)}", f"[::ffff:{address}]", f"[::{address}]", f"[64:ff9b::{address}]",
        f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]", f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::]",
        f"{address}.", f"%{ord(address[0]):x}{address[1:]}",
    ]  # fmt: skip


FORBIDDEN = ("127.0.0.1", "169.254.169.254", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "0.0.0.0")  # noqa: S104
FORMS = [
    *(form for address in FORBIDDEN for form in spellings(address)),
    "localhost", "LOCALHOST", "localhost.", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[fe80::1]", "[fc00::1]", "[ff02::1]",
    "[::1%25lo]", "\uff11\uff12\uff17.0.0.1", "\u2460\u2461\u2466.\u24ea.\u24ea.\u2460",
    "224.0.0.1", "255.255.255.255", "[fd00:ec2::254]",
]  # fmt: skip


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the addresses that anything tries to connect to; nothing leaves this machine."""
    tried: list[str] = []

    class Unconnected(httpcore.SyncBackend):
        def connect_tcp(self, host: str, *args: object, **kwargs: object) -> httpcore.NetworkStream:
            tried.append(host)
            raise httpcore.ConnectError("this test connects to nothing")

    monkeypatch.setattr(httpcore, "SyncBackend", Unconnected)
    return tried


def test_there_are_enough_forms() -> None:
    assert len(set(FORMS)) >= 150


def test_no_form_of_an_address_within_is_connected_to(listener: list[str]) -> None:
    with httpx.Client(transport=guarded_transport(()), trust_env=False) as client:
        for form in FORMS:
            for url in (f"http://{form}/", normal(f"http://{form}:8080/")):
                if url is not None:
                    with pytest.raises((Forbidden, httpx.HTTPError, httpx.InvalidURL, ValueError)):
                        client.get(url)
    assert listener == []


def test_a_name_is_resolved_once_and_that_address_is_connected_to(
    listener: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["93.184.216.34", "127.0.0.1"])  # what someone who rebinds a name says, one after another
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 80))]
    )
    with httpx.Client(transport=guarded_transport(()), trust_env=False) as client:
        with pytest.raises(httpx.ConnectError, match="connects to nothing"):
            client.get("http://rebinding.example/")
        with pytest.raises(Forbidden):
            client.get("http://rebinding.example/")
    assert listener == ["93.184.216.34"]


def test_a_name_with_one_address_within_is_not_connected_to(
    listener: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with (
        httpx.Client(transport=guarded_transport(()), trust_env=False) as client,
        pytest.raises(Forbidden, match=r"10\.0\.0\.1"),
    ):
        client.get("http://mixed.example/")
    assert listener == []


def test_a_network_that_is_named_may_be_reached_and_its_neighbours_may_not() -> None:
    allowed = (ipaddress.ip_network("10.1.0.0/16"),)
    assert may_be_reached(ipaddress.ip_address("10.1.2.3"), allowed)
    assert not may_be_reached(ipaddress.ip_address("10.2.0.1"), allowed)
    assert may_be_reached(ipaddress.ip_address("93.184.216.34"))
    assert may_be_reached(ipaddress.ip_address("2606:2800:220:1:248:1893:25c8:1946"))

"""A pytest plugin: while tests run, a socket may speak to this machine and to nobody else.

An audit hook sees every connection that Python makes, whichever library makes it.
Its error is no OSError, so that no client's retry hides it.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Iterator

import pytest


class OutsideNetworkError(RuntimeError):
    """A test tried to reach another machine."""


class _Guard:
    """Whether the hook refuses: an audit hook can be added and never removed."""

    is_armed = False


def is_loopback(host: object) -> bool:
    """Whether `host` is this machine: a loopback address, its name, or no address at all."""
    if host is None or host == b"" or host == "":
        return True
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in {"localhost", socket.gethostname()}:
        return True
    try:
        return ipaddress.ip_address(name.split("%", maxsplit=1)[0]).is_loopback
    except ValueError:
        return False


def _refuse_outside(event: str, arguments: tuple[object, ...]) -> None:
    """The audit hook: raise on a connection, a datagram or a look-up that leaves this machine."""
    if not _Guard.is_armed:
        return
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not is_loopback(host):
        raise OutsideNetworkError(f"{event} to {host!r}: tests may speak to loopback only")


sys.addaudithook(_refuse_outside)


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """Arm the guard for as long as tests run."""
    _Guard.is_armed = True
    yield
    _Guard.is_armed = False

"""No test reaches another machine."""

from __future__ import annotations

import socket

import pytest

from tests.house.loopback import OutsideNetworkError, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", None, "", b"localhost"])
def test_this_machine_may_be_reached(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "acme.halopsa.com", "2001:db8::1", "0.0.0.0"])  # noqa: S104
def test_any_other_address_may_not(host):
    assert not is_loopback(host)


def test_a_connection_to_another_machine_is_refused_before_it_is_made():
    with socket.socket() as connection, pytest.raises(OutsideNetworkError, match="loopback only"):
        connection.connect(("192.0.2.1", 443))


def test_a_name_of_another_machine_is_not_looked_up():
    with pytest.raises(OutsideNetworkError, match=r"acme\.example"):
        socket.getaddrinfo("acme.example", 443)


def test_a_connection_to_loopback_is_made():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=5) as connection:
        assert connection.getpeername() == server.getsockname()

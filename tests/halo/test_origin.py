"""Which addresses are spoken to."""

from __future__ import annotations

import httpx
import pytest

from handoff_pipeline.errors import SettingsError
from handoff_pipeline.halo.errors import AuthenticationError
from handoff_pipeline.halo.origin import authority_url, below, is_loopback, same_origin, tenant_url


@pytest.mark.fact("H003")
@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://acme.halopsa.com", "https://acme.halopsa.com/"),
        ("https://acme.halopsa.com/", "https://acme.halopsa.com/"),
        ("https://acme.halopsa.com/api/", "https://acme.halopsa.com/"),
        ("https://desk.example.org/halo/api", "https://desk.example.org/halo"),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123/"),
        ("http://localhost:8123", "http://localhost:8123/"),
        ("http://[::1]:8123", "http://[::1]:8123/"),
    ],
)
def test_the_tenants_address_is_taken_with_or_without_api(text: str, url: str) -> None:
    assert str(tenant_url(text)) == url


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "acme.halopsa.com",
        "http://acme.halopsa.com",
        "ftp://acme.halopsa.com",
        "https://user:pw@acme.halopsa.com",
        "https://a/?x=1",
        "http://127.0.0.1.evil.example",
        "https://",
    ],
)
def test_an_address_without_tls_or_with_extras_is_refused(text: str | None) -> None:
    with pytest.raises(SettingsError, match="HANDOFF_HALO_URL") as caught:
        tenant_url(text)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("path", ["//evil.example/x", "https://evil.example/", "Tickets", "/a/../../b", "\\\\evil"])
def test_no_path_leaves_the_origin(path: str) -> None:
    with pytest.raises(ValueError, match="not a path of this origin"):
        below(httpx.URL("https://acme.halopsa.com/"), path)


def test_paths_are_put_below_the_base() -> None:
    assert str(below(httpx.URL("https://desk.example.org/halo"), "/api/Tickets")) == "https://desk.example.org/halo/api/Tickets"


def test_default_ports_are_the_same_origin() -> None:
    assert same_origin(httpx.URL("https://a.example"), httpx.URL("https://a.example:443/x"))
    assert not same_origin(httpx.URL("https://a.example"), httpx.URL("http://a.example"))
    assert not same_origin(httpx.URL("https://a.example"), httpx.URL("https://a.example:8443"))


@pytest.mark.fact("H004")
@pytest.mark.parametrize(
    ("base", "named"),
    [
        ("https://acme.halopsa.com", "https://acme.halopsa.com/auth"),
        ("https://acme.halopsa.com", "https://auth.haloservicedesk.com/auth/"),
        ("https://desk.example.org", "/auth"),
        ("http://127.0.0.1:81", "http://127.0.0.1:81/auth"),
    ],
)
def test_an_authority_of_the_tenant_or_of_halopsa_is_trusted(base: str, named: str) -> None:
    assert authority_url(httpx.URL(base), named).path == "/auth"


@pytest.mark.parametrize(
    ("base", "named"),
    [
        ("https://acme.halopsa.com", "https://evil.example/auth"),
        ("https://acme.halopsa.com", "https://halopsa.com.evil.example/auth"),
        ("https://acme.halopsa.com", "https://evilhalopsa.com/auth"),
        ("https://acme.halopsa.com", "http://acme.halopsa.com/auth"),
        ("https://desk.example.org", "https://acme.halopsa.com/auth"),
        ("https://acme.halopsa.com", "http://127.0.0.1/auth"),
    ],
)
def test_the_secret_is_not_sent_to_any_other_authority(base: str, named: str) -> None:
    with pytest.raises(AuthenticationError, match="not sent there"):
        authority_url(httpx.URL(base), named)


def test_loopback_is_this_machine_only() -> None:
    assert is_loopback("127.9.9.9")
    assert is_loopback("::1")
    assert not is_loopback("10.0.0.1")
    assert not is_loopback("localhost.example")

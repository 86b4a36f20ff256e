"""Which addresses the client may speak to: the tenant's own origin over TLS, and its authority.

Nothing is sent here. The one thing to know: addresses that come from an answer are data. Only the authority named by `/api/authinfo` is
ever taken from one, and only on the tenant's own origin or, for a hosted tenant, on a host of HaloPSA's makers.
"""

from __future__ import annotations

import ipaddress

import httpx

from handoff_pipeline.errors import SettingsError
from handoff_pipeline.halo.errors import AuthenticationError

HOSTED_DOMAINS = ("halopsa.com", "haloitsm.com", "haloservicedesk.com", "halocrm.com")
"""Domains of hosted tenants and of their authorities (H: older tenants used auth.haloservicedesk.com)."""


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine, the only one that may be spoken to without TLS."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_hosted(host: str) -> bool:
    return any(host == domain or host.endswith("." + domain) for domain in HOSTED_DOMAINS)


def _is_protected(url: httpx.URL) -> bool:
    return url.scheme == "https" or (url.scheme == "http" and is_loopback(url.host))


def origin_text(url: httpx.URL) -> str:
    """Scheme, host and port, for messages."""
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace').rpartition('@')[2]}"


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether both have the same scheme, host and port (default ports filled in)."""
    ports = {"https": 443, "http": 80}
    return (one.scheme, one.host, one.port or ports.get(one.scheme)) == (other.scheme, other.host, other.port or ports.get(other.scheme))


def tenant_url(text: str | None) -> httpx.URL:
    """The tenant's root address from the setting; a trailing `/api` or slash is taken off.

    Raises:
        SettingsError: missing, not a plain address, or without TLS on another machine.
    """
    example = "Set HANDOFF_HALO_URL in .env to the tenant's address, for example https://acme.halopsa.com."
    if not text:
        raise SettingsError("HANDOFF_HALO_URL is not set.", example)
    try:
        url = httpx.URL(text.strip())
    except httpx.InvalidURL:
        raise SettingsError("HANDOFF_HALO_URL is not a web address.", example) from None
    if url.userinfo or url.query or url.fragment or not url.host:
        raise SettingsError("HANDOFF_HALO_URL must be a plain address, without user, query or fragment.", example)
    if not _is_protected(url):
        raise SettingsError(f"HANDOFF_HALO_URL ({origin_text(url)}) is not https; without TLS only this machine is spoken to.", example)
    return url.copy_with(path=url.path.rstrip("/").removesuffix("/api").rstrip("/") or "/")


def below(base: httpx.URL, path: str) -> httpx.URL:
    """`path` below `base`. The path is the product's own; one that could leave the origin is a programming error.

    Raises:
        ValueError: not an absolute path of this origin.
    """
    if not path.startswith("/") or path.startswith("//") or "\\" in path or ".." in path.split("/"):
        raise ValueError(f"not a path of this origin: {path!r}")
    url = base.copy_with(path=base.path.rstrip("/") + path)
    if not same_origin(url, base):
        raise ValueError(f"not a path of this origin: {path!r}")
    return url


def authority_url(base: httpx.URL, text: str) -> httpx.URL:
    """The authority that `/api/authinfo` names, if the client secret may go there.

    Raises:
        AuthenticationError: another origin that is not HaloPSA's own, or no TLS.
    """
    try:
        url = base.join(text)
    except httpx.InvalidURL:
        raise AuthenticationError("/api/authinfo names an authority that is not a web address.", "Check HANDOFF_HALO_URL.") from None
    trusted = same_origin(url, base) or (_is_hosted(base.host) and _is_hosted(url.host))
    if not trusted or not _is_protected(url) or url.userinfo:
        raise AuthenticationError(
            f"/api/authinfo of {origin_text(base)} names {origin_text(url)} as its authority; the client secret is not sent there.",
            "Set HANDOFF_HALO_URL to the address on which HaloPSA itself answers.",
        )
    return url.copy_with(path=url.path.rstrip("/"), query=None, fragment=None)

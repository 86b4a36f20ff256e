"""To which addresses a card may be posted: listed hosts over TLS, this machine only where a setting says so, nothing private.

Nothing is sent here. The whole address is a secret (its `sig` lets anybody post), so no message of this module repeats more of it than the
host's known ending. The one thing to know: retired addresses are refused by name and with the way out, because they fail silently else.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr

from handoff_pipeline.errors import SettingsError
from handoff_pipeline.halo.origin import is_loopback

WORKFLOWS: Final = "environment.api.powerplatform.com"
"""What every address of a Workflows webhook ends in (H: `<env>.<nn>.environment.api.powerplatform.com`)."""
RETIRED: Final[dict[str, str]] = {
    "webhook.office.com": "Office 365 connectors were retired in May 2026",
    "outlook.office.com": "Office 365 connectors were retired in May 2026",
    "outlook.office365.com": "Office 365 connectors were retired in May 2026",
    "logic.azure.com": "addresses of this kind stopped working on 30 November 2025",
}
"""Endings of addresses that Teams no longer serves, and why."""
NEW_FLOW: Final = (
    "In Teams, open the channel's Workflows, make 'Send webhook alerts to a channel' and put its new address into {name}; it ends in "
    f".{WORKFLOWS}."
)


@dataclass(frozen=True)
class Webhook:
    """A checked address. `setting` is where it came from; the address is never printed. `is_local` is this machine."""

    channel: str
    setting: str
    url: SecretStr = field(repr=False)
    host: str = field(repr=False)
    port: int
    is_local: bool

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not appear in any text: the address, its path with the query, the values of its query, and the host's own part."""
        address = self.url.get_secret_value()
        parts = urlsplit(address)
        values = [value for name, value in parse_qsl(parts.query) if name == "sig"]
        raw = [item.partition("=")[2] for item in parts.query.split("&") if item.startswith("sig=")]
        own = [self.host] if not self.is_local else []
        return tuple(dict.fromkeys([address, f"{parts.path}?{parts.query}", parts.query, parts.path, *values, *raw, *own]))


def checked(channel: str, setting: str, url: SecretStr, extra_hosts: Sequence[str] = (), *, allow_loopback: bool = False) -> Webhook:
    """The address as a webhook that may be posted to.

    `extra_hosts` are endings that HANDOFF_TEAMS_HOSTS lists (a relay of one's own).

    Raises:
        SettingsError: no web address, retired, not https, not listed, a private address, or this machine without leave.
    """
    try:
        parts = urlsplit(url.get_secret_value().strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise _refused(setting, "is not a web address") from None
    if not host or parts.scheme not in ("https", "http") or parts.username is not None or parts.fragment:
        raise _refused(setting, "is not a plain web address")
    webhook = Webhook(channel, setting, SecretStr(url.get_secret_value().strip()), host, port or 443, is_loopback(host))
    if webhook.is_local:
        if not allow_loopback:
            raise SettingsError(
                f"{setting} points to this machine.",
                "Use the address of the channel's workflow; HANDOFF_TEAMS_ALLOW_LOOPBACK=true is for tests and the demo alone.",
            )
        return Webhook(channel, setting, webhook.url, host, port or (443 if parts.scheme == "https" else 80), is_local=True)
    for ending, reason in RETIRED.items():
        if _ends_in(host, ending):
            raise _refused(setting, f"is an address on {ending}, and {reason}")
    if _is_number(host):
        raise _refused(setting, "names a number and not a host")
    if parts.scheme != "https":
        raise _refused(setting, "is not https")
    if not any(_ends_in(host, ending) for ending in (WORKFLOWS, *_endings(extra_hosts))):
        raise SettingsError(
            f"{setting} names a host that is not listed.",
            NEW_FLOW.format(name=setting) + " A relay of your own is listed in HANDOFF_TEAMS_HOSTS.",
        )
    return webhook


def private_among(addresses: Iterable[str]) -> bool:
    """Whether any of the addresses that a name stands for is not one of the public internet."""
    return any(not ipaddress.ip_address(address.split("%", 1)[0]).is_global for address in addresses)


def _refused(setting: str, problem: str) -> SettingsError:
    return SettingsError(f"{setting} {problem}.", NEW_FLOW.format(name=setting))


def _ends_in(host: str, ending: str) -> bool:
    return host == ending or host.endswith("." + ending)


def _endings(hosts: Iterable[str]) -> list[str]:
    """The listed hosts without a leading `*.`; an ending without a dot would list a whole top-level domain and is left out."""
    endings = (host.strip().lower().removeprefix("*").strip(".") for host in hosts)
    return [ending for ending in endings if "." in ending]


def _is_number(host: str) -> bool:
    """Whether the host is an IP address in any spelling, among them those that only a resolver understands (0x7f.1, 2130706433)."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return all(part.isdigit() or part.lower().startswith("0x") for part in host.split("."))
    return True

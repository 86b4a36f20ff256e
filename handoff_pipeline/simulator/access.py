"""Who may ask, and how often: access tokens with scopes, and the rolling limiter.

Both take the time function as an argument; it has nothing to do with the simulated world's clock. Scopes are those of
section 1 of the reference.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Final

# Not secrets: they open a simulated tenant on loopback and nothing else.
DEMO_CLIENT_ID: Final = "demo-reader"
DEMO_CLIENT_SECRET: Final = "demo-secret-of-a-simulated-tenant"  # noqa: S105 -- documented as public
WRITER_CLIENT_ID: Final = "demo-writer"
WRITER_CLIENT_SECRET: Final = "writer-secret-of-a-simulated-tenant"  # noqa: S105 -- documented as public
APPLICATIONS: Final = {DEMO_CLIENT_ID: DEMO_CLIENT_SECRET, WRITER_CLIENT_ID: WRITER_CLIENT_SECRET}

_PAIRED = (
    "tickets",
    "calendar",
    "customers",
    "crm",
    "contracts",
    "suppliers",
    "items",
    "projects",
    "sales",
    "quotes",
    "sos",
    "pos",
    "invoices",
    "reporting",
    "software",
    "softwarelicensing",
    "kb",
    "assets",
    "timesheets",
)
WHOLE: Final = frozenset({"all", "all:standard"})
KNOWN_SCOPES: Final = (
    WHOLE
    | {f"{verb}:{name}" for verb in ("read", "edit") for name in _PAIRED}
    | {"admin", "editMine:timesheets", "access:chat", "access:adpasswordreset", "admin:webhooks"}
)


@dataclass(frozen=True)
class Grant:
    """A token's rights and its end, in seconds of the time function."""

    scopes: frozenset[str]
    expires_at: float

    def may_read(self, resource: str | None) -> bool:
        """Tell whether the scopes cover the resource; None is for set-up lists, which any token reads (a guess)."""
        return resource is None or bool(self.scopes & (WHOLE | {f"read:{resource}", f"edit:{resource}"}))

    def may_do(self, any_of: frozenset[str]) -> bool:
        """Tell whether the scopes hold one of those named, such as "edit:tickets" or "admin"; `all` is always enough."""
        return bool(self.scopes & (WHOLE | any_of))


class TokenBook:
    """Issued tokens. A new one leaves older ones valid, as far as anybody reports."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Start without tokens; `now` gives seconds."""
        self._now = now
        self._numbers = count(1)
        self._grants: dict[str, Grant] = {}

    def issue(self, scopes: frozenset[str], life_seconds: float) -> str:
        """Give a fresh token for `scopes`."""
        token = f"simulated-token-{next(self._numbers)}"
        self._grants[token] = Grant(scopes, self._now() + life_seconds)
        return token

    def grant(self, header: str | None) -> Grant | None:
        """Give the rights behind an Authorization header, None when it is missing, unknown or expired."""
        scheme, _, token = (header or "").partition(" ")
        grant = self._grants.get(token) if scheme.lower() == "bearer" else None
        return grant if grant and self._now() < grant.expires_at else None


class RollingLimiter:
    """So many requests in any window of so many seconds; a refused request does not count (a guess)."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Start with nothing counted; `now` gives seconds."""
        self._now = now
        self._seen: deque[float] = deque()

    def refuse(self, requests: int, seconds: float) -> float | None:
        """Count a request and give None, or give the seconds until one is allowed again, at `requests` per rolling `seconds`."""
        now = self._now()
        while self._seen and self._seen[0] <= now - seconds:
            self._seen.popleft()
        if len(self._seen) >= requests:
            return (self._seen[0] if self._seen else now) + seconds - now
        self._seen.append(now)
        return None

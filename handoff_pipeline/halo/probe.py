"""What `handoff doctor` asks of a tenant: do the credentials work, is the scope narrow, do the clocks agree.

Nothing is written and nothing is judged against the policy here. The one thing to know: a probe reports, it does not raise; every
finding that is not ok carries its fix.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx

from handoff_pipeline.clock import Clock
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.halo.client import SKEW, HaloClient, connected
from handoff_pipeline.halo.credential import BROAD_SCOPES
from handoff_pipeline.settings import Settings


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `fix` is None where nothing is to be done."""

    name: str
    ok: bool
    message: str
    fix: str | None = None


def probe(settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> list[Finding]:
    """Findings "credentials", "scope" and "clock"; the last only where the first is ok. Two requests."""
    return [_scope(settings), *asyncio.run(_probe(settings, clock, transport))]


def _scope(settings: Settings) -> Finding:
    """Whether only reading is asked for."""
    asked = settings.halo_scope.split()
    wide = sorted(scope for scope in asked if scope in BROAD_SCOPES or scope.startswith("edit"))
    if not wide:
        return Finding("scope", ok=True, message=f"only reading is asked for: {' '.join(asked)}")
    return Finding(
        "scope",
        ok=False,
        message=f"HANDOFF_HALO_SCOPE asks for more than reading: {' '.join(wide)}",
        fix="Leave HANDOFF_HALO_SCOPE unset, and give the API application the read: scopes only.",
    )


async def _probe(settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None) -> list[Finding]:
    try:
        async with connected(settings, clock, transport) as client:
            return [Finding("credentials", ok=True, message=f"{settings.halo_url} issued a token"), clock_finding(client, clock)]
    except HandoffError as error:
        return [Finding("credentials", ok=False, message=error.message, fix=error.fix)]


def clock_finding(client: HaloClient, clock: Clock) -> Finding:
    """Whether the server's clock and this machine's agree; cursors are the server's time."""
    told = client.server_date
    if told is None:
        return Finding("clock", ok=True, message="the server does not tell its time; cursors use this machine's clock")
    skew = (told - clock.now()).total_seconds()
    if abs(skew) <= SKEW.total_seconds():
        return Finding("clock", ok=True, message=f"the server's clock differs by {skew:.0f} s")
    return Finding(
        "clock",
        ok=False,
        message=f"the server's clock differs from this machine's by {skew:.0f} s",
        fix="Let this machine keep its time by NTP; HANDOFF_AS_OF, if set, holds the clock.",
    )

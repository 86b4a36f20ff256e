"""Whether what is published may be acted on now, and when a night last succeeded: pure, by the manifest.

Telling people about it is the alarm's. The one thing to know: an entity that gaps rest on must have been complete in the very night that is
published; a card about a gap that nobody looked for is worse than no card.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from handoff_pipeline.policy import Policy
from handoff_pipeline.warehouse.manifest import Manifest

RESTS_ON: Final = (
    "agent", "approval", "attachment", "client", "field_info", "opportunity", "project", "quotation", "sales_order", "ticket_detail",
)  # fmt: skip
"""Entities that gaps, their owners and the records to write on come from."""
A_NIGHT: Final = timedelta(hours=26)
"""How long a night's figures hold: until the next one, with two hours of grace. Whoever closed a gap since must get no card about it."""
NOT_PERMITTED: Final = "not_permitted"
"""An optional entity that HaloPSA never lets us read: the checklist knows how to do without it."""


def why_not(manifest: Manifest | None, policy: Policy, now: datetime) -> str | None:
    """Why nothing is proposed on what is published; None where it is fresh and whole."""
    if manifest is None:
        return "nothing is published yet"
    if manifest.state != "complete":
        named = ", ".join(source.entity for source in manifest.stale)
        return f"the figures were left as they were ({named or 'stale'})"
    short = [name for name in RESTS_ON if name in manifest.completeness and _is_short(manifest, name)]
    if short:
        return f"{', '.join(short)} of the published night {'is' if len(short) == 1 else 'are'} not complete"
    if now - last_success(manifest) > A_NIGHT or is_overdue(last_success(manifest), policy, now):
        return f"the last night is of {manifest.as_of_utc:%Y-%m-%d %H:%M} UTC, and the one after it has not come"
    return None


def is_overdue(since: datetime, policy: Policy, now: datetime) -> bool:
    """Whether no night has succeeded for the policy's hours, where the last did at `since`."""
    return now - since > timedelta(hours=policy.teams.dead_man_hours)


def last_success(manifest: Manifest) -> datetime:
    """As of when the published figures are: of a stale night, the moment up to which the stalest entity was known."""
    return min([manifest.as_of_utc, *(source.since_utc for source in manifest.stale)])


def _is_short(manifest: Manifest, name: str) -> bool:
    source = manifest.completeness[name]
    return source.is_stale or source.state not in {"complete", NOT_PERMITTED}

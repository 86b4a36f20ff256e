"""What HaloPSA shows now of some opportunities: their status, the policy's fields, and the notes on them.

What an answer means is governance's; what is published is the night's. The one thing to know: it is bounded and only reads. Handoffs beyond
the bound have their turn in the next round, and one that cannot be read is left out, so nothing is written on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from handoff_pipeline.channels.halo_writes import seen_in
from handoff_pipeline.clock import Clock
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.governance.acknowledging import NoteRow, ValueRow
from handoff_pipeline.governance.remediation_rows import NOBODY, RecordRow
from handoff_pipeline.halo.client import HaloClient, connected
from handoff_pipeline.halo.entities import ENTITIES
from handoff_pipeline.halo.envelope import Row, moment_of, whole_number
from handoff_pipeline.halo.errors import AuthenticationError, BudgetSpent, HaloError, RateLimited
from handoff_pipeline.halo.kinds import KINDS
from handoff_pipeline.halo.outcome import record_in
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.people import folded
from handoff_pipeline.settings import Settings

MOST: Final = 60
"""Handoffs read in one run: two requests each, well below what HaloPSA allows in five minutes."""
NOTES: Final = 500
"""Notes asked for per handoff; HaloPSA gives the newest first."""


@dataclass
class Reading:
    """What was read. `troubles` say in words what could not be; `is_cut_short` where HaloPSA itself could not be read on."""

    records: list[RecordRow] = field(default_factory=list)
    notes: list[NoteRow] = field(default_factory=list)
    values: list[ValueRow] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    is_cut_short: bool = False


def turn(handoff_ids: Sequence[int], now: datetime, every: timedelta, most: int = MOST) -> list[int]:
    """The handoffs whose turn it is: all of them, or `most` of them in a round that goes on as often as something is decided."""
    ids = sorted(set(handoff_ids))
    if len(ids) <= most:
        return ids
    first = int(now.timestamp() // every.total_seconds()) * most % len(ids)
    return sorted((ids * 2)[first : first + most])


async def read_handoffs(settings: Settings, policy: Policy, clock: Clock, known: Mapping[int, RecordRow], ids: Sequence[int]) -> Reading:
    """Read these handoffs; `known` is what is published of them. What HaloPSA does not let us read is a trouble and no error."""
    reading = Reading()
    if not ids:
        return reading
    try:
        async with connected(settings, clock) as client:
            statuses = await _statuses(client)
            for handoff_id in ids:
                await _read_one(reading, client, policy, clock, statuses, handoff_id, known.get(handoff_id))
    except HandoffError as trouble:
        reading.troubles.append(f"HaloPSA could not be read: {trouble}")
        reading.is_cut_short = True
    return reading


async def _statuses(client: HaloClient) -> dict[int, str]:
    entity = ENTITIES["status"]
    _, rows = await client.rows(entity, entity.parameters)
    return {number: str(row.get("name") or "") for row in rows.rows if (number := whole_number(row.get("id"))) is not None}


async def _read_one(
    reading: Reading, client: HaloClient, policy: Policy, clock: Clock, statuses: Mapping[int, str], handoff_id: int,
    known: RecordRow | None,
) -> None:  # fmt: skip
    what, seen_at = KINDS["opportunity"], clock.now()
    path, parameters = what.where((handoff_id,))
    try:
        row = record_in((await client.get(what.entity, path, parameters, what.path + "/{id}")).document, what, (handoff_id,))
        notes = (await client.rows(ENTITIES["action"], {"ticket_id": handoff_id, "count": NOTES}))[1].rows
    except (AuthenticationError, RateLimited, BudgetSpent):
        raise
    except HaloError as trouble:
        reading.troubles.append(f"handoff {handoff_id}: {trouble.message}")
        return
    if known is not None:
        reading.records.append(record_of(row, known, policy, statuses, seen_at))
    reading.notes += [note for each in notes if (note := note_of(handoff_id, each)) is not None]
    reading.values += values_of(row, handoff_id, policy, statuses, seen_at)


def record_of(row: Row, known: RecordRow, policy: Policy, statuses: Mapping[int, str], seen_at: datetime) -> RecordRow:
    """What is published of an opportunity, with its status and the product's own fields as HaloPSA shows them now."""
    named = policy.write_back.fields.named.values()
    blocking = policy.write_back.blocking_status
    wanted = None if blocking is None else folded(blocking)
    return replace(
        known,
        seen_at=seen_at,
        status_id=whole_number(row.get("status_id")) or 0,
        fields_seen={name: _text(value) for name, value in seen_in(row, dict.fromkeys(named)).items()},
        blocking_status_id=next((number for number, name in statuses.items() if folded(name) == wanted), None),
    )


def note_of(handoff_id: int, row: Row) -> NoteRow | None:
    """An action of the ticket as a note; None for one without a text, an id or a moment."""
    action_id, text, at = whole_number(row.get("id")), _text(row.get("note")), moment_of(_text(row.get("datetime")))
    if action_id is None or at is None or not text.strip():
        return None
    return NoteRow(handoff_id, action_id, whole_number(row.get("who_agentid")) or NOBODY, at, text)


def values_of(row: Row, handoff_id: int, policy: Policy, statuses: Mapping[int, str], seen_at: datetime) -> list[ValueRow]:
    """The ticket's status and the two fields in which people may answer."""
    status = statuses.get(whole_number(row.get("status_id")) or 0, "")
    names = [name for name in (policy.remediation.acknowledge.field, policy.remediation.appeal.field) if name is not None]
    fields: Mapping[str, Any] = seen_in(row, dict.fromkeys(names))
    return [
        ValueRow(handoff_id, "status", "status", status, seen_at),
        *(ValueRow(handoff_id, "field", name, _text(value), seen_at) for name, value in fields.items()),
    ]


def _text(value: object) -> str:
    return "" if value is None else str(value)

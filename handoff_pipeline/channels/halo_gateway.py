"""HaloPSA as a far side: notes, fields, statuses and approvals of the outbox, written by the writer and looked up by marker or by reading.

What may be written, and when, is decided elsewhere; how a record is posted and read back is the writer's. The one thing to know: a marker
in a text proves little alone, since a text may be copied, so what carries it is compared with what would have been sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import httpx
import orjson

from handoff_pipeline.channels.gateway import Found, PlannedRequest, Sent, Unfit
from handoff_pipeline.channels.halo_writes import HaloForms, Write, is_held, seen_in, write_of
from handoff_pipeline.channels.held_fields import CUSTOM_FIELDS, HeldFields, addressed, unaddressed
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.halo.envelope import Key, Row, changed_at
from handoff_pipeline.halo.errors import (
    AuthenticationError,
    BudgetSpent,
    HaloError,
    NotOffered,
    PermissionMissing,
    RateLimited,
    ServerFault,
    Unsearchable,
    WriteIgnored,
    WriteRefused,
    WriteUncertain,
)
from handoff_pipeline.halo.origin import tenant_url
from handoff_pipeline.halo.planning import planned
from handoff_pipeline.halo.redact import Redactor
from handoff_pipeline.halo.verify import not_taken
from handoff_pipeline.halo.writer import HaloWriter
from handoff_pipeline.ledger.records_action import Intent

NAME: Final = "halopsa"
OURS: Final = frozenset({"ticket_id", "agent_id", "note"})
"""What is compared of a record that was found by its marker: where it stands, whom it asks, and its words."""
IN_DOUBT: Final = frozenset({"claimed", "uncertain"})
"""States of an intent whose write may have been made."""
NOTHING_WRITTEN: Final = (PermissionMissing, AuthenticationError, RateLimited, BudgetSpent, ServerFault)
"""Errors of the writer that promise it."""


class HaloPlanner:
    """Says what would be posted to the tenant at `url`; connects to nothing and needs no credential."""

    def __init__(self, url: str | None, forms: HaloForms, redactor: Redactor | None = None) -> None:
        self._base: httpx.URL = tenant_url(url)
        self._forms, self._redactor = forms, redactor or Redactor()

    def plan(self, intent: Intent) -> PlannedRequest:
        """The one POST that the intent is, custom fields by name: their ids, and what goes with them, are read when it is sent.

        Raises:
            HandoffError: it cannot be written so.
        """
        write = write_of(intent, self._forms)
        return planned(self._base, self._redactor, write.kind, write.fields, write.marker)


class HaloGateway:
    """The writer, as delivery asks for it. Implements `gateway.Gateway`."""

    def __init__(self, writer: HaloWriter, forms: HaloForms, held: HeldFields | None = None) -> None:
        """Take the writer, the tenant's forms, and where what other custom fields hold is kept while ours are written."""
        self._writer, self._forms, self._held = writer, forms, held or HeldFields()
        self._field_ids: Mapping[str, int] | None = None

    @property
    def name(self) -> str:
        """The target's name."""
        return NAME

    @property
    def is_readable(self) -> bool:
        """Everything that is written here can be read."""
        return True

    def plan(self, intent: Intent) -> PlannedRequest:
        """The one POST that the intent is; see `HaloPlanner`."""
        write = write_of(intent, self._forms)
        return self._writer.plan(write.kind, write.fields, marker=write.marker)

    async def precondition(self, intent: Intent) -> Mapping[str, Any] | None:
        """The ticket's present values of the fields that were seen at proposal."""
        write = write_of(intent, self._forms)
        row = await self._writer.look(write.ticket_kind, (write.ticket_id,))
        return None if row is None else seen_in(row, orjson.loads(intent.precondition))

    async def look(self, intent: Intent) -> Found:
        """Whether the effect is there: a new record by its marker, a change of the ticket by the ticket."""
        write = write_of(intent, self._forms)
        if write.marker is None:
            return await self._look_at_ticket(intent, write)
        try:
            keys = await self._writer.find_by_marker(write.kind, write.marker, intent.proposed_at, write.ticket_id)
        except Unsearchable as blind:
            # What cannot be looked up is not written, and is the same at the next run.
            raise Unfit(blind.message, blind.fix) from None
        if not keys:
            return Found("absent")
        # An answer that quotes a note carries its marker too.
        ours = [key for key in keys if await self._is_ours(write, key)]
        if len(ours) != 1:
            what = f"{len(ours)} records hold its very text" if ours else "a record with its marker holds another text, or cannot be read"
            return Found("different", _ref((ours or keys)[0]), detail=what)
        behind = await self._ticket_lacks(write)
        return Found("different" if behind else "present", _ref(ours[0]), detail=behind)

    async def _look_at_ticket(self, intent: Intent, write: Write) -> Found:
        reference = str(write.ticket_id)
        row = await self._writer.look(write.ticket_kind, (write.ticket_id,))
        if row is None:
            return Found("different", reference, detail="the ticket is gone, or hidden from the writer")
        is_there = all(is_held(row, name, value) for name, value in write.wanted.items())
        # A run that died, or got no answer, left what other fields held.
        if loss := self._loss_of(intent, row, is_over=is_there or intent.state not in IN_DOUBT):
            return Found("different", reference, detail=loss)
        if is_there:
            return Found("present", reference)
        if intent.state in IN_DOUBT and (changed := changed_at(row)) is not None and intent.claimed_at and changed > intent.claimed_at:
            # It may have been written and taken back by a person, whom a second write would overrule.
            return Found("different", reference, detail="it is as before, and was changed after the write was begun: nobody knows by whom")
        before = orjson.loads(intent.precondition)
        return Found("absent", reference, precondition=seen_in(row, before) if before else None)

    async def _is_ours(self, write: Write, key: Key) -> bool:
        """Whether a record that carries the marker is the one that would have been sent, and not another text with the marker in it."""
        row = await self._writer.look(write.kind, key)
        sent = write.marker.on(write.fields) if write.marker else write.fields
        return row is not None and not not_taken({name: value for name, value in sent.items() if name in OURS}, row)

    async def _ticket_lacks(self, write: Write) -> str | None:
        """What the ticket does not show of what a new record was to change on it; None where nothing is wanting."""
        if not write.wanted:
            return None
        row = await self._writer.look(write.ticket_kind, (write.ticket_id,)) or {}
        lacking = [name for name, value in write.wanted.items() if not is_held(row, name, value)]
        return f"the record is there, and the ticket did not take {', '.join(lacking)}" if lacking else None

    async def send(self, intent: Intent) -> Sent:
        """One POST, once, read back."""
        try:
            write = write_of(intent, self._forms)
        except HandoffError as unfit:
            return Sent("failed", None, unfit.message)
        if CUSTOM_FIELDS in write.fields:
            return await self._send_fields(intent, write)
        sent = await self._posted(write)
        if sent.outcome != "confirmed":
            return sent
        try:
            behind = await self._ticket_lacks(write)
        except HaloError as trouble:
            return Sent("uncertain", sent.far_ref, f"the record is there; the ticket could not be read: {trouble.message}")
        # A reading may lag behind a write, so a later look tells whether it did.
        return sent if behind is None else Sent("uncertain", sent.far_ref, behind)

    async def _send_fields(self, intent: Intent, write: Write) -> Sent:
        """Custom fields: what the others hold is kept before the POST and compared after it.

        Raises:
            HandoffError: others were lost, and the writes could not be stopped.
        """
        whole = await self._begun(intent, write)
        if isinstance(whole, Sent):
            return whole
        sent = await self._posted(whole)
        if sent.outcome == "retry":
            self._held.forget(intent.intent_id)
            return sent
        try:
            after = await self._writer.look(write.ticket_kind, (write.ticket_id,))
        except HaloError as trouble:
            return Sent("uncertain", sent.far_ref, f"other custom fields could not be compared: {trouble.message}")
        if after is None:
            return Sent("uncertain", sent.far_ref, "the ticket is gone, or hidden from the writer, since the write was begun")
        loss = self._loss_of(intent, after, is_over=sent.outcome != "uncertain")
        return sent if loss is None else Sent("failed", sent.far_ref, loss)

    async def _begun(self, intent: Intent, write: Write) -> Write | Sent:
        """The write as it goes out, with the others' values kept; or why nothing is sent."""
        if self._held.loss is not None:
            return Sent("retry", None, f"not sent: {self._held.loss}")
        try:
            row = await self._writer.look(write.ticket_kind, (write.ticket_id,))
            if row is None:
                return Sent("failed", None, "the ticket is gone, or hidden from the writer; nothing was sent")
            whole = addressed(write, row, await self._ids(write, row), sends_all=self._forms.sends_all_fields)
            self._held.keep(intent.intent_id, write, row)
        except Unfit as unfit:
            return Sent("failed", None, unfit.message)
        except HandoffError as trouble:
            return Sent("retry", None, trouble.message)
        return whole

    async def _ids(self, write: Write, row: Row) -> Mapping[str, int]:
        """Ids of our fields that the ticket does not show, asked once; without the right to, names alone are sent."""
        if self._field_ids is None and unaddressed(write, row):
            try:
                self._field_ids = await self._writer.custom_field_ids()
            except (PermissionMissing, NotOffered):
                self._field_ids = {}
        return self._field_ids or {}

    def _loss_of(self, intent: Intent, row: Row, *, is_over: bool) -> str | None:
        return self._held.loss_of(intent.intent_id, row, is_exact=self._forms.sends_all_fields, is_over=is_over)

    async def _posted(self, write: Write) -> Sent:
        """The writer's answer or error as delivery knows them."""
        try:
            written = await self._writer.upsert(write.kind, write.fields, marker=write.marker)
        except WriteUncertain as unknown:
            return Sent("uncertain", _ref(unknown.key), unknown.message)
        except (WriteIgnored, WriteRefused) as refused:
            return Sent("failed", _ref(refused.key), refused.message)
        except NOTHING_WRITTEN as trouble:
            return Sent("retry", None, trouble.message)
        except HaloError as trouble:
            return Sent("uncertain", None, trouble.message)
        return Sent("confirmed", _ref(written.key))


def _ref(key: Key | None) -> str | None:
    """A record's key as the ledger keeps it: "ticket/number", or the id alone."""
    return None if key is None else "/".join(str(part) for part in key)

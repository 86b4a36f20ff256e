"""Writes to HaloPSA: one object per POST, sent once, its answer understood, the fields that were set read back.

When to write, and who has agreed to it, is decided elsewhere. The one thing to know: HaloPSA has no idempotency key, and a create is the
same POST as an update, so after a fault or silence nothing is sent again: `WriteUncertain` says how to look it up. The writer has a
credential of its own; note that HaloPSA's `edit:` scopes include reading.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx
from pydantic import SecretStr

from handoff_pipeline.clock import Clock
from handoff_pipeline.halo.auth import TokenSource
from handoff_pipeline.halo.caller import Caller, Exchange
from handoff_pipeline.halo.client import HaloClient
from handoff_pipeline.halo.credential import writer as writer_credential
from handoff_pipeline.halo.entities import ENTITIES
from handoff_pipeline.halo.envelope import Key, Row, whole_number
from handoff_pipeline.halo.errors import HaloError, NotOffered, ProtocolError, WriteIgnored, WriteUncertain
from handoff_pipeline.halo.kinds import KINDS, Kind, body_of, checked
from handoff_pipeline.halo.markers import Marker, find
from handoff_pipeline.halo.milestones import write_milestones
from handoff_pipeline.halo.origin import below, tenant_url
from handoff_pipeline.halo.outcome import judged, key_written, record_in, uncertain
from handoff_pipeline.halo.planning import planned
from handoff_pipeline.halo.redact import Redactor
from handoff_pipeline.halo.throttle import Throttle
from handoff_pipeline.halo.transport import Answer, Parameters, Unreachable
from handoff_pipeline.halo.verify import is_comparable, not_taken
from handoff_pipeline.halo.writing import WritingTransport
from handoff_pipeline.halo.written import PlannedRequest, Reply, Written
from handoff_pipeline.settings import Settings

LAG_SECONDS = (1.0, 4.0)
"""Pauses before a reading that does not show what was written is believed (a guess: no source tells of a lag, or of none)."""
PAGES_OF_FIELDS = 20
"""Pages of the tenant's custom fields that are read at most."""


class HaloWriter:
    """One run's writer to one tenant. Make it with `writing`."""

    def __init__(self, transport: WritingTransport, caller: Caller, tokens: TokenSource, clock: Clock, base: httpx.URL) -> None:
        self._transport = transport
        self._caller = caller
        self._tokens = tokens
        self._clock = clock
        self._base = base
        self._reader = HaloClient(transport, caller, tokens, clock, base)
        self._milestones_lock = asyncio.Lock()

    @property
    def granted(self) -> frozenset[str] | None:
        """The scopes that HaloPSA says the credential has; None where it does not say."""
        return self._tokens.granted

    def plan(self, kind: str, fields: Mapping[str, Any], *, marker: Marker | None = None) -> PlannedRequest:
        """The request that `upsert` would send, to the letter but for masked secrets. Nothing is sent.

        Raises:
            WriteRefused: as `upsert`.
        """
        return planned(self._base, self._caller.redactor, kind, fields, marker)

    async def upsert(self, kind: str, fields: Mapping[str, Any], *, verify: bool = True, marker: Marker | None = None) -> Written:
        """Creates a record, or changes the fields given of the one whose key is among them.

        Args:
            kind: One of `kinds.KINDS`.
            fields: HaloPSA's field names -> values. With the key an update, without it a create. Moments are aware, dates are dates.
            verify: Read the record back and compare the fields that were set.
            marker: Put on a new record so that `find_by_marker` can answer later whether it exists.

        Raises:
            WriteRefused: nothing was written; refused here, or by HaloPSA in its own words.
            WriteUncertain: it may have been written (WriteWarned: HaloPSA answered with a warning or a question).
            WriteIgnored: HaloPSA said yes, and the fields named do not hold what was sent.
            PermissionMissing, AuthenticationError, RateLimited, BudgetSpent, ServerFault: nothing was written.
        """
        what, record, key = checked(kind, marker.on(fields) if marker else fields)
        reply = await self.send(what, record, key)
        written = key_written(what, record, key, reply)
        sent = {name: value for name, value in record.items() if name not in what.key}
        row, lost = await self._read_back(what, written, sent) if verify else (reply.row, ())
        if lost:
            raise WriteIgnored(
                f"HaloPSA accepted {kind} {written} and did not take {', '.join(lost)}.",
                "Set these fields in HaloPSA itself, or give the writer's user the right to; some fields cannot be written by the API.",
                kind=kind,
                key=written,
                fields=lost,
            )
        blind = tuple(name for name in sent if not is_comparable(name))
        return Written(kind, written, key is None, tuple(sent), verify, blind, row)

    async def _read_back(self, what: Kind, key: Key, sent: Mapping[str, Any]) -> tuple[Row, tuple[str, ...]]:
        """The record, and the fields that do not hold what was sent, after a few looks: a reading may lag behind a write."""
        row = await self.read(what, key)
        for seconds in LAG_SECONDS:
            if not not_taken(sent, row):
                break
            await self._clock.sleep(seconds)
            row = await self.read(what, key)
        return row, not_taken(sent, row)

    async def write_milestones(self, project_id: int, changes: Sequence[Mapping[str, Any]], seen: Sequence[Row] | None = None) -> Written:
        """Adds to and changes a project's milestones and keeps every other row; see `milestones.write_milestones`."""
        async with self._milestones_lock:
            return await write_milestones(self, project_id, changes, seen)

    async def find_by_marker(self, kind: str, marker: Marker, since: datetime, ticket_id: int | None = None) -> tuple[Key, ...]:
        """Keys of the records that carry the marker, among those changed since then; see `markers.find`."""
        return await find(self._reader, kind, marker, since, ticket_id)

    async def look(self, kind: str, key: Key) -> Row | None:
        """The record as HaloPSA shows it now, before anything is written; None where there is none, or none that the writer may see.

        Raises:
            As `HaloClient.get`. ProtocolError also: the answer holds another record.
        """
        what = KINDS[kind]
        path, parameters = what.where(key)
        try:
            page = await self._reader.get(what.entity, path, parameters, what.path + "/{id}")
        except NotOffered:
            return None
        try:
            return record_in(page.document, what, key)
        except WriteUncertain:
            if what.name == "approval":  # read from its ticket's list, where one that is missing is missing
                return None
            raise ProtocolError(f"GET /api{path} shows another record than {kind} {key}.", "Report it with HaloPSA's version.") from None

    async def custom_field_ids(self) -> dict[str, int]:
        """Name -> id of the tenant's custom fields of tickets, as its configuration lists them.

        Raises:
            As `HaloClient.get`.
        """
        entity = ENTITIES["field_info"]
        found: dict[str, int] = {}
        for number in range(1, PAGES_OF_FIELDS + 1):
            paging: Parameters = {**entity.parameters, "pageinate": "true", "page_no": number, "page_size": 100}
            _, rows = await self._reader.rows(entity, paging)
            shown = {str(row["name"]): key for row in rows.rows if row.get("name") and (key := whole_number(row.get("id")) or 0) > 0}
            if shown.keys() <= found.keys():  # the end, or a list that does not page
                break
            found |= shown
        return found

    async def send(self, what: Kind, record: Mapping[str, Any], key: Key | None) -> Reply:
        """Posts one record once. For this package: `upsert` and `write_milestones` look at what came of it.

        Raises:
            WriteRefused, WriteUncertain, PermissionMissing and what `Caller.send_once` raises.
        """
        url, body = below(self._base, "/api" + what.path), body_of(record)

        async def post(token: SecretStr) -> Answer:
            return await self._transport.post(url, body, token)

        async def once(exchange: Exchange) -> Answer:
            return await self._caller.send_once(exchange, what.entity.name, f"POST {what.path}")

        await self._tokens.token()  # before the try: a fault of the authority leaves nothing uncertain
        try:
            answer = await self._tokens.authorised(post, once, what.path)
        except Unreachable as silence:
            said = str(silence)
        except ProtocolError as trouble:
            said = trouble.message
        else:
            return judged(answer, what, key, self._caller.redactor)
        # Raised out here, so that the chain does not carry what the wire said uncleaned.
        raise uncertain(what, key, self._caller.redactor.clean(said))

    async def read(self, what: Kind, key: Key) -> Row:
        """The record as HaloPSA shows it now.

        Raises:
            WriteUncertain: it cannot be read back, or another one comes.
        """
        path, parameters = what.where(key)
        try:
            page = await self._reader.get(what.entity, path, parameters, what.path + "/{id}")
        except HaloError as trouble:
            raise WriteUncertain(
                f"HaloPSA accepted {what.name} {key}, and it could not be read back: {trouble.message}",
                f"Look at GET /api{path}; do not send it again before.",
                kind=what.name,
                key=key,
            ) from None
        return record_in(page.document, what, key)


@asynccontextmanager
async def writing(
    settings: Settings, clock: Clock, inner: httpx.AsyncBaseTransport | None = None, dice: random.Random | None = None
) -> AsyncIterator[HaloWriter]:
    """A writer with its first token, closed at the end. `inner` replaces the network, `dice` the jitter's source.

    Raises:
        SettingsError: no credential of its own, or one with a broad scope. AuthenticationError: HaloPSA refuses it.
    """
    base = tenant_url(settings.halo_url)
    credential = writer_credential(settings)
    # One request at a time: two creates at once can collide on the next ticket id (H: stellarcyber).
    throttle = Throttle(clock, settings.requests_per_window, settings.window_seconds, 1, budget=settings.request_budget)
    redactor = Redactor()
    if settings.halo_client_secret is not None:
        redactor.learn(settings.halo_client_secret.get_secret_value())
    # Jitter spreads retries; nothing secret is drawn from it.
    caller = Caller(throttle, clock, redactor, dice or random.Random())  # noqa: S311
    async with WritingTransport(base, inner) as transport:
        tokens = TokenSource(transport, caller, clock, base, credential, settings.halo_tenant)
        await tokens.token()
        yield HaloWriter(transport, caller, tokens, clock, base)

"""What `handoff init` and `handoff policy check --live` ask of a tenant: its set-up lists whole, its records as a bounded sample.

What the rows mean is decided in `governance.drafting`. The one thing to know: this is a sample, newest first, and proves nothing about the
rest; only the nightly pull has a completeness rule. A list that is refused is named with the reason, the others are read on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from math import ceil
from typing import Final

import httpx

from handoff_pipeline.clock import Clock
from handoff_pipeline.halo.client import HaloClient, connected
from handoff_pipeline.halo.entities import ENTITIES, Entity
from handoff_pipeline.halo.envelope import Row, whole_number
from handoff_pipeline.halo.errors import AuthenticationError, HaloError, PermissionMissing, ProtocolError
from handoff_pipeline.halo.sample import ITIL_CHANGE, PAGE_ROWS, SAMPLED, SET_UP, Discovery, Sample
from handoff_pipeline.halo.source import Progress, no_progress
from handoff_pipeline.settings import Settings

WORK_DAYS: Final = 28
"""Time entries of the last four weeks tell who delivers."""
QUOTATION_STATUSES: Final = "39"
OPTIONS: Final = {"field_info": {"includevalues": "true"}}
"""A single select's options are not promised to come otherwise (specification)."""
NEEDED: Final = frozenset({"ticket_type", "status", "field_info"})
"""Without these nothing can be drafted or checked."""

_INSTANCE = Entity("instance", "/InstanceInfo", "the instance's version", "bare", key=())


def discover(
    settings: Settings,
    clock: Clock,
    sample: Sample,
    progress: Progress = no_progress,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Discovery:
    """Reads a tenant's set-up and a sample of its records; at most `sample.requests_at_most` requests where none is repeated.

    Raises:
        AuthenticationError: the credentials are refused. HaloError: ticket types, statuses or custom fields cannot be read.
        SettingsError: address or credentials are not set.
    """
    return asyncio.run(_discover(settings, clock, sample, progress, transport))


async def _discover(
    settings: Settings, clock: Clock, sample: Sample, progress: Progress, transport: httpx.AsyncBaseTransport | None
) -> Discovery:
    async with connected(settings, clock, transport) as client:
        reader = Reader(client, sample, progress)
        await reader.read()
        return reader.found()


class Reader:
    """One reading of one tenant, list after list: a progress bar that jumps between eight lists tells nobody anything."""

    def __init__(self, client: HaloClient, sample: Sample, progress: Progress = no_progress) -> None:
        self._client = client
        self._sample = sample
        self._progress = progress
        self.lists: dict[str, list[Row]] = {}
        self.refused: dict[str, str] = {}

    def found(self) -> Discovery:
        """What has been read so far."""
        lists = {name: tuple(rows) for name, rows in self.lists.items()}
        return Discovery(lists, dict(self.refused), sum(self._client.counts.values()), self._client.granted)

    async def read(self) -> None:
        """Reads everything."""
        await self.set_up()
        await self._list(ENTITIES["lookup"], "quotation_status", {"lookupid": QUOTATION_STATUSES})
        await self.instance()
        for name in ("site", "milestone"):
            await self._list(ENTITIES[name], parameters=paging(1, PAGE_ROWS))
        for name in SAMPLED:
            await self._newest(ENTITIES[name])
            self._show(name)
        await self._work()
        self._show("action")
        await self._approvals()
        self._show("approval")
        await self._details()

    async def set_up(self) -> None:
        """The set-up lists, whole."""
        for name in SET_UP:
            await self._list(ENTITIES[name], parameters=OPTIONS.get(name))
            self._show(name)

    async def _list(self, entity: Entity, name: str = "", parameters: Mapping[str, str | int] | None = None) -> None:
        """One request of a list; added to what is known under `name`."""
        name = name or entity.name
        try:
            _, found = await self._client.rows(entity, {**entity.parameters, **(parameters or {})})
        except AuthenticationError:
            raise
        except HaloError as error:
            if name in NEEDED:
                raise
            self.refused[name] = error.message
            return
        self.lists.setdefault(name, []).extend(found.rows)

    async def instance(self) -> None:
        """HaloPSA's own version, where it tells (an endpoint of the public reference that not every role may ask)."""
        try:
            page = await self._client.get(_INSTANCE, _INSTANCE.path, {})
        except (PermissionMissing, ProtocolError) as error:
            self.refused["instance"] = error.message
            return
        if isinstance(page.document, dict):
            self.lists["instance"] = [page.document]
        self._show("instance")

    async def _newest(self, entity: Entity) -> None:
        """The newest records of a list that pages. A server that repeats a page has no more to give (H: TopLeft)."""
        parameters: dict[str, str | int] = {}
        if entity.name == "change_request":
            types = ids_where(self.lists["ticket_type"], "itilrequesttype", ITIL_CHANGE)
            if not types:
                self.refused[entity.name] = "no ticket type has ITIL type 2 (change request)"
                return
            parameters["requesttype"] = ",".join(map(str, types))
        if entity.is_ticket:
            fields = [number for row in self.lists["field_info"] if (number := whole_number(row.get("id"))) is not None]
            # H: a list carries no custom fields unless their ids are named (TopLeft).
            parameters["include_custom_fields"] = ",".join(map(str, fields))
        for number in range(1, ceil(self._sample.rows / PAGE_ROWS) + 1):
            before = list(self.lists.get(entity.name, ()))
            await self._list(entity, parameters={**parameters, **paging(number, min(PAGE_ROWS, self._sample.rows))})
            fresh = self.lists.get(entity.name, [])[len(before) :]
            self._progress(entity.name, len(before) + len(fresh), None)
            if before and fresh and fresh[0].get("id") == before[0].get("id"):
                self.lists[entity.name] = before
                return
            if entity.name in self.refused or len(fresh) < PAGE_ROWS:
                return

    async def _work(self) -> None:
        """Time entries of the last weeks, as many as the sample holds."""
        until = self._client.server_time()
        window: dict[str, str | int] = {
            "timeentriesonly": "true",
            "startdate": f"{until - timedelta(days=WORK_DAYS):%Y-%m-%dT%H:%M:%S}",
            "enddate": f"{until:%Y-%m-%dT%H:%M:%S}",
            "count": self._sample.rows,
        }
        await self._list(ENTITIES["action"], parameters=window)

    async def _approvals(self) -> None:
        """The approval list; asked per project where the tenant gives no whole list (nobody confirms in public that it does)."""
        await self._list(ENTITIES["approval"])
        if self.lists.get("approval"):
            return
        for row in self.lists.get("project", [])[: self._sample.singles]:
            if whole_number(row.get("id")) is not None:
                await self._list(ENTITIES["approval"], parameters={"ticket_id": int(row["id"])})

    async def _details(self) -> None:
        """Some change requests one by one: only so HaloPSA says what they are related to and were created from (reference 2.3)."""
        entity = replace(ENTITIES["change_request"], name="detail")
        for row in self.lists.get("change_request", [])[: self._sample.singles]:
            number = whole_number(row.get("id"))
            if number is None:
                continue
            try:
                page = await self._client.get(entity, f"/Tickets/{number}", {"includedetails": "true"}, "/Tickets/{id}")
            except (PermissionMissing, ProtocolError) as error:
                self.refused["detail"] = error.message
                return
            if isinstance(page.document, dict):
                self.lists.setdefault("detail", []).append(page.document)
                self._progress("detail", len(self.lists["detail"]), None)
        if self._sample.singles:
            self._show("detail")

    def _show(self, name: str) -> None:
        """Tell how many rows there are; a list is done when it is told."""
        count = len(self.lists.get(name, ()))
        self._progress(name, count, count)


def ids_where(rows: list[Row], field: str, value: int) -> list[int]:
    """Ids of the rows whose `field` is `value`."""
    return [number for row in rows if whole_number(row.get(field)) == value and (number := whole_number(row.get("id"))) is not None]


def paging(number: int, size: int) -> dict[str, str | int]:
    """Newest first. `page_no` is always sent: without it the server gives 50 rows and calls them all (H: conduit)."""
    return {"pageinate": "true", "page_no": number, "page_size": size, "order": "id", "orderdesc": "true"}

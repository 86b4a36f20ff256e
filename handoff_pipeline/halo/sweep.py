"""The sweep of ids: which records HaloPSA shows now, so that absent ones are noticed and unseen ones read.

What an absent record means is decided at landing. The one thing to know: an incremental list never tells that a record is gone, nor that an
old one has become visible or has changed its ticket type; two requests tell it for a whole list, where HaloPSA gives the ids by themselves.
Costs: one request for the ids, one for the number that they are checked against, one per hundred records that turn out to be unread.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import orjson

from handoff_pipeline.halo.book import Book
from handoff_pipeline.halo.configuration import batches, csv
from handoff_pipeline.halo.envelope import whole_number
from handoff_pipeline.halo.errors import BudgetSpent, IncompletePull, NotOffered, PermissionMissing, ProtocolError, ServerFault
from handoff_pipeline.halo.inbox import PRESENT
from handoff_pipeline.halo.source import LARGEST_PAGE, Source
from handoff_pipeline.halo.together import in_lanes
from handoff_pipeline.halo.transport import Parameters

SWEEPS = 3
"""Ids that vanish between the sweep and their reading are swept again, twice at most."""
EVERYTHING = 1_000_000
"""The `count` of an id list. 100000 worked for clients and users (reference 2.2); whether a larger one does shows in the check."""
ID_LISTS = ("ticket_ids", "ids")
"""Names under which ids may come instead of rows (H: `ticket_ids`, Faults_View of the newest specification)."""


@dataclass
class Sweeper:
    """The sweep of one entity in one run. `parameters` are those of its list without a cursor; `book` counts what has been read of it."""

    source: Source
    parameters: Parameters
    book: Book
    reread: int = 0
    """Records read by their ids."""

    @property
    def note(self) -> str | None:
        """What a person should know."""
        return f"{self.reread} records read by their ids" if self.reread else None

    async def sweep(self, known: frozenset[int]) -> frozenset[int] | None:
        """Every id that HaloPSA shows, after those that are not known or are doubted have been read; None where ids do not come alone.

        Raises:
            IncompletePull: ids are shown and cannot be read, on every sweep.
        """
        doubtful = self.source.plan.doubtful_ids.get(self.source.entity.name, frozenset())
        unread: set[int] = set()
        for _ in range(SWEEPS):
            present = await self._all_ids()
            if present is None:
                return None
            unread = {number for number in present if number not in self.book.keys and (number not in known or number in doubtful)}
            if not unread:
                return present
            if not self.source.entity.is_ticket and len(unread) > ceil(len(present) / LARGEST_PAGE):
                return None  # one by one they would cost more than the whole list
            await self._read(sorted(unread))
            unread = {number for number in unread if number not in self.book.keys}
            if not unread:
                return present
        raise IncompletePull(
            f"{self.source.entity.path}: {len(unread)} records are shown and cannot be read, ids {csv(sorted(unread)[:5])}.",
            "See these records in HaloPSA; if they are there, the API user may be barred from reading them.",
        )

    async def find_missed(self, filtered: Parameters) -> bool:
        """Reads what the list shows now and the reading missed, because rows shifted. For lists of more than one page that moved.

        False where the ids do not come alone, so that nothing can be said.

        Raises:
            IncompletePull: a missed record cannot be read.
        """
        ids = await self._ids(filtered)
        if ids is None or len(ids) < (self.book.totals[-1] if self.book.is_counted else len(self.book.keys)):
            return False
        missed = sorted(number for number in ids if number not in self.book.keys)
        if missed:
            await self._read(missed)
        lost = {number for number in missed if number not in self.book.keys}
        if lost and lost & (await self._ids(filtered) or lost):
            raise IncompletePull(
                f"{self.source.entity.path}: rows shifted during the read, and ids {csv(sorted(lost)[:5])} cannot be read.", "Run again."
            )
        return True

    async def listed_deleted(self, gone: Iterable[int], living: int | None) -> tuple[frozenset[int], str | None]:
        """Those of `gone` that HaloPSA itself lists as deleted, and what a person should know.

        A living id is asked for along with them: if it comes, `deleted` is not honoured and proves nothing (H: parameters that HaloPSA does
        not know are ignored, panoramicdata). Only tickets have such a list; a proof that cannot be had is no failure.
        """
        if not self.source.entity.is_ticket:
            return frozenset(), None
        proven: set[int] = set()
        for batch in batches(sorted(gone), LARGEST_PAGE - 1):
            wanted = [*batch, *([] if living is None else [living])]
            paging: dict[str, str | int] = {"pageinate": "true", "page_no": 1, "page_size": LARGEST_PAGE}
            try:
                _, rows = await self.source.client.rows(
                    self.source.entity, {**self._bare(self.parameters), **paging, "deleted": "true", "ticketids": csv(wanted)}
                )
            except (BudgetSpent, PermissionMissing, ProtocolError, ServerFault) as error:
                return frozenset(), f"deleted records cannot be listed ({error.message})"
            came = {number for row in rows.rows if (number := whole_number(row.get("id"))) is not None}
            if living in came:
                return frozenset(), "deleted=true is not honoured, so no absence is proven a deletion"
            proven |= came & set(batch)
        return frozenset(proven), None

    def write(self, present: frozenset[int]) -> Path:
        """Writes the ids that are present into the inbox."""
        return self.source.inbox.write_aside(PRESENT, orjson.dumps(sorted(present)))

    async def _all_ids(self) -> frozenset[int] | None:
        """Every id of the unfiltered list, as many as a counted page announces; asked twice, because the list may move in between."""
        for _ in range(2):
            ids = await self._ids(self.parameters)
            if ids is None:
                return None
            one: dict[str, str | int] = {"pageinate": "true", "page_no": 1, "page_size": 1, "order": "id", "orderdesc": "false"}
            _, rows = await self.source.client.rows(self.source.entity, {**self._bare(self.parameters), **one})
            if rows.record_count is None:
                return None
            if rows.record_count == len(ids):
                return ids
        return None

    async def _ids(self, parameters: Parameters) -> frozenset[int] | None:
        """The ids of one list in one answer; None where something else comes."""
        alone: dict[str, str | int] = {"idonly": "true", "count": EVERYTHING}
        if self.source.entity.is_ticket:
            alone["ticketidonly"] = "true"
        entity = self.source.entity
        try:
            page = await self.source.client.get(entity, entity.path, {**self._bare(parameters), **alone})
        except ProtocolError:
            # Refused, or the whole rows came and were too many: the list is read page by page instead.
            return None
        return ids_in(page.document, entity.envelope)

    def _bare(self, parameters: Parameters) -> dict[str, str | int]:
        """The parameters that choose rows, without those that add to them."""
        added = {"includeagent", "includestatus", "includetickettype", "include_custom_fields"}
        return {name: value for name, value in parameters.items() if name not in added}

    async def _read(self, wanted: list[int]) -> None:
        """Reads records by their ids into the inbox: a hundred at a time where the list takes ids, else one by one."""
        before = self.book.rows_seen
        if not (self.source.entity.is_ticket and await self._read_listed(wanted)):
            await in_lanes((number for number in wanted if number not in self.book.keys), self._read_one, self.source.settings.concurrency)
        self.reread += self.book.rows_seen - before

    async def _read_listed(self, wanted: list[int]) -> bool:
        """Reads tickets by `ticketids`; False where rows come that nobody asked for, so that the parameter is not honoured."""
        for batch in batches(wanted, LARGEST_PAGE):
            number, size, total = 1, LARGEST_PAGE, len(batch)
            came = 0
            while came < total:
                asked: dict[str, str | int] = {
                    "pageinate": "true",
                    "page_no": number,
                    "page_size": size,
                    "ticketids": csv(batch),
                    "order": "id",
                }
                page, rows = await self.source.client.rows(self.source.entity, {**self.parameters, **asked})
                ids = {whole_number(row.get("id")) for row in rows.rows}
                if not ids <= set(batch):
                    return False
                if not rows.rows:
                    break
                self.book.take(rows.rows)
                self.source.keep(f"reread-{batch[0]:08d}-{number:03d}", page, rows)
                number, size, came = number + 1, len(rows.rows), came + len(rows.rows)
                total = rows.record_count if rows.record_count is not None else came
        return True

    async def _read_one(self, number: int) -> None:
        """Reads one record; one that is gone meanwhile is left to the next sweep."""
        path = self.source.entity.path
        try:
            page = await self.source.client.get(self.source.entity, f"{path}/{number}", {"includedetails": "true"}, f"{path}/{{id}}")
        except NotOffered:
            return
        if isinstance(page.document, dict) and whole_number(page.document.get("id")) == number:
            self.book.take([page.document])
            self.source.inbox.write(f"reread-{number:08d}", page.body, "object")


def ids_in(document: Any, accepted: tuple[str, ...]) -> frozenset[int] | None:
    """The ids in an answer to `idonly`: a list of numbers or of rows, bare or in an envelope; None where there is none."""
    if isinstance(document, dict):
        lists = [document[name] for name in (*accepted, *ID_LISTS) if isinstance(document.get(name), list)]
        if not lists:
            return frozenset() if whole_number(document.get("record_count")) == 0 else None
        document = max(lists, key=len)
    if not isinstance(document, list):
        return None
    ids = [whole_number(item.get("id") if isinstance(item, dict) else item) for item in document]
    return None if None in ids else frozenset(number for number in ids if number is not None)

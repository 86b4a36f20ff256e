"""One read of one paged list: what came, what the server says there is, and whether the list moved under the reading.

How often a list is read is `paging`'s. The one thing to know: counts alone cannot tell a deletion on a page that was read together with a
new row at the end, which loses the row that slid in between. Hence the second and the last page are read right after the first: rows with
larger ids than then were created meanwhile, and the count may have grown by exactly those.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

from handoff_pipeline.halo.balance import IN_PLACE, Unbalanced, refuse_far_beyond
from handoff_pipeline.halo.client import Page
from handoff_pipeline.halo.envelope import Rows, changed_at, keys_of
from handoff_pipeline.halo.errors import ProtocolError
from handoff_pipeline.halo.keyset import compact
from handoff_pipeline.halo.source import Source
from handoff_pipeline.halo.tally import Tally
from handoff_pipeline.halo.together import in_lanes

OnPage = Callable[[str, Page, Rows], None]
SINCE = "lastupdatefromdate"


@dataclass(kw_only=True)
class Book(Tally):
    """One read of one list.

    Attributes:
        totals: The record counts, in the order of their arrival.
        done: Number of every page read -> name of its shape.
        size: Rows of a page, learnt from the first.
        moved: A row was changed after the pull had begun, so the list may have shifted while it was read.
    """

    source: Source
    on_page: OnPage
    parameters: dict[str, str | int]
    prefix: str = ""
    totals: list[int] = field(default_factory=list)
    done: dict[int, str] = field(default_factory=dict)
    size: int = 0
    moved: bool = False
    _lengths: dict[int, int] = field(default_factory=dict)
    _first: bytes = b""
    _rows: int = 0
    _is_ordered: bool = True
    _mark: tuple[int, int] | None = None
    """Record count and largest id when the end of the list was first seen; None for a list of one page."""

    @property
    def is_counted(self) -> bool:
        """Whether the server said how many rows there are."""
        return bool(self.totals)

    @property
    def note(self) -> str | None:
        """What a person should know of a read that balances."""
        return f"{self._twice} rows came twice and are kept once" if self._twice else None

    @property
    def _twice(self) -> int:
        return self.twice_inside + self.twice_across

    @property
    def signature(self) -> tuple[int, int, int] | None:
        """The same for two reads that found the same rows; None where that proves nothing (see `paging.read_list`)."""
        if not self._may_list_twice or not self.totals or self._rows != self.totals[-1]:
            return None
        return self._rows, len(self.keys), self.keys.print()

    @property
    def _may_list_twice(self) -> bool:
        return self.source.settings.listed_twice == "accept"

    @property
    def _accounted(self) -> int:
        return self.rows_seen + (self.twice_inside if self._may_list_twice else 0)

    async def read(self) -> None:
        """Reads every page.

        Raises:
            Unbalanced: what came is not what the server counts. ProtocolError: pages repeat.
        """
        first = await self._page(1)
        self.size = len(first.rows)
        if first.record_count is None:
            if not first.rows:
                await self._read_again(1)
                self.size = self._lengths[1]
            await self._read_on()
            if self._twice and not self._may_list_twice:
                raise Unbalanced(f"the list says no count, and {self._twice} rows came twice: {IN_PLACE}")
            return
        await self.read_rest(first.record_count)
        if self._accounted != self.totals[-1] and self.rows_seen != self.totals[-1]:
            said = f"{self.rows_seen} distinct rows came, {self.totals[-1]} are announced"
            raise Unbalanced(f"{said}; {self._twice} came twice: {IN_PLACE}" if self._twice else said)
        await self._look_back()

    async def read_lacking(self) -> None:
        """Reads the pages that an earlier run has not read, of a list that has shifted since: nothing balances here (see `resume`)."""
        number = 0
        total = None
        while total is None or number * self.size < total:
            number += 1
            if number in self.done:
                continue
            page, rows = await self._ask(number)
            total = rows.record_count if rows.record_count is not None else total
            # A list without a count ends where nothing new comes; one that does not page repeats itself for ever.
            if not rows.rows or (not self.take(rows.rows) and total is None):
                return
            self._enter(number, page, rows)

    async def read_rest(self, total: int) -> None:
        """Reads the pages of a list of `total` rows that have not been read, to its present end."""
        if self._accounted < total:
            if self.size == 0:
                raise Unbalanced(f"page 1 is empty, {total} rows are announced")
            last = await self._read_ends(total)
            self._refuse_empty(last)
            lanes = self.source.settings.concurrency
            await in_lanes((number for number in range(3, last) if number not in self.done), self._numbered, lanes)
            self._refuse_empty(last)
            await self._read_growth(last)
        self._refuse_moved()

    async def _read_ends(self, total: int) -> int:
        """Reads the second page and the last, and notes the count and the largest id there; the number of the last page.

        A page number that is not honoured, or a count that is far too large, shows here and not after a thousand requests.
        """
        await self._page(2)
        last = max(2, ceil((self.totals[-1] or total) / self.size))
        if last > 2:
            await self._page(last)
        while last * self.size < self.totals[-1] and self._lengths[last]:
            last += 1
            await self._page(last)
        self._mark = (self.totals[-1], max(self.ids, default=0))
        return last

    async def _read_growth(self, last: int) -> None:
        """The list may have grown while it was read: rows with new ids stand at its end, on the last page or behind it."""
        seen_end = self._mark[0] if self._mark else 0
        if self._accounted < self.totals[-1] and seen_end < self.totals[-1] and self._lengths[last] < self.size:
            await self._read_again(last)
        while self._accounted < self.totals[-1] and last * self.size < self.totals[-1]:
            last += 1
            await self._page(last)

    def _refuse_empty(self, last: int) -> None:
        """No page before the end is empty."""
        empty = [number for number, length in self._lengths.items() if not length]
        if empty and min(empty) < last:
            raise Unbalanced(f"a page before the last of {last} is empty")
        if empty and self.rows_seen < self.totals[-1]:
            raise Unbalanced(f"page {last} is empty, {self.totals[-1]} rows are announced")

    def _refuse_moved(self) -> None:
        """The count never fell, and grew by the rows that were created meanwhile and by no other."""
        if any(later < earlier for earlier, later in zip(self.totals, self.totals[1:], strict=False)):
            raise Unbalanced(f"the record count fell from {max(self.totals)} to {min(self.totals)} during the read")
        if self._mark is not None and self._is_ordered and SINCE not in self.parameters:
            total, largest = self._mark
            created = sum(number > largest for number in self.ids)
            if self.totals[-1] - total != created:
                raise Unbalanced(f"{created} rows were created during the read, and the count grew by {self.totals[-1] - total}")

    async def _look_back(self) -> None:
        """Where rows changed during the read, the first page must still be what it was. A filtered list is looked at by ids (`sweep`)."""
        if not self.moved or len(self.done) < 2 or SINCE in self.parameters or not self._is_ordered:
            return
        _, rows = await self._ask(1)
        if self.print_of(rows.rows) != self._first:
            raise Unbalanced("page 1 changed during the read")

    async def _read_on(self) -> None:
        """The list says no count: read until a page brings nothing new. A list that does not page repeats itself (H: TopLeft).

        A page without rows is asked for twice: nothing else tells the end of such a list from a page that came empty by mistake.
        """
        number = 1
        while self.size:
            number += 1
            page, rows = await self._ask(number)
            if not rows.rows:
                page, rows = await self._ask(number)
            if not rows.rows or self.is_repeat(rows.rows) or all(compact(key) in self.keys for key in keys_of(rows, self.fields)):
                return
            self.take(rows.rows)
            self._enter(number, page, rows)

    async def _numbered(self, number: int) -> None:
        await self._page(number)

    async def _page(self, number: int) -> Rows:
        """One page, counted and handed on."""
        page, rows = await self._ask(number)
        if self.is_repeat(rows.rows):
            raise ProtocolError(
                f"{self.source.entity.path}: pagination not honoured, page {number} repeats an earlier page.",
                "Report it with HaloPSA's version; this list cannot be read whole.",
            )
        if number == 1:
            self._first = self.print_of(rows.rows)
        self.take(rows.rows)
        if rows.record_count is not None:
            self.totals.append(rows.record_count)
        self._enter(number, page, rows)
        return rows

    async def _read_again(self, number: int) -> None:
        """A page that has been read, for the rows that it has now; those that it had are no duplicates."""
        page, rows = await self._ask(number)
        inside, across = self.twice_inside, self.twice_across
        self.take(rows.rows)
        self.twice_inside, self.twice_across = inside, across
        if rows.record_count is not None:
            self.totals.append(rows.record_count)
        self._rows -= self._lengths[number]
        self._enter(number, page, rows)

    def _enter(self, number: int, page: Page, rows: Rows) -> None:
        """Hands a page on and notes what it tells of the list."""
        self._rows += len(rows.rows)
        self._lengths[number] = len(rows.rows)
        began = self.source.client.server_time()
        self.moved = self.moved or any((at := changed_at(row)) is not None and at >= began for row in rows.rows)
        keys = keys_of(rows, self.fields)
        try:
            self._is_ordered = self._is_ordered and len(self.fields) == 1 and keys == sorted(keys)
        except TypeError:  # numbers and texts among the ids
            self._is_ordered = False
        self.done[number] = rows.shape
        self.on_page(f"{self.prefix}{number:05d}", page, rows)
        self.source.progress(self.source.entity.name, self.rows_seen, self.totals[-1] if self.totals else None)

    async def _ask(self, number: int) -> tuple[Page, Rows]:
        """Asks for one page. `page_no` is always sent: without it the server gives 50 rows and calls them all (H: conduit)."""
        size = self.size or self.source.settings.page_size
        paging: dict[str, str | int] = {"pageinate": "true", "page_no": number, "page_size": size, "order": "id", "orderdesc": "false"}
        page, rows = await self.source.client.rows(self.source.entity, {**self.parameters, **paging})
        refuse_far_beyond(self.source.entity.path, number, rows, size)
        return page, rows

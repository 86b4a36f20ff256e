"""The strategy for lists that page: `pageinate=true` (sic) and `page_no`, ordered by id, the page size learnt from the answer.

The rule is in `entities`. The one thing to know: HaloPSA cuts a page to its own size without a word (H: 1000 asked, 100 of 717 came,
HaloAPI #90), so pages are counted by what came and not by what was asked; from page 2 on that size is what is asked for, so that the
server's offsets are right whichever of the two it multiplies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

from handoff_pipeline.halo.client import Page
from handoff_pipeline.halo.envelope import Rows
from handoff_pipeline.halo.errors import IncompletePull, ProtocolError
from handoff_pipeline.halo.source import Outcome, Source, Tally
from handoff_pipeline.halo.together import together
from handoff_pipeline.halo.transport import Parameters

READS = 3
"""One read and two more where the count does not balance: rows shift while a list is being read."""

OnPage = Callable[[str, Page, Rows], None]


class _Unbalanced(Exception):
    """The pages read do not add up to the record count."""


async def read_paged(source: Source, parameters: Parameters, *, is_full: bool) -> Outcome:
    """Reads the list into the inbox. Raises as `read_list` does."""
    tally = await read_list(source, parameters, source.keep, source.inbox.discard)
    return Outcome(tally.rows_seen, tally.rows_seen if tally.is_counted else None, is_full and not tally.without_key)


async def read_list(source: Source, parameters: Parameters, on_page: OnPage, on_restart: Callable[[], None]) -> _Book:
    """Reads the list, handing every page to `on_page`; `on_restart` is called before the list is read anew.

    Raises:
        IncompletePull: the count did not balance on any read.
        ProtocolError: the server repeats pages.
    """
    reason = ""
    for _ in range(READS):
        on_restart()
        book = _Book(source.entity.key, source=source, on_page=on_page, parameters=dict(parameters))
        try:
            await book.read()
        except _Unbalanced as mismatch:
            reason = str(mismatch)
        else:
            return book
    raise IncompletePull(
        f"{source.entity.path}: read {READS} times and never in balance; last: {reason}.",
        "Run again when nobody works in HaloPSA; if it stays, the API user may be barred from some rows that HaloPSA counts.",
    )


@dataclass(kw_only=True)
class _Book(Tally):
    """One read of one list: what came, and what the server says there is."""

    source: Source
    on_page: OnPage
    parameters: dict[str, str | int]
    totals: list[int] = field(default_factory=list)

    @property
    def is_counted(self) -> bool:
        """Whether the server said how many rows there are."""
        return bool(self.totals)

    async def read(self) -> None:
        """Reads every page.

        Raises:
            _Unbalanced: what came is not what the server counts. ProtocolError: pages repeat.
        """
        first = await self._page(1, self.source.settings.page_size)
        size = len(first.rows)
        if first.record_count is None:
            await self._read_on(size)
            return
        if self.rows_seen < first.record_count:
            if size == 0:
                raise _Unbalanced(f"page 1 is empty, {first.record_count} rows are announced")
            last = ceil(first.record_count / size)
            pages = await together(self._page(number, size) for number in range(2, last + 1))
            if not all(page.rows for page in pages[:-1]):
                raise _Unbalanced(f"a page before the last of {last} is empty")
            # The list may have grown while it was read: rows with new ids stand at its end.
            while self.rows_seen < self.totals[-1] and pages and len(pages[-1].rows) == size:
                last += 1
                pages.append(await self._page(last, size))
        self._balance()

    def _balance(self) -> None:
        """The completeness rule."""
        if any(later < earlier for earlier, later in zip(self.totals, self.totals[1:], strict=False)):
            raise _Unbalanced(f"the record count fell from {max(self.totals)} to {min(self.totals)} during the read")
        if self.rows_seen != self.totals[-1]:
            raise _Unbalanced(f"{self.rows_seen} distinct rows came, {self.totals[-1]} are announced")

    async def _read_on(self, size: int) -> None:
        """The list says no count: read until a page brings nothing new. A list that does not page repeats itself (H: TopLeft)."""
        number = 1
        while size:
            number += 1
            page, rows = await self._ask(number, size)
            if not rows.rows or self.is_repeat(rows.rows) or not self.take(rows.rows):
                return
            self.on_page(f"{number:05d}", page, rows)
            self._show()

    async def _page(self, number: int, size: int) -> Rows:
        """One page, counted and handed on."""
        page, rows = await self._ask(number, size)
        if self.is_repeat(rows.rows):
            raise ProtocolError(
                f"{self.source.entity.path}: pagination not honoured, page {number} repeats an earlier page.",
                "Report it with HaloPSA's version; this list cannot be read whole.",
            )
        self.take(rows.rows)
        if rows.record_count is not None:
            self.totals.append(rows.record_count)
        self.on_page(f"{number:05d}", page, rows)
        self._show()
        return rows

    async def _ask(self, number: int, size: int) -> tuple[Page, Rows]:
        """Asks for one page. `page_no` is always sent: without it the server gives 50 rows and calls them all (H: conduit)."""
        paging: dict[str, str | int] = {"pageinate": "true", "page_no": number, "page_size": size, "order": "id", "orderdesc": "false"}
        return await self.source.client.rows(self.source.entity, {**self.parameters, **paging})

    def _show(self) -> None:
        self.source.progress(self.source.entity.name, self.rows_seen, self.totals[-1] if self.totals else None)

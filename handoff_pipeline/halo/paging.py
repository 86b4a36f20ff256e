"""The strategy for lists that page: `pageinate=true` (sic) and `page_no`, ordered by id, the page size learnt from the answer.

The rule is in `entity`; what one read of a list has found is `book`'s. The one thing to know: HaloPSA cuts a page to its own size without a
word (H: 1000 asked, 100 of 717 came, HaloAPI #90), so pages are counted by what came and not by what was asked; from page 2 on that size is
what is asked for, so that the server's offsets are right whichever of the two it multiplies.
"""

from __future__ import annotations

from collections.abc import Callable

from handoff_pipeline.halo.balance import Unbalanced
from handoff_pipeline.halo.book import Book, OnPage
from handoff_pipeline.halo.errors import IncompletePull
from handoff_pipeline.halo.source import Outcome, Source, fewest_pages
from handoff_pipeline.halo.transport import Parameters

READS = 3
"""One read and two more where the count does not balance: rows shift while a list is being read."""


async def read_paged(source: Source, parameters: Parameters, *, is_full: bool) -> Outcome:
    """Reads the list into the inbox. Raises as `read_list` does."""
    book = await read_list(source, parameters, source.keep, source.inbox.discard)
    return outcome_of(book, is_full=is_full)


def outcome_of(book: Book, *, is_full: bool) -> Outcome:
    """What a balanced read amounts to."""
    return Outcome(
        book.rows_seen,
        book.rows_seen if book.is_counted else None,
        is_full and not book.without_key,
        book.note,
        requests_minimum=fewest_pages(book.rows_seen),
    )


async def read_list(
    source: Source,
    parameters: Parameters,
    on_page: OnPage,
    on_restart: Callable[[], None],
    *,
    prefix: str = "",
    books: list[Book] | None = None,
) -> Book:
    """Reads the list, handing every page to `on_page`; `on_restart` is called before the list is read anew, each read is put into `books`.

    A list that holds rows twice and counts them is not whole: each may stand in the place of one that is missing. Where a person knows that
    this tenant's lists are so (HANDOFF_LISTED_TWICE=accept), it is taken when a second read finds the same.

    Raises:
        IncompletePull: the count did not balance on any read.
        ProtocolError: the server repeats pages.
        BudgetSpent: the last of `books` has what was read so far.
    """
    reason, before = "", None
    for _ in range(READS):
        on_restart()
        book = Book(source.entity.key, source=source, on_page=on_page, parameters=dict(parameters), prefix=prefix)
        if books is not None:
            books.append(book)
        try:
            await book.read()
        except Unbalanced as mismatch:
            reason = str(mismatch)
        else:
            return book
        if book.signature is not None and book.signature == before:
            return book
        before = book.signature
    raise IncompletePull(
        f"{source.entity.path}: read {READS} times and never in balance; last: {reason}.",
        "Run again when nobody works in HaloPSA; if it stays, the API user may be barred from some rows that HaloPSA counts"
        " (rows that come twice: see HANDOFF_LISTED_TWICE).",
    )

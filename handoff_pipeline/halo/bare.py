"""The strategies for lists that come whole: configuration lists, agents, lookups, and approvals.

Lists that page are in `paging`. The one thing to know: an endpoint that does not page repeats the same list as page 2 (H: TopLeft),
which tells a list that happens to have 50 rows from one that was cut at 50.
"""

from __future__ import annotations

from dataclasses import replace

from handoff_pipeline.halo.configuration import Reports, rows_in
from handoff_pipeline.halo.entities import LOOKUP_IDS
from handoff_pipeline.halo.envelope import Key, key_of, whole_number
from handoff_pipeline.halo.paging import read_paged
from handoff_pipeline.halo.source import Outcome, Source
from handoff_pipeline.halo.tally import Tally
from handoff_pipeline.halo.together import in_lanes, together
from handoff_pipeline.halo.transport import Parameters

CUT_STEP = 50
"""Known cuts are multiples of this: 50 by default, 100 at most (H: Servosity #203, HaloAPI #90). Other counts are no cut."""

NO_APPROVALS = (
    "HaloPSA gave no approval at all; if the tenant has some, set HANDOFF_APPROVALS_MODE=per_handoff: the list may be given per ticket only"
)


async def read_bare(source: Source, parameters: Parameters) -> Outcome:
    """Takes a bare list whole; one that turns out to page is read page by page."""
    tally = source.tally()
    expected = await take_bare(source, parameters, tally)
    if expected is not None and expected > tally.rows_seen:
        source.inbox.discard()
        return await read_paged(source, parameters, is_full=True)
    # Nobody has documented how far back the list of timesheets reaches, so a day that is absent is not taken for deleted.
    is_whole = not tally.without_key and source.entity.name != "timesheet"
    return Outcome(tally.rows_seen, expected, is_full=is_whole, detail=_twice(tally), requests_minimum=1)


def _twice(tally: Tally) -> str | None:
    return f"{tally.twice_inside} rows came twice and are kept once" if tally.twice_inside else None


async def read_lookups(source: Source) -> Outcome:
    """Every lookup list that the product reads; the lookupid is part of the file's name, since rows may not repeat it."""
    tally = source.tally()
    await together(take_bare(source, {"lookupid": lookup}, tally, f"{lookup}-", (lookup,)) for lookup in LOOKUP_IDS)
    return Outcome(tally.rows_seen, None, is_full=not tally.without_key, requests_minimum=len(LOOKUP_IDS))


async def read_approvals(source: Source, reports: Reports) -> Outcome:
    """The whole approval list, or one list per project that is known or came tonight.

    Whether HaloPSA gives the list without a ticket is unconfirmed in public, hence the setting. One by one, an approval that is taken away
    is not noticed.
    """
    if source.settings.approvals_mode == "whole":
        whole = await read_bare(source, source.entity.parameters)
        # No row at all may also mean that the list wants a ticket: where approvals were known, landing asks a person.
        return whole if whole.rows_seen else replace(whole, detail=NO_APPROVALS)
    came = (whole_number(row.get("id")) for row in rows_in(reports["project"].files))
    tickets = sorted(source.plan.project_ids.union(number for number in came if number is not None))
    tally = source.tally()

    async def ask(ticket: int) -> None:
        await take_bare(source, {**source.entity.parameters, "ticket_id": ticket}, tally, f"{ticket:05d}-")

    await in_lanes(tickets, ask, source.settings.concurrency)
    detail = f"asked for {len(tickets)} tickets one by one"
    return Outcome(tally.rows_seen, None, is_full=False, detail=detail, requests_minimum=len(tickets))


async def take_bare(source: Source, parameters: Parameters, tally: Tally, prefix: str = "", key_prefix: Key = ()) -> int | None:
    """Writes one bare list and, where its length is a known cut, what follows it. Returns the record count if the answer has one."""
    page, rows = await source.client.rows(source.entity, parameters)
    keys = [key_of(row, source.entity.key) for row in rows.rows]
    tally.take(rows.rows, key_prefix)
    source.keep(f"{prefix}00001", page, rows)
    expected, size, number = rows.record_count, len(rows.rows), 1
    # An unpaged answer counts only what it holds, so an equal count proves nothing (H: 50 rows "of 50", conduit).
    while size and size % CUT_STEP == 0 and rows.record_count in (None, size):
        number += 1
        page, following = await source.client.rows(source.entity, {**parameters, "pageinate": "true", "page_no": number, "page_size": size})
        is_same_list = [key_of(row, source.entity.key) for row in following.rows] == keys
        if is_same_list or not tally.take(following.rows, key_prefix):
            break
        expected = None
        source.keep(f"{prefix}{number:05d}", page, following)
    source.progress(source.entity.name, tally.rows_seen, expected)
    return expected

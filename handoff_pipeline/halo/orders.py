"""The strategy for sales orders: the list tells which orders are new or changed, then each of those is read singly.

Lines come only in the single answer, so an order costs one request (reference 2.4, 3.4). The one thing to know: an order is read again when
the text of its `last_update_time` differs from the one that was landed; an order without that text is read every night.
"""

from __future__ import annotations

from typing import Any

import orjson

from handoff_pipeline.halo.client import Page
from handoff_pipeline.halo.envelope import Rows, whole_number
from handoff_pipeline.halo.errors import BudgetSpent, IncompletePull, ProtocolError
from handoff_pipeline.halo.inbox import PRESENT
from handoff_pipeline.halo.paging import read_list
from handoff_pipeline.halo.source import Outcome, Source, fewest_pages
from handoff_pipeline.halo.together import in_lanes


async def read_orders(source: Source) -> Outcome:
    """Writes one file per new or changed order, named by its id.

    Raises:
        IncompletePull: the list does not balance, or an order that is listed cannot be read.
    """
    listed: dict[int, str | None] = {}

    def note(_name: str, _page: Page, rows: Rows) -> None:
        for row in rows.rows:
            number = whole_number(row.get("id"))
            if number is None:
                raise IncompletePull(f"{source.entity.path}: an order is listed without an id.", "Report it with HaloPSA's version.")
            changed = row.get("last_update_time")
            listed[number] = changed if isinstance(changed, str) and changed else None

    await read_list(source, source.entity.parameters, note, listed.clear)
    known = source.plan.known_orders
    wanted = sorted(number for number, changed in listed.items() if changed is None or known.get(number) != changed)
    done = 0

    async def read(number: int) -> None:
        nonlocal done
        await _read_order(source, number)
        done += 1
        source.progress(source.entity.name, done, len(wanted))

    unfinished = None
    try:
        await in_lanes(wanted, read, source.settings.concurrency)
    except BudgetSpent as spent:
        unfinished = f"{len(wanted) - done} of {len(wanted)} orders are still to be read: request budget spent: {spent}"
    return Outcome(
        done,
        len(wanted),
        is_full=done == len(listed),
        detail=f"{len(listed)} orders listed, {len(wanted)} of them new or changed",
        requests_minimum=fewest_pages(len(listed)) + len(wanted),
        unfinished=unfinished,
        # The list is whole every night, so it says of every order whether it is still there.
        present=source.inbox.write_aside(PRESENT, orjson.dumps(sorted(listed))) if unfinished is None else None,
    )


async def _read_order(source: Source, number: int) -> None:
    """One order with its lines."""
    endpoint = f"{source.entity.path}/{{id}}"
    try:
        page = await source.client.get(source.entity, f"{source.entity.path}/{number}", {"includedetails": "true"}, endpoint)
    except ProtocolError as error:
        raise IncompletePull(
            f"sales order {number} is listed and cannot be read: {error.message}", "Run again; see the order in HaloPSA."
        ) from error
    order: Any = page.document
    if not isinstance(order, dict) or whole_number(order.get("id")) != number:
        raise IncompletePull(f"{endpoint} with id {number} did not answer with that order.", "Run again; report it if it stays.")
    source.inbox.write(f"{number:05d}", page.body, "object")

"""Filters, order and paging of lists, exactly as section 2.2 of the reference tells.

Unknown parameters are ignored. Paging is on with `pageinate=true` (sic) and needs `page_no`; a list of everything else
comes 50 rows long unless `count` asks for more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.dressing import is_true
from handoff_pipeline.simulator.indexed import Indexed
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.searching import searched
from handoff_pipeline.simulator.shaping import SENTINELS

UNPAGED_ROWS: Final = 50
PAGING: Final = frozenset({"pageinate", "page_no", "page_size"})
DAY_LENGTH: Final = 10

# parameter -> (field, holds a csv)
TICKET_FILTERS: Final = {
    "client_id": ("client_id", False),
    "client_ids": ("client_id", True),
    "site_id": ("site_id", False),
    "agent_id": ("agent_id", False),
    "agent": ("agent_id", True),
    "team": ("team_id", True),
    "status_id": ("status_id", False),
    "status": ("status_id", True),
    "requesttype_id": ("tickettype_id", False),
    "requesttype": ("tickettype_id", True),
    "itil_requesttype_id": ("itil_requesttype_id", False),
    "itil_requesttype": ("itil_requesttype_id", True),
    "ticketids": ("id", True),
    "parent_id": ("parent_id", False),
}
SALES_FILTERS: Final = {
    "ticket_id": ("ticket_id", False),
    "client_id": ("client_id", False),
    "client_ids": ("client_id", True),
    "quote_status": ("status", True),
}


@dataclass(frozen=True)
class Page:
    """What a list answers: its rows, the record count that it claims, and the page's place when it was truly paged."""

    rows: list[Row]
    record_count: int
    page_no: int | None = None
    page_size: int | None = None


def moment_of(text: str, *, end_of_day: bool = False) -> datetime | None:
    """Read a date-time parameter, with or without zone and fraction; None when it is none. A bare day as an end is the whole day."""
    try:
        if len(text) <= DAY_LENGTH:
            return datetime.combine(date.fromisoformat(text), time.max if end_of_day else time.min, tzinfo=UTC)
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def matching(rows: Iterable[Row], params: Mapping[str, str], filters: Mapping[str, tuple[str, bool]]) -> list[Row]:
    """Keep the rows that every known filter lets through; a filter that is no number lets everything through."""
    asked: list[tuple[str, set[int]]] = []
    for name, (field, is_csv) in filters.items():
        given = params.get(name, "")
        wanted = {int(part) for part in (given.split(",") if is_csv else [given]) if part.strip().lstrip("-").isdigit()}
        if wanted:
            asked.append((field, wanted))
    kept = list(rows) if not asked or not isinstance(rows, Indexed) else rows.having(*min(asked, key=lambda each: rows.count_of(*each)))
    for field, wanted in asked:
        kept = [row for row in kept if row.get(field) in wanted]
    return kept


def within(rows: list[Row], field: str, since: str | None, until: str | None) -> list[Row]:
    """Keep the rows whose date-time `field` lies between the two, both included."""
    low = moment_of(since) if since else None
    high = moment_of(until, end_of_day=True) if until else None
    if low is None and high is None:
        return rows
    return (rows if isinstance(rows, Indexed) else Indexed(rows)).between(field, low, high, _moment_in)


def _moment_in(value: object) -> datetime | None:
    return moment_of(value) if isinstance(value, str) and value not in SENTINELS else None


def tickets(rows: list[Row], params: Mapping[str, str]) -> list[Row]:
    """Apply the ticket lists' filters: ids, open or closed, the dates of `datesearch`, and the last update."""
    kept = matching(rows, params, TICKET_FILTERS)
    if is_true(params, "open_only"):
        kept = [row for row in kept if row["dateclosed"] in SENTINELS]
    if is_true(params, "closed_only"):
        kept = [row for row in kept if row["dateclosed"] not in SENTINELS]
    dated = {"dateoccured": "dateoccurred", "dateoccurred": "dateoccurred", "datecleared": "dateclosed"}.get(params.get("datesearch", ""))
    if dated:
        kept = within(kept, dated, params.get("startdate"), params.get("enddate"))
    return within(kept, "last_update", params.get("lastupdatefromdate"), params.get("lastupdatetodate"))


def unchanged_since(rows: list[Row], at: datetime | None, params: Mapping[str, str]) -> list[Row]:
    """Apply the last-update filters to rows that were last changed at `at` unless they say otherwise, as clients and sites do."""
    low, high = (moment_of(params.get(name, "")) for name in ("lastupdatefromdate", "lastupdatetodate"))
    if low is None and high is None:
        return rows

    def is_within(row: Row) -> bool:
        own = row.get("alastupdate") or row.get("slastupdate")
        changed = moment_of(own) if isinstance(own, str) else at
        return changed is None or ((low is None or changed >= low) and (high is None or changed <= high))

    return [row for row in rows if is_within(row)]


def ordered(rows: list[Row], params: Mapping[str, str]) -> list[Row]:
    """Sort by `order`..`order5` with their `orderdesc` flags; without any, newest ids come first (a guess)."""
    keys = [(params[f"order{n}"], is_true(params, f"orderdesc{n}")) for n in ("5", "4", "3", "2", "") if params.get(f"order{n}")]
    known = [(field, descending) for field, descending in keys if any(field in row for row in rows)]
    result = sorted(rows, key=lambda row: row["id"], reverse=not known)
    for field, descending in known:
        result.sort(key=lambda row: _sortable(row.get(field)), reverse=descending)
    return result


def _sortable(value: object) -> tuple[int, float, str]:
    if isinstance(value, int | float):
        return (1, float(value), "")
    return (2, 0.0, value) if isinstance(value, str) else (0, 0.0, "")


def paged(rows: list[Row], params: Mapping[str, str], quirks: Quirks) -> Page:
    """Cut the page that the parameters ask for, after what every paged list knows: `advanced_search` and ids only.

    `page_size` is cut to the cap without an error; without `page_no` it is ignored and 50 rows come, counted as 50;
    without `pageinate`, `count` is the only limit above those 50.
    """
    rows = searched(rows, params.get("advanced_search"))
    if is_true(params, "idonly") or is_true(params, "ticketidonly"):
        rows = [{"id": row["id"]} for row in rows]
        if quirks.idonly_ignores_paging:
            params = {name: value for name, value in params.items() if name not in PAGING}
    number = _positive(params.get("page_no"))
    if is_true(params, "pageinate") and (number is not None or not quirks.default_page_50):
        number = number or 1
        size = min(_positive(params.get("page_size")) or UNPAGED_ROWS, quirks.page_cap)
        return Page(rows[(number - 1) * size : number * size], len(rows), number, size)
    wanted = None if is_true(params, "pageinate") else _positive(params.get("count"))
    limit = wanted or (UNPAGED_ROWS if quirks.default_page_50 else len(rows))
    return Page(rows[:limit], min(limit, len(rows)))


def counted(rows: list[Row], params: Mapping[str, str], quirks: Quirks) -> Page:
    """Cut by `count` alone: for lists that know no paging and give the same rows for every page asked."""
    limit = _positive(params.get("count")) or (UNPAGED_ROWS if quirks.default_page_50 else len(rows))
    return Page(rows[:limit], min(limit, len(rows)))


def _positive(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() and int(text) > 0 else None

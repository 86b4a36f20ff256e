"""`advanced_search`: HaloPSA's JSON filter on a list.

A JSON array of {filter_name, filter_type, filter_value}; the values are strings, and the names are those of database columns
(H: section 2.2, conduit). The one thing to know: what cannot be read lets everything through, as an unknown parameter does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson

from handoff_pipeline.simulator.configuration import Row

# Column names of HaloPSA's database beside the API's own.
COLUMNS: Final = {
    "datecleared": "dateclosed",
    "faultid": "id",
    "status": "status_id",
    "requesttype": "tickettype_id",
    "requesttypenew": "tickettype_id",
    "fxrefto": "parent_id",
    "areaint": "client_id",
}


def searched(rows: list[Row], text: str | None) -> list[Row]:
    """Keep the rows that every filter of the JSON text lets through."""
    if not text:
        return rows
    try:
        filters = orjson.loads(text)
    except orjson.JSONDecodeError:
        return rows
    kept = rows
    for each in filters if isinstance(filters, list) else ():
        compare = COMPARISONS.get(each.get("filter_type")) if isinstance(each, dict) else None
        name, wanted = (str(each.get(key, "")) for key in ("filter_name", "filter_value")) if isinstance(each, dict) else ("", "")
        field = _field(name.lower(), kept)
        if compare is not None and field is not None:
            kept = [row for row in kept if compare(row.get(field), wanted)]
    return kept


def _field(name: str, rows: list[Row]) -> str | None:
    candidates = (name, COLUMNS.get(name, name))
    return next((field for field in candidates if any(field in row for row in rows[:1])), None)


def _ranked(value: Any, wanted: str) -> tuple[float, float] | tuple[str, str]:
    """Give both sides as numbers where both are, else as text; HaloPSA's date-times compare as text."""
    try:
        return float(value), float(wanted)
    except (TypeError, ValueError):
        return ("" if value is None else str(value)), wanted


def _in(value: Any, wanted: str) -> bool:
    return any(_equal(value, part.strip()) for part in wanted.split(","))


def _equal(value: Any, wanted: str) -> bool:
    mine, theirs = _ranked(value, wanted)
    return mine == theirs


def _like(value: Any, wanted: str) -> bool:
    return wanted.strip("%").lower() in str(value or "").lower()


def _is_above(value: Any, wanted: str) -> bool:
    mine, theirs = _ranked(value, wanted)
    return mine > theirs  # type: ignore[operator]  # both are numbers or both are texts


COMPARISONS: Final[dict[Any, Callable[[Any, str], bool]]] = {
    0: _in,
    1: lambda value, wanted: not _in(value, wanted),
    2: _equal,
    3: lambda value, wanted: not _equal(value, wanted),
    4: _like,
    5: lambda value, wanted: not _like(value, wanted),
    7: _is_above,
    8: lambda value, wanted: _is_above(value, wanted) or _equal(value, wanted),
    9: lambda value, wanted: not _is_above(value, wanted) and not _equal(value, wanted),
    10: lambda value, wanted: not _is_above(value, wanted),
}

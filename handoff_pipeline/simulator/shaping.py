"""HaloPSA's habits of writing values: dates without a zone, sentinels for empty dates, custom fields, omitted nulls.

Facts come from section 3 and "Quirks to simulate" of the reference. No resource is named here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from handoff_pipeline.simulator.configuration import FIELDS, SINGLE_SELECT, Row

# An empty date is written as one of these (any year up to 1980 means empty).
EMPTY_TICKET_DATE: Final = "1900-01-01T00:00:00"
EMPTY_OTHER_DATE: Final = "1899-12-30T00:00:00"
SECONDS_LENGTH: Final = len(EMPTY_TICKET_DATE)
SENTINELS: Final = frozenset({EMPTY_TICKET_DATE, EMPTY_OTHER_DATE})


def stamp(moment: datetime) -> str:
    """Write a moment as HaloPSA does mostly: UTC without a zone."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:SECONDS_LENGTH]


def stamp_or(moment: datetime | None, empty: str) -> str:
    """Write a moment, or the sentinel for an empty one."""
    return empty if moment is None else stamp(moment)


def fraction(moment: datetime) -> str:
    """Write a moment with a fraction of a second; some fields carry one."""
    return stamp(moment) + f".{moment.microsecond // 1000:03d}"


def zulu(moment: datetime) -> str:
    """Write a moment with a Z; some fields carry one."""
    return stamp(moment) + "Z"


def day(value: date | None) -> str | None:
    """Write a calendar day as the date-time that HaloPSA makes of it: midnight, no zone, not to be converted."""
    return None if value is None else f"{value.isoformat()}T00:00:00"


def number(value: Decimal | None) -> float | None:
    """Write a decimal as a JSON number."""
    return None if value is None else float(value)


def custom_field(name: str, value: str | float | None) -> Row:
    """Give the element of `customfields`; an empty field has no `value`, a single select has its number there and its text in `display`."""
    field = FIELDS[name]
    element: Row = {"id": field.field_id, "name": field.name, "label": field.label, "type": field.kind, "summary": ""}
    if value is None or value == "":
        return {**element, "display": ""}
    if field.kind == SINGLE_SELECT:
        return {**element, "value": field.options.index(str(value)) + 1, "display": value}
    return {**element, "value": value, "display": str(value)}


def latest(moments: Iterable[datetime | None], until: datetime) -> datetime:
    """Give the latest of `moments` that has come by `until`; there always is one, the creation."""
    return max(moment for moment in moments if moment is not None and moment <= until)

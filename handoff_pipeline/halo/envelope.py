"""Finds the rows of an answer and their keys: bare arrays, envelopes under their accepted names, `record_count`.

What a short read means is decided by the strategies. The one thing to know: an answer without its list is an error and never "no rows",
because HaloPSA may answer 200 with an error object, and because a misspelt filter or a moved key must not empty a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from handoff_pipeline.halo.bodies import error_text
from handoff_pipeline.halo.errors import ProtocolError
from handoff_pipeline.halo.redact import Redactor

Row = dict[str, Any]
Key = tuple[int | str, ...]
CHANGED_IN = ("last_update", "lastupdate", "last_update_time", "last_updated", "lastupdated")
"""Where a row tells its last change; `lastupdate` is another spelling of the same (H: TopLeft)."""
MOST_ROWS = 100_000
"""Rows that one answer may hold, far above any list of configuration and any page."""
LARGEST = 2**63 - 1
"""The largest number that an id can be; longer ones are noise, and not every store can hold them."""
MOST_COUNTED = 10_000_000
"""The largest record count that is believed; a larger one would ask for pages without end."""


@dataclass(frozen=True)
class Rows:
    """The rows of one answer. `shape` is "array" or the envelope's key; `record_count` is what the server says there is in all."""

    rows: list[Row]
    shape: str
    record_count: int | None


def whole_number(value: Any) -> int | None:
    """An integer from what HaloPSA sends as one: 12, 12.0, "12" (H: `client_id` comes as 12.0, TopLeft); None for anything else."""
    number = None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, float) and value.is_integer():
        number = int(value)
    elif isinstance(value, str):
        text = value.strip().removesuffix(".0")
        # A text of thousands of digits is not even converted: Python refuses that with an error.
        if text.removeprefix("-").isdecimal() and len(text) <= len(str(-LARGEST)):
            number = int(text)
    return number if number is not None and abs(number) <= LARGEST else None


def key_of(row: Row, fields: tuple[str, ...]) -> Key | None:
    """The row's key; None when a part of it is absent, null or empty. A key that is no number stays text (a GUID)."""
    parts: list[int | str] = []
    for name in fields:
        value = row.get(name)
        number = whole_number(value)
        if number is not None:
            parts.append(number)
        elif isinstance(value, str) and value.strip():
            parts.append(value.strip())
        else:
            return None
    return tuple(parts)


def changed_text(row: Row) -> str | None:
    """The text of the row's last change as HaloPSA wrote it; None where the row tells none."""
    return next((row[name] for name in CHANGED_IN if isinstance(row.get(name), str) and row[name]), None)


def changed_at(row: Row) -> datetime | None:
    """The row's last change as aware UTC (H: date-times mostly come without a zone and are UTC); None where it tells none."""
    return moment_of(changed_text(row))


def moment_of(text: str | None) -> datetime | None:
    """HaloPSA's text of a moment as aware UTC; None where it is none."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment if moment is None else moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def keys_of(rows: Rows, fields: tuple[str, ...]) -> list[Key]:
    """The keys of the rows that have one, in their order."""
    return [key for row in rows.rows if (key := key_of(row, fields)) is not None]


def rows_of(document: Any, body: bytes, accepted: tuple[str, ...], where: str, redactor: Redactor) -> Rows:
    """The rows of a decoded answer: a bare array, or the first accepted envelope key that holds a list.

    Raises:
        ProtocolError: no list where one belongs, rows that are no objects, or a number of rows that no list has.
    """
    if isinstance(document, list):
        return Rows(_objects(document, where), "array", None)
    if isinstance(document, dict):
        count = _count(document.get("record_count"), where)
        for name in accepted:
            if isinstance(document.get(name), list):
                return Rows(_objects(document[name], where), name, count)
        if count == 0 and not any(isinstance(value, list | dict) for value in document.values()):
            # Null keys are left out of every answer, so an empty list may be; the count says that it is empty.
            return Rows([], accepted[0] if accepted else "array", 0)
    names = " or ".join(repr(name) for name in accepted) or "a bare array"
    said = error_text(body, redactor) if isinstance(document, str | dict) else type(document).__name__
    raise ProtocolError(
        f"{where} answered 200 without its list ({names} expected): {said!r}.",
        "If this is an error text, correct its cause; otherwise this HaloPSA version has renamed the list: report it with the version.",
    )


def _count(value: Any, where: str) -> int | None:
    """A record count that can be one."""
    count = whole_number(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not 0 <= count <= MOST_COUNTED if count is not None else is_number:
        raise ProtocolError(
            f"{where}: record_count is {str(value)[:40]}, between 0 and {MOST_COUNTED} expected.", "Report it with HaloPSA's version."
        )
    return count


def _objects(rows: list[Any], where: str) -> list[Row]:
    """The rows, all of them objects."""
    if len(rows) > MOST_ROWS:
        raise ProtocolError(
            f"{where}: one answer holds {len(rows)} rows, {MOST_ROWS} at most are expected.",
            "Report it with HaloPSA's version; the list may have stopped to honour its page size.",
        )
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise ProtocolError(
                f"{where}: row {number} of the list is {type(row).__name__}, not an object.", "Report it with HaloPSA's version."
            )
    return rows

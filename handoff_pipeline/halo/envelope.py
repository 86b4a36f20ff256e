"""Finds the rows of an answer and their keys: bare arrays, envelopes under their accepted names, `record_count`.

What a short read means is decided by the strategies. The one thing to know: an answer without its list is an error and never "no rows",
because HaloPSA may answer 200 with an error object, and because a misspelt filter or a moved key must not empty a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from handoff_pipeline.halo.bodies import error_text
from handoff_pipeline.halo.errors import ProtocolError
from handoff_pipeline.halo.redact import Redactor

Row = dict[str, Any]
Key = tuple[int | str, ...]


@dataclass(frozen=True)
class Rows:
    """The rows of one answer. `shape` is "array" or the envelope's key; `record_count` is what the server says there is in all."""

    rows: list[Row]
    shape: str
    record_count: int | None


def whole_number(value: Any) -> int | None:
    """An integer from what HaloPSA sends as one: 12, 12.0, "12" (H: `client_id` comes as 12.0, TopLeft); None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):
        text = value.strip().removesuffix(".0")
        if text.removeprefix("-").isdecimal():
            return int(text)
    return None


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


def rows_of(document: Any, body: bytes, accepted: tuple[str, ...], where: str, redactor: Redactor) -> Rows:
    """The rows of a decoded answer: a bare array, or the first accepted envelope key that holds a list.

    Raises:
        ProtocolError: no list where one belongs, or rows that are no objects.
    """
    if isinstance(document, list):
        return Rows(_objects(document, where), "array", None)
    if isinstance(document, dict):
        count = whole_number(document.get("record_count"))
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


def _objects(rows: list[Any], where: str) -> list[Row]:
    """The rows, all of them objects."""
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise ProtocolError(
                f"{where}: row {number} of the list is {type(row).__name__}, not an object.", "Report it with HaloPSA's version."
            )
    return rows

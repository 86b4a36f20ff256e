"""Good answers gone bad: wrong counts, missing or doubled rows and keys, broken text. Works on payloads and on bytes.

Answers that are replaced altogether are in `faults`. The one thing to know: each spoils one thing only, so that a reader
that notices another thing has not noticed it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

import orjson
from starlette.responses import Response

from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.faults import JSON, BrokenOff
from handoff_pipeline.simulator.quirks import FaultKind

Payload = dict[str, Any] | list[Row]
EXCESS: Final = 7
_TEXT: Final = re.compile(rb'":"(?=[^"])')


def encoded(payload: object) -> bytes:
    """Write JSON; half a surrogate pair, which no UTF-8 holds, is escaped."""
    try:
        return orjson.dumps(payload)
    except TypeError:
        return json.dumps(payload, separators=(",", ":")).encode()


def answer(payload: Payload, kind: FaultKind | None = None, status: int = 200) -> Response:
    """Give the payload as an answer, spoilt as the fault says."""
    spoilt = _rows_spoilt(payload, kind)
    body = encoded(spoilt)
    if kind == "truncated_json":
        body = body[: len(body) // 2]
    elif kind in _BYTES:
        body = _BYTES[kind](body)
    if kind == "cut_body":
        return BrokenOff(body, status, media_type=JSON)
    return Response(body, status, media_type="text/html" if kind == "wrong_content_type" else JSON)


_BYTES: Final[dict[FaultKind | None, Callable[[bytes], bytes]]] = {
    "malformed_json": lambda body: body[:-1] + b",}" + body[-1:],
    "duplicate_keys": lambda body: body.replace(b'"id":', b'"id":0,"id":', 1),
    "lone_surrogate": lambda body: _TEXT.sub(rb'":"\\ud83d', body, count=1),
    "invalid_utf8": lambda body: _TEXT.sub(b'":"\xff', body, count=1),
}


def _rows_spoilt(payload: Payload, kind: FaultKind | None) -> Payload:
    if kind in _ROWS:
        change = _ROWS[kind]
        if isinstance(payload, list):
            return change(payload)
        return {key: change(value) if isinstance(value, list) else value for key, value in payload.items()}
    if isinstance(payload, list):
        return payload
    rows = next((value for value in payload.values() if isinstance(value, list)), [])
    if kind == "record_count_wrong" and "record_count" in payload:
        return {**payload, "record_count": payload["record_count"] + EXCESS}
    if kind == "missing_envelope":
        return {key: value for key, value in payload.items() if not isinstance(value, list)}
    return rows if kind == "bare_array" else payload


# What is doubled takes the place of the last row: the page is as long as before and a row is missing.
_ROWS: Final[dict[FaultKind | None, Callable[[list[Row]], list[Any]]]] = {
    "empty_page": lambda _rows: [],
    "short_page": lambda rows: rows[:-1],
    "duplicate_in_page": lambda rows: [*rows[:-1], rows[0]] if rows else rows,
    "row_without_id": lambda rows: [{key: value for key, value in row.items() if at or key != "id"} for at, row in enumerate(rows)],
    "row_not_an_object": lambda rows: ["unavailable", *rows[1:]] if rows else rows,
}


def with_next_link(payload: Payload, link: str) -> Payload:
    """Give the envelope with a link to its next page."""
    return {**payload, "next": link} if isinstance(payload, dict) else payload

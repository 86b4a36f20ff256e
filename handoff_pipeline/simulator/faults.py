"""Scheduled failures: which request goes wrong, and what it answers then.

The kinds are those that the reference reports of live tenants (section 5). Counting is per path, from the simulator's start.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import orjson
from starlette.responses import Response

from handoff_pipeline.simulator.endpoints import Payload
from handoff_pipeline.simulator.quirks import Fault, FaultKind

EXCEPTION: Final = {
    "ClassName": "System.NullReferenceException",
    "Message": "Object reference not set to an instance of an object.",
    "HResult": -2147467261,
}
HTML: Final = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
EXCESS: Final = 7
# They replace the whole answer; the others spoil the one that was made.
REPLACING: Final[frozenset[FaultKind]] = frozenset({"server_error_500", "html_502", "html_200", "error_body_200", "unauthorized_once"})


class FaultClock:
    """Counts requests per path and tells which scheduled fault a request meets."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self.seen: Counter[str] = Counter()

    def due(self, endpoint: str, path: str, faults: tuple[Fault, ...]) -> FaultKind | None:
        """Count a request to `path` of `endpoint` and give the fault that it meets, if any."""
        names = {endpoint.lower(), path.lower()}
        self.seen.update(names)
        return next((fault.kind for fault in faults if fault.path.lower() in names and self.seen[fault.path.lower()] == fault.nth), None)


def replacement(kind: FaultKind) -> Response:
    """Give the answer that stands in for the real one."""
    if kind == "server_error_500":
        return Response(orjson.dumps(EXCEPTION), 500, media_type="application/json")
    if kind == "error_body_200":
        return Response(orjson.dumps(EXCEPTION), 200, media_type="application/json")
    if kind == "unauthorized_once":
        return Response(status_code=401)
    return Response(HTML, 502 if kind == "html_502" else 200, media_type="text/html")


def spoil(kind: FaultKind | None, payload: Payload) -> bytes:
    """Write the payload, spoilt as the fault says: a wrong count, no rows, or a body that breaks off."""
    spoilt: Payload = payload
    if isinstance(payload, dict) and kind == "record_count_wrong" and "record_count" in payload:
        spoilt = {**payload, "record_count": payload["record_count"] + EXCESS}
    elif kind == "empty_page":
        spoilt = {key: _emptied(value) for key, value in payload.items()} if isinstance(payload, dict) else []
    body = orjson.dumps(spoilt)
    return body[: len(body) // 2] if kind == "truncated_json" else body


def _emptied(value: Any) -> Any:
    return [] if isinstance(value, list) else value

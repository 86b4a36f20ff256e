"""A server of pre-serialised pages, in a process of its own: so that what is measured is the client and not the server.

It answers lists of simulated tickets with many ids; everything else of a pull is an empty list. The one thing to know: bytes are made
before the first request, and pages are cut to 100 rows as HaloPSA does.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from handoff_pipeline.simulator import SimulatedHalo, build_world
from handoff_pipeline.simulator.configuration import FIELDS

PAGE = 100
MOMENT = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)
SHARES = {"opportunities": 10, "projects": 4, "quotation": 8}
"""Rows of each list per ten opportunities."""
ENVELOPES = {
    "opportunities": "tickets",
    "projects": "tickets",
    "tickets": "tickets",
    "quotation": "quotes",
    "salesorder": "salesorders",
    "actions": "actions",
    "appointment": "appointments",
    "client": "clients",
    "site": "sites",
    "invoice": "invoices",
    "clientcontract": "contracts",
    "milestone": "data",
}


def pages(opportunities: int) -> dict[str, list[bytes]]:
    """Endpoint -> its pages, serialised; ids are 1 to n."""
    snapshot = SimulatedHalo(build_world(deals=120), MOMENT).snapshot()
    patterns: dict[str, list[dict[str, Any]]] = {
        "opportunities": snapshot.opportunities,
        "projects": snapshot.projects,
        "quotation": snapshot.quotations,
    }
    return {name: list(_serialised(name, patterns[name], opportunities * share // 10)) for name, share in SHARES.items()}


def _serialised(name: str, patterns: list[dict[str, Any]], total: int) -> Iterator[bytes]:
    rows = ({**row, "id": number} for number, row in zip(range(1, total + 1), itertools.cycle(patterns), strict=False))
    for number in itertools.count(1):
        page = list(itertools.islice(rows, PAGE))
        if not page:
            return
        yield orjson.dumps({"record_count": total, "page_no": number, "page_size": PAGE, ENVELOPES[name]: page})


def application(opportunities: int) -> Starlette:
    """The app; any token will do, since signing in is not what is measured."""
    held = pages(opportunities)
    fields = orjson.dumps([field.row() for field in FIELDS.values()])
    types = orjson.dumps([{"id": 24, "name": "Project Change Request"}])

    async def answer(request: Request) -> Response:
        name = request.path_params["name"].lower()
        if name == "fieldinfo":
            return Response(fields, media_type="application/json")
        if name == "tickettype":
            return Response(types, media_type="application/json")
        number = int(request.query_params.get("page_no", "1"))
        found = held.get(name, [])
        if number <= len(found) and "idonly" not in request.query_params and "ticketidonly" not in request.query_params:
            return Response(found[number - 1], media_type="application/json")
        if name in ENVELOPES:
            return Response(orjson.dumps({"record_count": len(found) * PAGE, ENVELOPES[name]: []}), media_type="application/json")
        return Response(b"[]", media_type="application/json")

    async def authinfo(request: Request) -> Response:
        return JSONResponse({"auth_url": f"http://{request.url.netloc}/auth", "tenant_id": "bench"})

    async def token(_request: Request) -> Response:
        return JSONResponse({"access_token": "bench-token", "token_type": "Bearer", "expires_in": 3600})

    return Starlette(
        routes=[
            Route("/api/authinfo", authinfo),
            Route("/auth/token", token, methods=["POST"]),
            Route("/api/{name}", answer),
        ]
    )


def main() -> None:
    """Serve on a free port of loopback, say which one on standard output, and stop when standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--opportunities", type=int, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    sys.stdout.flush()
    uvicorn.run(application(given.opportunities), host="127.0.0.1", port=given.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()

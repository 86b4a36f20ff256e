"""The simulated HaloPSA as an ASGI app: sign-in, access, limits, faults, and a clock that a test or the demo advances.

`SimulatedHalo` holds the state; what the endpoints answer is in `endpoints`. The limiter and the tokens' life run on the
time function, the world on `now`: advancing a day gives nobody new requests.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from handoff_pipeline.simulator.access import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, KNOWN_SCOPES, RollingLimiter, TokenBook
from handoff_pipeline.simulator.endpoints import ENDPOINTS, Endpoint
from handoff_pipeline.simulator.faults import REPLACING, FaultClock, replacement, spoil
from handoff_pipeline.simulator.index import Index
from handoff_pipeline.simulator.quirks import FaultKind, Quirks
from handoff_pipeline.simulator.store import Snapshot
from handoff_pipeline.simulator.truth import Truth

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class LoggedRequest:
    """One request as answered; `endpoint` is the path's template, e.g. "/SalesOrder/{id}", `query` its raw query string."""

    method: str
    path: str
    query: str
    endpoint: str
    status: int


class SimulatedHalo:
    """A simulated tenant at a moment of its world.

    `quirks` may be replaced between requests. `requests` is the log, sign-in included; `app` is the ASGI application.
    """

    def __init__(self, truth: Truth, now: datetime, quirks: Quirks | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """Open the tenant of `truth` at `now` (aware); `clock` gives the seconds that limiter and tokens run on.

        Raises ValueError when `now` has no time zone.
        """
        if now.tzinfo is None:
            message = f"the simulator's moment {now.isoformat()} has no time zone: give an aware datetime, e.g. with tzinfo=UTC"
            raise ValueError(message)
        self.truth, self.now, self.quirks = truth, now.astimezone(UTC), quirks or Quirks()
        self.requests: list[LoggedRequest] = []
        self.tokens, self.limiter, self.fault_clock = TokenBook(clock), RollingLimiter(clock), FaultClock()
        self._index = Index(truth)
        self._snapshot: tuple[tuple[datetime, frozenset[int]], Snapshot] | None = None
        self.app = Starlette(
            routes=[
                Route("/api/authinfo", self._authinfo),
                Route("/auth/token", self._token, methods=["POST"]),
                Route("/api/{rest:path}", self._api, methods=["GET", "POST", "DELETE"]),
                Route("/sim/clock", self._sim_clock),
                Route("/sim/advance", self._sim_advance, methods=["POST"]),
            ]
        )

    def advance(self, days: float = 1, hours: float = 0) -> datetime:
        """Move the world's clock forward and give the new moment."""
        self.now += timedelta(days=days, hours=hours)
        return self.now

    def snapshot(self) -> Snapshot:
        """Give the store at the present moment; kept until the clock or the hidden tickets change."""
        key = (self.now, self.quirks.hidden_ticket_ids)
        if self._snapshot is None or self._snapshot[0] != key:
            self._snapshot = (key, Snapshot(self._index, *key))
        return self._snapshot[1]

    def count(self, endpoint: str | None = None) -> int:
        """Give how many requests were made, or how many to one endpoint such as "/SalesOrder/{id}"."""
        return sum(1 for request in self.requests if endpoint is None or request.endpoint.lower() == endpoint.lower())

    def counts(self) -> dict[str, int]:
        """Give the number of requests per endpoint."""
        return dict(Counter(request.endpoint for request in self.requests))

    def _answer(self, request: Request, endpoint: str, response: Response) -> Response:
        self.requests.append(LoggedRequest(request.method, request.url.path, request.url.query, endpoint, response.status_code))
        response.headers["date"] = format_datetime(self.now, usegmt=True)
        return response

    async def _authinfo(self, request: Request) -> Response:
        base = f"{request.url.scheme}://{request.url.netloc}"
        return self._answer(request, "/authinfo", JSONResponse({"auth_url": f"{base}/auth", "tenant_id": self.truth.tenant}))

    async def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
        tenant = request.query_params.get("tenant", form.get("tenant", self.truth.tenant))
        return self._answer(request, "/auth/token", self._sign_in(form, tenant))

    def _sign_in(self, form: dict[str, str], tenant: str) -> Response:
        if tenant != self.truth.tenant:
            return Response(status_code=500)  # H: a wrong tenant gave 500 on one tenant
        if form.get("grant_type") != "client_credentials":
            return _refusal("unsupported_grant_type", "The specified 'grant_type' is not supported.")
        if (form.get("client_id"), form.get("client_secret")) != (DEMO_CLIENT_ID, DEMO_CLIENT_SECRET):
            return _refusal("invalid_client", "The specified client credentials are invalid.", 401)
        scopes = frozenset(form.get("scope", "").split())
        if not scopes or scopes - KNOWN_SCOPES:
            return _refusal("invalid_scope", "The specified 'scope' is invalid.")
        life = self.quirks.token_life_seconds
        token = self.tokens.issue(scopes, life)
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": life, "scope": " ".join(sorted(scopes))})

    async def _api(self, request: Request) -> Response:
        head, _, tail = request.path_params["rest"].strip("/").partition("/")
        endpoint = ENDPOINTS.get(f"/{head}".lower())
        name = f"/{head}" if endpoint is None else endpoint.path + ("/{id}" if tail else "")
        return self._answer(request, name, self._respond(request, endpoint, name, tail))

    def _respond(self, request: Request, endpoint: Endpoint | None, name: str, tail: str) -> Response:
        grant = self.tokens.grant(request.headers.get("authorization"))
        if grant is None:
            return Response(status_code=401)
        wait = self.limiter.refuse(self.quirks.rate_limit_requests, self.quirks.rate_limit_seconds) if self.quirks.rate_limit else None
        if wait is not None:
            return self._too_many(wait)
        if endpoint is None:
            return Response(status_code=404)
        if request.method != "GET":
            return Response(status_code=405, headers={"allow": "GET"})
        if not grant.may_read(endpoint.resource) or endpoint.resource in self.quirks.denied_scopes:
            return Response(status_code=403)  # H: usually without a body
        kind = self.fault_clock.due(name, f"/{request.path_params['rest'].strip('/')}", self.quirks.faults)
        return replacement(kind) if kind in REPLACING else self._read(request, endpoint, tail, kind)

    def _read(self, request: Request, endpoint: Endpoint, tail: str, kind: FaultKind | None) -> Response:
        params = {key.lower(): value for key, value in request.query_params.items()}
        if kind == "repeat_page" and params.get("page_no", "").isdigit():
            params["page_no"] = str(max(1, int(params["page_no"]) - 1))
        if not tail:
            return Response(spoil(kind, endpoint.lists(self.snapshot(), params, self.quirks)), media_type="application/json")
        found = endpoint.reads(self.snapshot(), params, self.quirks, int(tail)) if endpoint.reads and tail.isdigit() else None
        return Response(status_code=404) if found is None else Response(spoil(kind, found), media_type="application/json")

    def _too_many(self, wait: float) -> Response:
        quirks = self.quirks
        minutes = quirks.rate_limit_seconds / 60
        text = f"Rate Limit Reached - {quirks.rate_limit_requests} Requests per rolling {minutes:g} minute window"
        body = text if quirks.rate_limit_body == "string" else {"error": text}
        headers = {"retry-after": str(int(wait) + 1)} if quirks.retry_after else {}
        return Response(orjson.dumps(body), 429, headers, media_type="application/json")

    async def _sim_clock(self, request: Request) -> Response:
        return JSONResponse({"now": self.now.isoformat()}) if _is_local(request) else Response(status_code=403)

    async def _sim_advance(self, request: Request) -> Response:
        if not _is_local(request):
            return Response(status_code=403)
        try:
            days = float(request.query_params.get("days", "1"))
            hours = float(request.query_params.get("hours", "0"))
        except ValueError:
            return JSONResponse({"error": "days and hours are numbers, e.g. /sim/advance?days=1"}, 400)
        return JSONResponse({"now": self.advance(days, hours).isoformat()})


def _refusal(error: str, description: str, status: int = 400) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)


def _is_local(request: Request) -> bool:
    return request.client is not None and request.client.host in LOOPBACK

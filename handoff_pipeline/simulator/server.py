"""The simulated HaloPSA as an ASGI app: sign-in, access, limits, faults, and a clock that a test or the demo advances.

`SimulatedHalo` holds the state; what GET answers is in `reading` and the endpoints, POST and DELETE in `writes`. The one thing
to know: the limiter and the tokens' life run on the time function, the world on `now`, so advancing a day gives nobody new
requests.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from handoff_pipeline.simulator.access import Grant, RollingLimiter, TokenBook
from handoff_pipeline.simulator.calls import Call, Deed
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.desks import Desks
from handoff_pipeline.simulator.edits import Edits
from handoff_pipeline.simulator.endpoints import ENDPOINTS, Endpoint
from handoff_pipeline.simulator.faults import instead
from handoff_pipeline.simulator.index import Index
from handoff_pipeline.simulator.overlay import Edit, Ground, Key
from handoff_pipeline.simulator.quirks import FaultKind, Quirks
from handoff_pipeline.simulator.reading import read
from handoff_pipeline.simulator.refusals import too_many
from handoff_pipeline.simulator.restrictions import NOTHING_HIDDEN, Restrictions
from handoff_pipeline.simulator.schedule import EVERYWHERE, Happening, RequestClock
from handoff_pipeline.simulator.signin import form_of, openid_configuration, sign_in
from handoff_pipeline.simulator.store import Snapshot
from handoff_pipeline.simulator.truth import Truth
from handoff_pipeline.simulator.writes import Writes

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
TOKEN_PATH = "/auth/token"  # noqa: S105 -- a path


@dataclass(frozen=True)
class LoggedRequest:
    """One request as answered; `endpoint` is the path's template, e.g. "/SalesOrder/{id}", `query` its raw query string.

    `body_bytes` is the size of what was sent, `body` the decoded JSON of a write.
    """

    method: str
    path: str
    query: str
    endpoint: str
    status: int
    body_bytes: int = 0
    body: Any = None


class SimulatedHalo:
    """A simulated tenant at a moment of its world.

    `quirks` may be replaced between requests. `edits` changes the tenant by hand; `happenings` do it while it is being read.
    `requests` is the log, sign-in included; `writes` is what HTTP changed, oldest first; `app` is the ASGI application.
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
        self.happenings: list[Happening] = []
        self.writes: list[Edit] = []
        self.tokens, self.limiter, self.request_clock = TokenBook(clock), RollingLimiter(clock), RequestClock()
        self.edits = Edits(lambda: self.now, self._whole_rows, self._whole_row, self._reissued)
        self.desks = Desks(self.snapshot)
        writes = Writes(self.edits, self.snapshot, lambda: self.now, clock)
        self.deeds: dict[tuple[str, str], Deed] = writes.deeds() | self.desks.deeds()
        self._index = Index(truth)
        self._grounds: tuple[datetime, dict[str, Ground]] = (self.now, {})
        self._snapshots: dict[tuple[datetime, int, Restrictions], Snapshot] = {}
        self.app = Starlette(
            routes=[
                Route("/api/authinfo", self._authinfo),
                Route(TOKEN_PATH, self._token, methods=["POST"]),
                Route("/auth/.well-known/openid-configuration", self._openid),
                Route("/api/{rest:path}", self._api, methods=["GET", "POST", "DELETE"]),
                Route("/sim/clock", self._sim_clock),
                Route("/sim/advance", self._sim_advance, methods=["POST"]),
            ]
        )

    def advance(self, days: float = 1, hours: float = 0) -> datetime:
        """Move the world's clock forward and give the new moment."""
        self.now += timedelta(days=days, hours=hours)
        return self.now

    @property
    def _shown_now(self) -> datetime:
        """The moment by the server's own clock, which tells the Date header and a Retry-After date alike."""
        return self.now + timedelta(seconds=self.quirks.date_skew_seconds)

    def snapshot(self) -> Snapshot:
        """Give the store at the present moment as the agent sees it; kept until the clock, an edit or the restrictions change it."""
        return self._snapshot_of(self.quirks.restrictions)

    def _snapshot_of(self, restrictions: Restrictions) -> Snapshot:
        moment = (self.now, self.edits.version)
        if next(iter(self._snapshots), (*moment, restrictions))[:2] != moment:
            self._snapshots.clear()
        if self._grounds[0] != self.now:
            self._grounds = (self.now, {})
        key = (*moment, restrictions)
        if key not in self._snapshots:
            self._snapshots[key] = Snapshot(self._index, self.now, restrictions, self.edits, self._grounds[1])
        return self._snapshots[key]

    def _whole_rows(self, resource: str) -> list[Row]:
        rows: list[Row] = getattr(self._snapshot_of(NOTHING_HIDDEN), resource, [])
        return rows

    def _whole_row(self, resource: str, key: Key) -> Row | None:
        return self._snapshot_of(NOTHING_HIDDEN).find(resource, key)

    def _reissued(self) -> frozenset[str]:
        return frozenset({"appointments"}) if self.quirks.appointment_update_gives_new_id else frozenset()

    def count(self, endpoint: str | None = None) -> int:
        """Give how many requests were made, or how many to one endpoint such as "/SalesOrder/{id}"."""
        return sum(1 for request in self.requests if endpoint is None or request.endpoint.lower() == endpoint.lower())

    def counts(self) -> dict[str, int]:
        """Give the number of requests per endpoint."""
        return dict(Counter(request.endpoint for request in self.requests))

    async def _answer(self, request: Request, endpoint: str, response: Response, kind: FaultKind | None = None) -> Response:
        body = await request.body()
        call = Call(request.method, endpoint, "", {}, body, self.quirks)
        parsed = None if request.method == "GET" or endpoint == TOKEN_PATH else call.parsed()
        logged = (request.method, request.url.path, request.url.query, endpoint, response.status_code, len(body), parsed)
        self.requests.append(LoggedRequest(*logged))
        seconds = self.quirks.delay_seconds + (self.quirks.slow_seconds if kind == "slow" else 0)
        if seconds:
            await asyncio.sleep(seconds)
        response.headers["date"] = format_datetime(self._shown_now, usegmt=True)
        return response

    async def _authinfo(self, request: Request) -> Response:
        base = f"{request.url.scheme}://{request.url.netloc}"
        return await self._answer(request, "/authinfo", JSONResponse({"auth_url": f"{base}/auth", "tenant_id": self.truth.tenant}))

    async def _openid(self, request: Request) -> Response:
        offered = openid_configuration(f"{request.url.scheme}://{request.url.netloc}")
        return await self._answer(request, "/auth/.well-known/openid-configuration", JSONResponse(offered))

    async def _token(self, request: Request) -> Response:
        form = form_of(await request.body())
        kind = self.request_clock.due(self.request_clock.count(TOKEN_PATH), self.quirks.faults)
        is_tenant = request.query_params.get("tenant", form.get("tenant", self.truth.tenant)) == self.truth.tenant
        response = instead(kind, request, self.quirks, self._shown_now) or sign_in(
            form, is_tenant=is_tenant, tokens=self.tokens, life_seconds=self.quirks.token_life_seconds, kind=kind
        )
        return await self._answer(request, TOKEN_PATH, response, kind)

    async def _api(self, request: Request) -> Response:
        whole = f"/{request.path_params['rest'].strip('/')}"
        head, _, tail = whole[1:].partition("/")
        deed = self.deeds.get((request.method, whole.lower()))
        if deed is not None:
            tail = ""
        else:
            deed = self.deeds.get((request.method, f"/{head}".lower()))
        endpoint = ENDPOINTS.get(f"/{head}".lower())
        path = deed.path if deed else endpoint.path if endpoint else f"/{head}"
        name = path + ("/{id}" if tail and (deed or endpoint) else "")
        response, kind = self._respond(request, endpoint, deed, name, tail, await request.body())
        return await self._answer(request, name, response, kind)

    def _respond(
        self, request: Request, endpoint: Endpoint | None, deed: Deed | None, name: str, tail: str, body: bytes
    ) -> tuple[Response, FaultKind | None]:
        grant = self.tokens.grant(request.headers.get("authorization"))
        refused = self._refused(request, grant, endpoint, deed)
        if grant is None or refused is not None:
            return refused or Response(status_code=401), None
        names = self._count(request, name)
        for each in self.request_clock.happening(names, self.happenings):
            each.act(self)
        kind = self.request_clock.due(names, self.quirks.faults)
        replaced = instead(kind, request, self.quirks, self._shown_now)
        if replaced is not None:
            return replaced, kind
        params = {key.lower(): value for key, value in request.query_params.items()}
        call = Call(request.method, name, tail, params, body, self.quirks, kind)
        if deed is not None:
            before = self.edits.version
            response = deed.act(call)
            self.writes.extend(self.edits.log[before:])
            return response, kind
        if endpoint is None:
            return Response(status_code=404), kind
        return read(endpoint, call, self.snapshot(), self.request_clock.seen[name.lower()] - 1), kind

    def _refused(self, request: Request, grant: Grant | None, endpoint: Endpoint | None, deed: Deed | None) -> Response | None:
        """Give what stops the request before it is counted: token, limiter, path, method, scope; None where nothing does."""
        if grant is None:
            return Response(status_code=401)
        quirks = self.quirks
        wait = self.limiter.refuse(quirks.rate_limit_requests, quirks.rate_limit_seconds) if quirks.rate_limit else None
        if wait is not None:
            return too_many(quirks, wait, self._shown_now)
        if deed is not None:
            needed = deed.needs(quirks)
            return None if grant.may_do(needed) and not needed & quirks.denied_scopes else Response(status_code=403)
        if endpoint is None:
            return Response(status_code=404)
        if request.method != "GET":
            return Response(status_code=405, headers={"allow": "GET"})
        may = grant.may_read(endpoint.resource) and endpoint.resource not in quirks.denied_scopes
        return None if may else Response(status_code=403)  # H: usually without a body

    def _count(self, request: Request, name: str) -> frozenset[str]:
        path = f"/{request.path_params['rest'].strip('/')}"
        named = {name.lower(), path.lower()}
        return self.request_clock.count(EVERYWHERE, *named, *(f"{request.method} {each}" for each in named))

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


def _is_local(request: Request) -> bool:
    return request.client is not None and request.client.host in LOOPBACK

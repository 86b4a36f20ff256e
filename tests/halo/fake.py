"""A small HaloPSA for unit tests, scripted by each test, and a clock whose sleep takes no time.

It knows only what the tests need and nothing of the simulator: the client must be right against both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import orjson
from pydantic import SecretStr

from handoff_pipeline.halo.report import PullPlan, PullReport
from handoff_pipeline.settings import Settings

NOW = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
SECRET = "5f9a77aa-3c1e+4d/b=secret"
TOKEN = "token-that-nobody-may-see"
Handler = Callable[[httpx.Request], Any]


class InstantClock:
    """Time that passes only by sleeping. `slept` keeps every wait."""

    def __init__(self, at: datetime = NOW) -> None:
        self._start = at
        self._seconds = 1000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._seconds - 1000.0)

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._seconds += seconds
        await asyncio.sleep(0)

    def pass_by(self, seconds: float) -> None:
        self._seconds += seconds


def settings(tmp_path: Path, **overrides: Any) -> Settings:
    values: dict[str, Any] = {
        "halo_url": "https://acme.halopsa.com",
        "halo_client_id": "reader",
        "halo_client_secret": SecretStr(SECRET),
        "home": tmp_path,
        "history_start": (NOW - timedelta(days=14)).date(),
    }
    return Settings(_env_file=None, **(values | overrides))


def plan(**overrides: Any) -> PullPlan:
    values: dict[str, Any] = {"as_of": NOW, "change_type_names": frozenset({"Project Change Request"})}
    return PullPlan(**(values | overrides))


def answer(document: Any, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, content=orjson.dumps(document), headers={"content-type": "application/json; charset=utf-8", **headers})


def tickets(first: int, last: int, **values: Any) -> list[dict[str, Any]]:
    return [{"id": number, "summary": f"ticket {number}", **values} for number in range(first, last + 1)]


@dataclass
class FakeHalo:
    """Answers by path. `lists` are served in pages of `cap` at most; `handlers` replace a path's answer; `seen` keeps every request."""

    cap: int = 100
    lists: dict[str, tuple[str, list[dict[str, Any]]]] = field(default_factory=dict)
    handlers: dict[str, Handler] = field(default_factory=dict)
    seen: list[httpx.Request] = field(default_factory=list)
    tokens: int = 0
    date: datetime = NOW
    expires_in: int = 3600

    def __post_init__(self) -> None:
        self.lists = {
            "/api/Opportunities": ("tickets", []),
            "/api/Projects": ("tickets", []),
            "/api/Tickets": ("tickets", []),
            "/api/Quotation": ("quotes", []),
            "/api/SalesOrder": ("salesorders", []),
            "/api/Appointment": ("appointments", []),
            "/api/Client": ("clients", []),
            "/api/Site": ("sites", []),
            "/api/Milestone": ("data", []),
            "/api/Invoice": ("invoices", []),
            "/api/ClientContract": ("contracts", []),
        } | self.lists

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def to(self, path: str) -> list[httpx.Request]:
        """The requests to a path, in order."""
        return [request for request in self.seen if request.url.path == path]

    def token_posts(self) -> list[httpx.Request]:
        return self.to("/auth/token")

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        await asyncio.sleep(0)
        handler = self.handlers.get(request.url.path, self._default)
        reply: Any = handler(request)
        if asyncio.iscoroutine(reply):
            reply = await reply
        if isinstance(reply, Exception):
            raise reply
        reply.headers.setdefault("date", self.date.strftime("%a, %d %b %Y %H:%M:%S GMT"))
        return cast("httpx.Response", reply)

    def _default(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/api/authinfo":
            return answer({"auth_url": "https://acme.halopsa.com/auth", "tenant_id": "acme"})
        if path == "/auth/token":
            return self.token()
        if path in self.lists:
            return self.page(request, *self.lists[path])
        bare = {
            "/api/TicketType": [{"id": 1, "name": "Incident"}, {"id": 24, "name": "Project Change Request"}],
            "/api/FieldInfo": [{"id": 7, "name": "CFDealType"}, {"id": 9, "name": "CFOther"}],
            "/api/Status": [{"id": 1, "name": "New"}],
            "/api/Lookup": [{"id": 1, "name": "one"}],
            "/api/Agent": [{"id": 1, "name": "Unassigned"}],
            "/api/TicketApproval": [{"ticket_id": 5, "seq": 1}],
            "/api/Actions": {"actions": []},
            "/api/Team": [{"id": 1, "name": "Sales"}],
            "/api/Timesheet": [{"id": 0, "agent_id": 1, "date": "2026-11-01T00:00:00"}],
            "/api/Attachment": [],
        }
        return answer(bare[path]) if path in bare else httpx.Response(404)

    def token(self) -> httpx.Response:
        self.tokens += 1
        return answer({"access_token": f"{TOKEN}-{self.tokens}", "token_type": "Bearer", "expires_in": self.expires_in})

    def page(self, request: httpx.Request, key: str, rows: list[dict[str, Any]], total: int | None = None) -> httpx.Response:
        """One page as HaloPSA gives it: cut to the cap, `record_count` over all."""
        size = min(self.cap, int(request.url.params["page_size"]))
        start = (int(request.url.params["page_no"]) - 1) * size
        return answer({"record_count": len(rows) if total is None else total, key: rows[start : start + size]})


def pull_from(
    halo: FakeHalo, tmp_path: Path, clock: InstantClock | None = None, a_plan: PullPlan | None = None, **overrides: Any
) -> PullReport:
    """One pull from the fake tenant into tmp_path/inbox."""
    from handoff_pipeline.halo import pull

    checkpoint = overrides.pop("checkpoint", lambda _name: None)
    return pull(
        settings(tmp_path, **overrides),
        a_plan or plan(),
        tmp_path / "inbox",
        clock or InstantClock(),
        checkpoint=checkpoint,
        transport=halo.transport,
    )


def landed_ids(report: PullReport, entity: str) -> list[int]:
    """Ids in the entity's files, sorted, duplicates kept."""
    ids = []
    for file in report.entities[entity].files:
        document = orjson.loads(file.path.read_bytes())
        rows = document if file.shape == "array" else [document] if file.shape == "object" else document[file.shape]
        ids += [row["id"] for row in rows]
    return sorted(ids)

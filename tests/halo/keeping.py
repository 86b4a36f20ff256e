"""A small HaloPSA that keeps what is posted, for the writer's tests; each test says in which manner it answers and what it ignores."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
from pydantic import SecretStr

from handoff_pipeline.halo.writer import HaloWriter, writing
from tests.halo.fake import NOW, FakeHalo, InstantClock, answer, settings

WRITER_SECRET = "w7c1-0ther+secret/of=the-writer"
TICKETS = {"/api/Tickets", "/api/Opportunities", "/api/Projects"}


@dataclass
class KeepingHalo(FakeHalo):
    """`records` by (store, id). `reply` shapes the answer to a POST; fields of `ignored` are accepted and not kept."""

    records: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    reply: Callable[[dict[str, Any]], httpx.Response] = lambda record: answer(record, 201)

    def posts(self) -> list[httpx.Request]:
        """Every POST below the API."""
        return [request for request in self.seen if request.method == "POST" and request.url.path.startswith("/api/")]

    def bodies(self) -> list[Any]:
        """What was posted, decoded."""
        return [orjson.loads(request.content) for request in self.posts()]

    def keep(self, store: str, **record: Any) -> int:
        """Puts a record there; its id."""
        number = record.setdefault("id", 1 + max((known for name, known in self.records if name == store), default=4000))
        self.records[store, number] = record
        return int(number)

    def write(self, request: httpx.Request) -> httpx.Response:
        """The upsert: merge by id, else create; arrays are replaced whole. Ids are numbered per store, as sequences are."""
        (sent,) = orjson.loads(request.content)
        store = "/api/Tickets" if request.url.path in TICKETS else request.url.path
        kept = {name: value for name, value in sent.items() if name not in self.ignored}
        name = "seq" if store == "/api/TicketApproval" else "id"
        if not sent.get(name):
            kept[name] = 1 + max((known for where, known in self.records if where == store), default=4000)
        record = self.records.setdefault((store, kept[name]), {})
        record.update(kept)
        for row in record.get("milestones", ()):
            row.setdefault("id", 1 + max((other.get("id", 0) for other in record["milestones"]), default=0))
        return self.reply(dict(record))

    def _default(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.method == "POST" and path.startswith("/api/"):
            return self.write(request)
        store, _, number = path.rpartition("/")
        if number.isdecimal():
            record = self.records.get((store, int(number)))
            return answer({name: value for name, value in record.items() if value is not None}) if record else httpx.Response(404)
        kept = [record for (where, _), record in self.records.items() if where == ("/api/Tickets" if path in TICKETS else path)]
        if path in TICKETS and kept:
            return self.page(request, "tickets", [{"id": record["id"]} for record in kept])
        return answer(kept) if kept else super()._default(request)


def writer_settings(tmp_path: Path, **overrides: Any) -> Any:
    """Settings with a credential of the writer's own."""
    own = {"halo_writer_client_id": "writer", "halo_writer_client_secret": SecretStr(WRITER_SECRET)}
    return settings(tmp_path, **(own | overrides))


@asynccontextmanager
async def writer_to(halo: FakeHalo, tmp_path: Path, clock: InstantClock | None = None, **overrides: Any) -> AsyncIterator[HaloWriter]:
    """A writer to the small tenant."""
    async with writing(writer_settings(tmp_path, **overrides), clock or InstantClock(), halo.transport) as writer:
        yield writer


JUST_BEFORE = NOW - timedelta(minutes=5)

"""One list of a tenant that changes: filters by last update and by ids, ids alone, deleted records, and edits between two requests.

It stands behind a path of `FakeHalo`. A parameter that it is told not to honour is ignored, as HaloPSA ignores what it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.halo.fake import NOW, answer

OLD = NOW - timedelta(days=40)
Row = dict[str, Any]


def row(number: int, at: datetime = OLD, **values: Any) -> Row:
    return {"id": number, "summary": f"record {number}", "last_update": f"{at:%Y-%m-%dT%H:%M:%S}", **values}


def records(first: int, last: int, at: datetime = OLD, **values: Any) -> list[Row]:
    return [row(number, at, **values) for number in range(first, last + 1)]


@dataclass
class Store:
    """`rows` are live, `gone` deleted. `edit` is called with the number of every request before it is answered."""

    rows: list[Row]
    key: str = "tickets"
    gone: list[Row] = field(default_factory=list)
    ignored: frozenset[str] = frozenset()
    edit: Callable[[int], None] = lambda _number: None
    cap: int = 100
    asked: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = {name: value for name, value in request.url.params.items() if name not in self.ignored}
        self.asked.append(dict(request.url.params))
        self.edit(len(self.asked))
        rows = sorted(self.gone if query.get("deleted") == "true" else self.rows, key=lambda each: each["id"])
        if "lastupdatefromdate" in query:
            since = datetime.fromisoformat(query["lastupdatefromdate"]).replace(tzinfo=None)
            rows = [each for each in rows if datetime.fromisoformat(each["last_update"]) >= since]
        if "ticketids" in query:
            wanted = {int(number) for number in query["ticketids"].split(",")}
            rows = [each for each in rows if each["id"] in wanted]
        if "pageinate" not in query:
            rows = rows[: int(query.get("count", 50))]
            rows = [{"id": each["id"]} for each in rows] if "idonly" in query else rows[:50]
            return answer({"record_count": len(rows), self.key: rows})
        size = min(self.cap, int(query["page_size"]))
        start = (int(query["page_no"]) - 1) * size
        return answer({"record_count": len(rows), self.key: rows[start : start + size]})

    def one(self, number: int) -> Callable[[httpx.Request], httpx.Response]:
        """The single answer of a record; 404 where it is not there."""
        return lambda _request: next((answer(each) for each in self.rows if each["id"] == number), httpx.Response(404))

    def sweeps(self) -> int:
        """How often the ids were asked for alone."""
        return sum("idonly" in query for query in self.asked)

    def delete(self, *numbers: int) -> None:
        self.gone += [each for each in self.rows if each["id"] in numbers]
        self.rows = [each for each in self.rows if each["id"] not in numbers]

    def add(self, rows: Iterable[Row]) -> None:
        self.rows = [*self.rows, *rows]

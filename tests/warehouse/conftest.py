"""A home with its lease and ledger, and pulls written by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handoff_pipeline.ledger import Ledger, Run
from handoff_pipeline.warehouse import Home, Lease, acquire
from handoff_pipeline.warehouse.report import EntityState

NIGHT = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)


@dataclass(frozen=True)
class File:
    path: Path
    shape: str


@dataclass(frozen=True)
class Entity:
    files: tuple[File, ...] = ()
    rows_seen: int = 0
    state: EntityState = "complete"
    rows_expected: int | None = None
    requests: int = 1
    cursor_utc: datetime | None = None
    detail: str | None = None
    is_full: bool = True
    covered: tuple[datetime, datetime] | None = None
    present: Path | None = None
    listed_deleted: frozenset[int] = frozenset()
    asked: dict[str, str] = field(default_factory=dict)
    requests_minimum: int | None = None
    may_land: bool = False


@dataclass(frozen=True)
class Report:
    entities: dict[str, Entity] = field(default_factory=dict)


def page(home: Home, entity: str, content: object, shape: str = "array", name: str = "00001") -> File:
    """A page in the inbox; text is written as it is, everything else as JSON."""
    path = home.inbox / entity / f"{name}.json"
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return File(path, shape)


def rows_of(home: Home, entity: str, rows: list, **changes) -> Report:
    """A pull of one entity in one array page."""
    distinct = len({json.dumps([row.get("id"), row.get("seq"), row.get("ticket_id")]) for row in rows})
    return Report({entity: Entity((page(home, entity, rows),), distinct, **changes)})


def a_run(run_id: str = "r1", at: datetime = NIGHT) -> Run:
    return Run(run_id, at, at, "2026-09", "hash", "duckdb", "shadow", requests=3)


@pytest.fixture
def home(tmp_path) -> Home:
    made = Home(tmp_path / "home")
    made.prepare()
    return made


@pytest.fixture
def ledger(home) -> Iterator[Ledger]:
    with Ledger.open(home.ledger_file) as opened:
        yield opened


@pytest.fixture
def lease(home) -> Iterator[Lease]:
    with acquire(home, "r1") as held:
        yield held

"""A command line that is called as a person calls it: arguments in; exit code, standard output and standard error out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from handoff_pipeline.commands.main import execute
from handoff_pipeline.tables import TABLES, duckdb_type
from tests.commands.outbox_world import acting, gap, ledger, people, policy

__all__ = ["acting", "gap", "handoff", "ledger", "people", "policy", "publish"]


@dataclass(frozen=True)
class Said:
    """What one call of the command line gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, decoded: fails where anything but JSON stands there."""
        return json.loads(self.out)


@pytest.fixture
def handoff(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkout: Path) -> Callable[..., Said]:
    """Call `handoff` in an empty folder, with the example policy and a home of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("HANDOFF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HANDOFF_POLICY_FILE", str(checkout / "handoff.yaml"))

    def call(*arguments: str) -> Said:
        capfd.readouterr()
        code = execute(arguments)
        said = capfd.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.fixture
def publish(tmp_path: Path) -> Callable[..., None]:
    """Put rows into a published copy made of the registry's empty tables; a column that is not named gets a plain value of its type."""
    plain = {"bigint": 0, "double": 0.0, "money": 0, "date": "2026-09-01", "utc": "2026-09-01 10:00:00", "bool": False, "text": "x"}
    file = tmp_path / "home" / "published" / "handoff.duckdb"
    file.parent.mkdir(parents=True)
    with duckdb.connect(str(file)) as conn:
        for table in TABLES.values():
            conn.execute(f"create table {table.name} ({', '.join(f'{column.name} {duckdb_type(column)}' for column in table.columns)})")

    def put(table: str, **values: object) -> None:
        row = {column.name: None if column.nullable else plain[column.type] for column in TABLES[table].columns} | values
        with duckdb.connect(str(file)) as conn:
            conn.table(table).insert(list(row.values()))

    return put

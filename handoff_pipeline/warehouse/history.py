"""history/history.duckdb: which tables it holds, its nights, and the one that a day asks for.

How a night is added is history_keep.py's, how one is taken out again history_restore.py's.
The one thing to know: every table keeps a row from the night that first saw it (`valid_from_night`) to the one that saw it no more
(`valid_to_night`), so the rows of any published night are there, typed and without HaloPSA's payloads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import duckdb

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.warehouse.engine import Connection, explain, lock_down

FROM_NIGHT: Final = "valid_from_night"
TO_NIGHT: Final = "valid_to_night"
LEFT_OUT: Final = frozenset({"payload"})
"""Columns that hold HaloPSA's own JSON: what is typed out of it is kept, it is not."""
OWN: Final = "kept"
"""Schema of what history takes from elsewhere than the work file's tables of the same name."""
_LAYERS: Final = frozenset({"staging", "ledger"})
_TABLES: Final = frozenset({"raw.batch", "raw.load_batch", "kpi.kpi_restatement"})
_AGAIN: Final = "The next complete night begins a new history; nights before it can then not be rebuilt. A backup may hold an older file."


class EarlierForm(WarehouseError):
    """The history was written by an earlier release and holds no nights; the next complete night begins a new one in its place."""


@dataclass(frozen=True, slots=True)
class KeptNight:
    """One published night. `landed_by` is the run that pulled it, `run_id` the one that published it; moments are aware UTC.

    `tenant`, `links_base` and `time_zone` are what the night's keys, links and days were made with; None in a home without them.
    `content_hash` is the manifest's.
    """

    night_no: int
    run_id: str
    landed_by: str
    as_of: datetime
    published_at: datetime
    policy_version: str
    policy_hash: str
    product_version: str
    content_hash: str
    tenant: str | None
    links_base: str | None
    time_zone: str | None

    @property
    def local_day(self) -> date:
        """The local day of its as-of."""
        return self.as_of.astimezone(ZoneInfo(self.time_zone or "UTC")).date()


def is_held(table: str) -> bool:
    """Whether history holds `layer.table` of the work file: everything that models past staging read and that is not made from it."""
    return table.partition(".")[0] in _LAYERS or table in _TABLES


def mend(file: Path) -> str:
    """What to do about a history that cannot be read. No night begins a new one over it: only a person knows whether there is a backup."""
    return (
        "Close programs that have it open. If it is damaged, restore it from a backup. Without one move it away, never delete it"
        f" (`mv {file} {file}.damaged`), and run again: that night begins a new history. Nights before it can then not be rebuilt, and"
        " where `published/` is gone as well the earlier rows of kpi_restatement are lost."
    )


@contextmanager
def reading(file: Path, *, of: Path | None = None) -> Iterator[Connection]:
    """The history at `file`, read-only and locked down; `of` is the history that it is a copy of, for the messages.

    Raises:
        WarehouseError: there is none, or it cannot be read, be it in the block.
        EarlierForm: an earlier release wrote it in another form.
    """
    named = of or file
    if not file.exists():
        raise WarehouseError(f"There is no history at {named}.", "It is written by the first complete night: `handoff run`.")
    try:
        conn = duckdb.connect(str(file), read_only=True)
    except duckdb.Error as error:
        raise WarehouseError(f"The history {named} cannot be opened: {explain(error)}.", mend(named)) from None
    try:
        conn.execute("set TimeZone = 'UTC'")
        lock_down(conn)
        if not has_nights(conn):
            raise EarlierForm(f"{named} was written by an earlier release and holds no nights.", _AGAIN)
        yield conn
    except duckdb.Error as error:
        raise WarehouseError(f"The history {named} cannot be read: {explain(error)}.", mend(named)) from None
    finally:
        conn.close()


def has_nights(conn: Connection, database: str | None = None) -> bool:
    """Whether the database (the connection's own by default) is a history of this form."""
    where = "current_database()" if database is None else "$database"
    given = {} if database is None else {"database": database}
    query = f"select 1 from duckdb_tables() where database_name = {where} and schema_name = 'main' and table_name = 'night'"  # noqa: S608
    return conn.execute(query, given).fetchone() is not None


def holds(conn: Connection, table: str) -> bool:
    """Whether the history that `conn` is open on has the table (`layer.table`)."""
    query = "select 1 from duckdb_tables() where database_name = current_database() and schema_name || '.' || table_name = $name"
    return conn.execute(query, {"name": table}).fetchone() is not None


def nights(conn: Connection, relation: str = "main.night") -> list[KeptNight]:
    """Every night that is held, in the order in which they were published."""
    names = ", ".join(field.name for field in fields(KeptNight))
    return [_night(row) for row in conn.execute(f"select {names} from {relation} order by night_no").fetchall()]  # noqa: S608


def night_at(held: Sequence[KeptNight], day: date) -> KeptNight:
    """The newest night at or before the end of that local day.

    Raises:
        WarehouseError: there is none; the message names the first day that there is.
    """
    found = [night for night in held if night.local_day <= day]
    if found:
        return max(found, key=lambda night: (night.as_of, night.night_no))
    if not held:
        raise WarehouseError("The history holds no night yet.", "Run a complete night first: `handoff run`.")
    first = min(night.local_day for night in held)
    raise WarehouseError(
        f"The history holds no night at or before {day}: it begins on {first}.", f"Name a day from {first} on: `--as-of {first}`."
    )


def _night(row: Sequence[Any]) -> KeptNight:
    make: Any = KeptNight
    night: KeptNight = make(*(value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for value in row))
    return night

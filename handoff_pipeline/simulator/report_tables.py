"""The simulated tenant's SQL database: tables in HaloPSA's own schema over one snapshot, in a DuckDB in memory.

Columns are in `report_columns`, what SQL may be asked is in `report_sql`. A table is built when a query first names it and
kept as long as the snapshot is. The one thing to know: rows that the agent may not see are missing here as well; whether
HaloPSA's SQL obeys the agent's restrictions is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import duckdb
import orjson

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.report_columns import COLUMNS
from handoff_pipeline.simulator.setup_rows import BUDGET_TYPES
from handoff_pipeline.simulator.store import Snapshot

TYPES: Final = {"int": "bigint", "float": "double", "text": "varchar", "time": "timestamp", "bit": "boolean"}
# How the database stores a custom field's value, by the field's type: a single select as the option's number.
FIELD_TYPES: Final = {cfg.SINGLE_SELECT: "bigint", cfg.DATE: "timestamp", cfg.CHECKBOX: "boolean"}
# The server compares text without regard to case (SQL Server's usual collation), and a query reaches nothing but its tables.
LOCKED: Final = (
    "set default_collation = 'nocase'",
    "set enable_external_access = false",
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set threads = 1",
    "set lock_configuration = true",
)
TABLE_NAMES: Final = {name.lower(): name for name in COLUMNS}


class QueryFailedError(Exception):
    """What the database said, in its own words."""


class Database:
    """The tables of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Open an empty database; nothing is built yet."""
        self.snapshot = snapshot
        self._built: set[str] = set()
        self._conn = duckdb.connect(":memory:")
        for statement in LOCKED:
            self._conn.execute(statement)

    def run(self, sql: str, tables: Iterable[str]) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Run one checked SELECT in DuckDB's dialect and give the names of its columns and its rows.

        Raises QueryFailedError where a column is unknown or a value does not fit, as the server would.
        """
        for name in tables:
            self._build(name)
        cursor = self._conn.cursor()
        try:
            cursor.execute(sql)
            return [column[0] for column in cursor.description or []], cursor.fetchall()
        except duckdb.Error as failed:
            raise QueryFailedError(str(failed).splitlines()[0]) from failed

    def _build(self, name: str) -> None:
        if name in self._built:
            return
        columns, rows = self._columns(name), list(ROWS[name](self.snapshot))
        written = [{column: _stored(row.get(field)) for column, _, field in columns} for row in rows]
        types = {column: kind for column, kind, _ in columns}
        self._conn.execute(f'create table "{name}" ({", ".join(f""""{column}" {kind}""" for column, kind in types.items())})')
        if written:
            sql = f'insert into "{name}" select unnest(from_json($1, $2), recursive := true)'
            self._conn.execute(sql, [orjson.dumps(written).decode(), orjson.dumps([types]).decode()])
        self._built.add(name)

    def _columns(self, name: str) -> list[tuple[str, str, str]]:
        columns = [(column, TYPES[kind], field) for column, kind, field in COLUMNS[name]]
        if name != "FAULTS":
            return columns
        # H: a custom field is stored as a column of its name (section 3.1).
        return columns + [(field["name"], FIELD_TYPES.get(field["type"], "varchar"), field["name"]) for field in self.snapshot.fields]


def _stored(value: Any) -> Any:
    # A moment with a Z is the same moment without it: the database keeps UTC without a zone (H: section 2.5).
    is_zulu = isinstance(value, str) and len(value) in {20, 24} and value[10:11] == "T" and value.endswith("Z")
    return value[:-1] if is_zulu else value


def _faults(snapshot: Snapshot) -> Iterator[Row]:
    for is_deleted, rows in ((False, snapshot.tickets), (True, snapshot.deleted_tickets)):
        for row in rows:
            custom = {field["name"]: field.get("value") for field in row.get("customfields") or []}
            # H: a row that is no task names itself as its main project, meaning none (section 4).
            yield {"main_project_id": row["id"], **row, "deleted": is_deleted, **custom}


def _types(snapshot: Snapshot) -> Iterator[Row]:
    for row in snapshot.ticket_types:
        yield {**row, "is_opportunity": row.get("use") == "opps", "is_project": row.get("use") == "projects"}


def _parts(pick: Callable[[Snapshot], list[Row]], key: str, **renamed: str) -> Callable[[Snapshot], Iterator[Row]]:
    """Give the rows that lie within others under `key`, with fields of the outer row under new names."""

    def rows(snapshot: Snapshot) -> Iterator[Row]:
        for outer in pick(snapshot):
            for row in outer.get(key) or []:
                yield {**row, **{name: outer[field] for name, field in renamed.items()}}

    return rows


def _lookups(_snapshot: Snapshot) -> Iterator[Row]:
    return ({**row, "lookupid": number} for number, rows in cfg.LOOKUPS.items() for row in rows)


def _timesheets(snapshot: Snapshot) -> Iterator[Row]:
    return ({**row, "number": number} for number, row in enumerate(snapshot.timesheets, start=1))


ROWS: Final[dict[str, Callable[[Snapshot], Iterable[Row]]]] = {
    "FAULTS": _faults,
    "ACTIONS": lambda snapshot: snapshot.actions,
    "REQUESTTYPE": _types,
    "TSTATUS": lambda snapshot: snapshot.statuses,
    "QUOTATIONHEADER": lambda snapshot: snapshot.quotations,
    "QUOTATIONDETAIL": _parts(lambda snapshot: snapshot.quotations, "lines", qhid="id"),
    "ORDERHEAD": lambda snapshot: snapshot.orders,
    "ORDERLINE": _parts(lambda snapshot: snapshot.orders, "lines", salesorder_id="id"),
    "MileStone": lambda snapshot: snapshot.milestones,
    "FaultsMileStone": _parts(lambda snapshot: snapshot.milestones, "tickets", milestone_id="id"),
    "FaultBudget": lambda snapshot: snapshot.budgets,
    "BudgetType": lambda _snapshot: BUDGET_TYPES,
    "FAULTAPPROVAL": lambda snapshot: snapshot.approvals,
    "AUDIT": lambda snapshot: snapshot.audit,
    "LOOKUP": _lookups,
    "UNAME": lambda snapshot: snapshot.agents,
    "UnameCostTracking": lambda snapshot: snapshot.agent_costs,
    "AREA": lambda snapshot: snapshot.clients,
    "SITE": lambda snapshot: snapshot.sites,
    "INVOICEHEADER": lambda snapshot: snapshot.invoices,
    "INVOICEDETAIL": _parts(lambda snapshot: snapshot.invoices, "lines", ihid="id"),
    "CONTRACTHEADER": lambda snapshot: snapshot.contracts,
    "ATTACHMENT": lambda snapshot: snapshot.attachments,
    "Timesheet": _timesheets,
    "APPOINTMENT": lambda snapshot: snapshot.appointments,
}

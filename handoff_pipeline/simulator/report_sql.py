"""SQL through the API: which SELECTs HaloPSA runs, what it says to the others, and the shapes of its answers (H: section 2.5).

The tables are in `report_tables`; SQL Server's dialect is read by SQLGlot and written for DuckDB. The one thing to know:
wrong SQL is no HTTP error. The answer is 200 with `loaded` false and `load_error`, and no rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.report_tables import TABLE_NAMES, Database, QueryFailedError
from handoff_pipeline.simulator.store import Snapshot

ORDERED: Final = (
    "The ORDER BY clause is invalid in views, inline functions, derived tables, subqueries, and common table expressions,"
    " unless TOP, OFFSET or FOR XML is also specified."
)
_TEXTS: Final = re.compile(r"'(?:[^']|'')*'|\[[^\]]*\]|\"[^\"]*\"")
# What SQLGlot would read and SQL Server does not know.
_FOREIGN: Final = re.compile(r"\b(limit|ilike|qualify|using|true|false)\b|::|\|\|", re.IGNORECASE)
# H: the viewer's variables are put in; those of a portal's user are 0 through the API (conduit).
_VIEWER: Final = re.compile(r"\$(agentid|clientid|siteid|userid)\b", re.IGNORECASE)
_TEXT_TYPES: Final = ("varchar", "nvarchar")
_CLOCKS: Final = frozenset({"GETUTCDATE", "SYSUTCDATETIME", "SYSDATETIME"})
ISO: Final = "%Y-%m-%dT%H:%M:%S"
STORED: Final[dict[int, Row]] = {
    1: {
        "id": 1,
        "name": "Open opportunities",
        "group_id": 1,
        "group_name": "Sales",
        "type": 0,
        "sql": "SELECT Faultid AS [Opportunity], Symptom AS [Summary], FOppValue AS [Value] FROM FAULTS"
        " INNER JOIN REQUESTTYPE ON RTid = RequestTypeNew WHERE RTIsOpportunity = 1 AND FDeleted = 0 AND Status NOT IN (22, 23)",
    }
}


class RefusedSqlError(Exception):
    """What HaloPSA would write into `load_error`."""


@dataclass(frozen=True)
class Loaded:
    """The outcome of a query; `error` is empty where it ran."""

    columns: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    error: str = ""


@dataclass(frozen=True)
class Asker:
    """Who asks, when, and how this tenant answers."""

    agent_id: int
    now: datetime
    quirks: Quirks


class ReportDesk:
    """Runs SQL over the present snapshot; the database of the last one is kept."""

    def __init__(self) -> None:
        """Start without a database."""
        self._database: Database | None = None

    def run(self, snapshot: Snapshot, sql: str, asker: Asker) -> Loaded:
        """Run one SELECT; a row cap among the quirks cuts its rows in silence."""
        if self._database is None or self._database.snapshot is not snapshot:
            self._database = Database(snapshot)
        try:
            put_in = _VIEWER.sub(lambda name: str(asker.agent_id) if name[1].lower() == "agentid" else "0", sql)
            query, tables = checked(put_in, asker.now)
            columns, rows = self._database.run(query, tables)
        except RefusedSqlError as refused:
            return Loaded(error=str(refused))
        except QueryFailedError as failed:
            return Loaded(error=_as_server_says(failed))
        found = [dict(zip(columns, map(_written, row), strict=True)) for row in rows]
        return Loaded(columns, found[: asker.quirks.report_row_cap] if asker.quirks.report_row_cap else found)

    def post(self, snapshot: Snapshot, documents: list[Row], asker: Asker) -> Row | list[Row]:
        """Answer POST /Report: several objects collapse to the last one (H: section 2.1); nothing is ever saved."""
        last = documents[-1] if documents else {}
        answer = {"id": last.get("id", -1), **_shaped(self.run(snapshot, str(last.get("sql", "")), asker), asker.quirks)}
        return [answer] if asker.quirks.report_in_array else answer

    def read(self, snapshot: Snapshot, number: int, asker: Asker, *, is_loaded: bool) -> Row | None:
        """Answer GET /Report/{id}, with its rows where `loadreport=true` asks for them; None where there is no such report."""
        stored = STORED.get(number)
        if stored is None or not is_loaded:
            return stored
        return {**stored, **_shaped(self.run(snapshot, stored["sql"], asker), asker.quirks)}


def _shaped(loaded: Loaded, quirks: Quirks) -> Row:
    is_sound = not loaded.error
    content: Row = {"loaded": is_sound, "load_error": loaded.error, "rows": loaded.rows}
    columns = [{"id": number, "name": name} for number, name in enumerate(loaded.columns, start=1)]
    if quirks.report_rows_at == "top":
        return {**content, "available_columns": columns}
    return {"available_columns": columns, "report": {**content, "available_columns": columns, "base_link": "", "table_html": ""}}


def checked(sql: str, now: datetime) -> tuple[str, list[str]]:
    """Give the statement for DuckDB, at the moment `now`, and the tables that it reads.

    Raises RefusedSqlError with what HaloPSA would say.
    """
    bare = _TEXTS.sub(" x ", sql)
    if not re.match(r"\s*select\b", bare, re.IGNORECASE):
        raise RefusedSqlError("Only SELECT statements are permitted.")
    if "--" in bare:
        raise RefusedSqlError("Incorrect syntax near the end of the statement: comments are not permitted.")
    if ";" in bare:
        raise RefusedSqlError("Incorrect syntax near ';'.")
    if found := _FOREIGN.search(bare):
        raise RefusedSqlError(f"Incorrect syntax near '{found[0]}'.")
    try:
        statements = sqlglot.parse(sql, read="tsql")
    except SqlglotError as failed:
        raise RefusedSqlError(f"Incorrect syntax: {str(failed).splitlines()[0]}") from failed
    query = statements[0]
    if len(statements) != 1 or not isinstance(query, exp.Query):
        raise RefusedSqlError("Only one SELECT statement is permitted.")
    _judge(query)
    tables = [_table(table) for table in query.find_all(exp.Table)]
    return query.transform(_as_server_does, now).sql(dialect="duckdb"), tables


def _as_server_does(node: exp.Expr, now: datetime) -> exp.Expr:
    """Rewrite what SQLGlot leaves as it is: the server's clock is the world's, LIKE does not mind case, text is cut to its type."""
    if isinstance(node, exp.CurrentTimestamp) or (isinstance(node, exp.Anonymous) and node.name.upper() in _CLOCKS):
        return exp.cast(exp.Literal.string(now.strftime(ISO)), "timestamp")
    if isinstance(node, exp.Like):
        return exp.ILike(this=node.this, expression=node.expression)
    if isinstance(node, exp.Convert) and node.this.is_type(*_TEXT_TYPES):
        is_iso = node.args.get("style") is not None and node.args["style"].name in {"126", "127"}
        text = exp.func("strftime", node.expression, exp.Literal.string(ISO)) if is_iso else exp.cast(node.expression, "text")
        return _cut(text, node.this)
    if isinstance(node, exp.Cast) and node.to.is_type(*_TEXT_TYPES):
        return _cut(exp.cast(node.this, "text"), node.to)
    return node


def _cut(text: exp.Expr, kind: exp.DataType) -> exp.Expr:
    length = kind.expressions[0].this if kind.expressions else None
    return exp.Left(this=text, expression=length.copy()) if isinstance(length, exp.Literal) and not length.is_string else text


def _judge(query: exp.Query) -> None:
    if query.find(exp.With) or query.find(exp.Into):
        raise RefusedSqlError("Incorrect syntax near the keyword 'WITH' or 'INTO'.")
    for part in query.find_all(exp.Query):
        if part.args.get("order") and not part.args.get("limit") and not part.args.get("offset"):
            raise RefusedSqlError(ORDERED)
    # HaloPSA seems to wrap a statement as a derived table (that explains its rules); such a table needs a name for every column.
    names = [part.alias_or_name.lower() if isinstance(part, exp.Alias | exp.Column | exp.Star) else "" for part in query.selects]
    if unnamed := [at for at, name in enumerate(names, start=1) if not name]:
        raise RefusedSqlError(f"No column name was specified for column {unnamed[0]} of 'x'.")
    if twice := sorted({name for name in names if name != "*" and names.count(name) > 1}):
        raise RefusedSqlError(f"The column '{twice[0]}' was specified multiple times for 'x'.")


def _table(table: exp.Table) -> str:
    name = TABLE_NAMES.get(table.name.lower()) if isinstance(table.this, exp.Identifier) else None
    if name is None or table.catalog or table.db.lower() not in {"", "dbo"}:
        raise RefusedSqlError(f"Invalid object name '{table.sql(dialect='tsql')}'.")
    table.set("db", None)
    return name


def _as_server_says(failed: QueryFailedError) -> str:
    text = str(failed)
    missing = re.search(r'column (?:named )?"([^"]+)"', text)
    return f"Invalid column name '{missing[1]}'." if missing and "Binder Error" in text else text


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00"
    return float(value) if isinstance(value, Decimal) else value

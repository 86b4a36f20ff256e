"""The strategy for what REST cannot list in bulk: SQL through the report call, in pages after the last id, checked against COUNT(*).

Whether a statement may be sent is `report_call`'s question; what is asked is in `REPORTS`. The one thing to know: nobody knows where
HaloPSA cuts a report off, so a page proves nothing by its length: reading goes on from the last id until as many rows have come as
COUNT(*) announces, and the count is asked again at the end.
Costs: two requests for the counts and one per HANDOFF_REPORTING_ROWS rows. Dialect: SQL Server without CTE, semicolon and comments
(H: conduit). Columns: the extract of HaloPSA's schema; UnameCostTracking is not in it, so its columns are a guess (GUESS).
"""

# ruff: noqa: S608 - statements are made of this module's own text, numbers and moments; `report_call` checks each

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import orjson

from handoff_pipeline.halo.configuration import Reports, configured, csv, named_ids
from handoff_pipeline.halo.envelope import Row, whole_number
from handoff_pipeline.halo.errors import IncompletePull, NotOffered, ProtocolError
from handoff_pipeline.halo.source import Outcome, Source
from handoff_pipeline.halo.tally import Tally

READS = 3
_LACKING = ("invalid object name", "invalid column name")
"""How SQL Server says that this version has no such table or column."""


@dataclass(frozen=True)
class Report:
    """One question. `identity` is the column of whole numbers that the rows are read by; its alias is `id`."""

    columns: str
    tables: str
    counted: str
    identity: str
    where: str = ""
    since: str = ""


REPORTS = MappingProxyType(
    {
        "budget": Report(
            columns="FBTid as id, FBTfaultid as ticket_id, FBTbtid as budgettype_id, BTname as budgettype_name, FBThours as hours,"
            " FBTrate as rate, FBTestimatedtime as estimated_hours, FBTestimatedmoney as estimated_money, FBTactualtime as actual_hours,"
            " FBTactualmoney as actual_money, FBTscheduledtime as scheduled_hours, fbtqdid as quoteline_id",
            tables="FaultBudget left join BudgetType on BTid = FBTbtid",
            counted="FaultBudget",
            identity="FBTid",
        ),
        "agent_cost": Report(
            columns="UCTid as id, UCTunum as agent_id, UCTstartdate as start_date, UCTcostprice as costprice",
            tables="UnameCostTracking",
            counted="UnameCostTracking",
            identity="UCTid",
        ),
        "audit": Report(
            columns="ID as id, AFaultid as ticket_id, AValue as field, AFrom as old_value, ATo as new_value, ADate as changed_at,"
            " AUnum as agent_id",
            tables="AUDIT",
            counted="AUDIT",
            identity="ID",
            where="AFaultid in (select Faultid from FAULTS inner join REQUESTTYPE on RTid = RequestTypeNew"
            " where RTIsOpportunity = 1 or RTIsProject = 1{types})",
            since="ADate",
        ),
    }
)


async def read_report(source: Source, server_time: datetime, reports: Reports) -> Outcome:
    """Writes one file per page, as a bare array of its rows (HaloPSA wraps them in two more objects).

    Rows that carry a time are asked for since the cursor, and the overlap before; others are read whole.

    Raises:
        NotOffered: this HaloPSA has no such table. IncompletePull: the rows never were as many as counted.
    """
    report = REPORTS[source.entity.name]
    cursor = source.plan.cursors.get(source.entity.name) if report.since else None
    where = report.where
    if "{types}" in where:
        types, _ = named_ids(configured(reports, "ticket_type"), source.plan.change_type_names)
        where = where.format(types=f" or RTid in ({csv(types)})" if types and source.plan.change_type_names else "")
    if cursor is not None:
        since = min(cursor, server_time) - timedelta(minutes=source.settings.overlap_minutes)
        where = f"{where} and {report.since} >= '{since:%Y-%m-%dT%H:%M:%S}'"
    came = counted = 0
    for _ in range(READS):
        source.inbox.discard()
        tally = Tally(("id",))
        counted = await _read(source, report, where, tally)
        came = tally.rows_seen
        if came == counted:
            least = max(1, -(-came // source.settings.reporting_rows))
            return Outcome(came, counted, is_full=cursor is None, requests_minimum=least)
    raise IncompletePull(
        f"/Report on {report.counted}: read {READS} times, {came} rows came, COUNT(*) says {counted}.",
        "Run again when nobody works in HaloPSA; if it stays, lower HANDOFF_REPORTING_ROWS, or set HANDOFF_REPORTING=false.",
    )


async def _read(source: Source, report: Report, where: str, tally: Tally) -> int:
    """One reading: counted before and after, and read on where more has come meanwhile. The count after."""
    first = await _count(source, report, where)
    last = await _read_pages(source, report, where, tally, None, first)
    again = await _count(source, report, where)
    if again > tally.rows_seen:
        await _read_pages(source, report, where, tally, last, again)
    return again


async def _read_pages(source: Source, report: Report, where: str, tally: Tally, last: int | None, total: int) -> int | None:
    """Pages from behind the id `last` until `total` rows have come or nothing more comes; the last id."""
    while tally.rows_seen < total:
        behind = "" if last is None else f"{report.identity} > {last}"
        condition = _where(where, behind)
        rows = await _rows(
            source,
            f"select top {source.settings.reporting_rows} {report.columns} from {report.tables}{condition} order by {report.identity}",
        )
        if not rows:
            break
        ids = [number for row in rows if (number := whole_number(row.get("id"))) is not None]
        if len(ids) < len(rows) or (last is not None and min(ids) <= last):
            raise ProtocolError(
                f"/Report on {report.counted}: {len(rows)} rows came, {len(ids)} of them with an id, behind {last}.",
                "Report it with HaloPSA's version: the rows cannot be read in order. HANDOFF_REPORTING=false leaves them out.",
            )
        tally.take(rows)
        last = max(ids)
        source.inbox.write(f"{len(source.inbox.files) + 1:05d}", orjson.dumps(rows), "array")
        source.progress(source.entity.name, tally.rows_seen, total)
    return last


def _where(*conditions: str) -> str:
    said = " and ".join(condition for condition in conditions if condition)
    return f" where {said}" if said else ""


async def _count(source: Source, report: Report, where: str) -> int:
    """How many rows there are now."""
    rows = await _rows(source, f"select count(*) as n from {report.counted}{_where(where)}")
    number = whole_number(rows[0].get("n")) if len(rows) == 1 else None
    if number is None:
        raise ProtocolError(
            f"/Report on {report.counted}: COUNT(*) was answered with {len(rows)} rows.", "Report it with HaloPSA's version."
        )
    return number


async def _rows(source: Source, sql: str) -> list[Row]:
    page = await source.client.report(source.entity, sql)
    return report_rows(page.document)


def report_rows(document: Any) -> list[Row]:
    """The rows of a report: an object or an array with one, under `report` or at the top (H: conduit, HaloAPI; redanthrax).

    Raises:
        NotOffered: HaloPSA's database has no such table or column. ProtocolError: it did not run the statement, which it answers with 200.
    """
    found = document[-1] if isinstance(document, list) and document else document
    if isinstance(found, dict) and isinstance(found.get("report"), dict):
        found = found["report"]
    if not isinstance(found, dict):
        raise ProtocolError(f"/Report answered with {type(found).__name__} where a report belongs.", "Report it with HaloPSA's version.")
    said = str(found.get("load_error") or "")[:200]
    if said or found.get("loaded") is False:
        kind = NotOffered if said.lower().startswith(_LACKING) else ProtocolError
        raise kind(
            f"/Report did not run: {said or 'loaded is false'}.", "Set HANDOFF_REPORTING=false, or report it with HaloPSA's version."
        )
    rows = found.get("rows")
    if rows is None and found.get("loaded") is True:
        return []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ProtocolError("/Report answered without `rows`.", "Report it with HaloPSA's version.")
    return rows

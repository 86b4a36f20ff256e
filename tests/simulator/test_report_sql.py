"""SQL through the API: what runs, what is refused in which words, and the shapes of the answer (section 2.5 of the reference)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from handoff_pipeline.simulator import Quirks
from handoff_pipeline.simulator.report_columns import COLUMNS
from handoff_pipeline.simulator.report_sql import Asker, Loaded, ReportDesk
from handoff_pipeline.simulator.report_tables import ROWS, Database, QueryFailedError
from handoff_pipeline.simulator.store import Snapshot
from tests.simulator.tenant import DEMO_MOMENT, Tenant

SCHEMA = Path(__file__).resolve().parents[3] / "shared" / "reference" / "halopsa-samples" / "halo-db-schema-subset.json"
KINDS = {
    "int": ("INT", "SMALLINT"),
    "float": ("FLOAT", "DECIMAL"),
    "text": ("NVARCHAR", "NTEXT", "UNIQUEID"),
    "time": "DATETIME",
    "bit": "BIT",
}
NO_DUMP = {"UnameCostTracking"}


@pytest.fixture(scope="module")
def tenant() -> Tenant:
    return Tenant()


@pytest.fixture(scope="module")
def desk() -> ReportDesk:
    return ReportDesk()


@pytest.fixture
def ask(tenant: Tenant, desk: ReportDesk) -> Any:
    """Runs SQL as agent 12 at the demo's moment."""

    def run(sql: str, **switches: Any) -> Loaded:
        return desk.run(tenant.sim.snapshot(), sql, Asker(12, DEMO_MOMENT, Quirks(**switches)))

    return run


@pytest.mark.skipif(not SCHEMA.exists(), reason="the dump of HaloPSA's schema is not here")
def test_every_table_and_column_is_one_of_halopsas_own_and_of_its_type() -> None:
    dump = json.loads(SCHEMA.read_text("utf-8"))["tables"]
    for name, columns in COLUMNS.items():
        if name not in NO_DUMP:
            real = {column.lower(): kind for column, kind in dump[name]["columns"].items()}
            assert {column for column, kind, _ in columns if not real.get(column.lower(), "").startswith(KINDS[kind])} == set(), name


def test_every_table_has_its_rows(ask: Any) -> None:
    assert COLUMNS.keys() == ROWS.keys()
    assert {name for name in COLUMNS if not ask("SELECT COUNT(*) AS n FROM " + name).rows[0]["n"]} == set()  # noqa: S608 -- no input


def test_every_column_is_filled_by_some_row(ask: Any) -> None:
    empty = set()
    for name, columns in COLUMNS.items():
        counted = ", ".join(f"COUNT({column}) AS [{column}]" for column, _, _ in columns)
        counts = ask("SELECT " + counted + " FROM " + name).rows[0]  # noqa: S608 -- no input
        empty |= {f"{name}.{column}" for column, number in counts.items() if not number}
    assert empty <= {"FAULTS.fcontractid", "ACTIONS.ActionPrePayHours", "MileStone.mstprocesseddate"}


def test_what_sql_gives_is_what_the_lists_hold(ask: Any, tenant: Tenant) -> None:
    by_sql = {
        (row["id"], row["client"])
        for row in ask("SELECT QHid AS id, Areaint AS client FROM QUOTATIONHEADER JOIN FAULTS ON Faultid = QHfaultID").rows
    }
    assert by_sql == {(row["id"], row["client_id"]) for row in tenant.rows("/Quotation")}


def test_a_custom_field_is_a_column(ask: Any, tenant: Tenant) -> None:
    rows = ask("SELECT Faultid AS id, CFKickoffCommitted AS day FROM FAULTS WHERE CFKickoffCommitted IS NOT NULL").rows
    listed = {row["id"]: row["customfields"][0] for row in tenant.rows("/Opportunities", include_custom_fields="108")}
    assert {row["id"]: row["day"] for row in rows} == {number: found["value"] for number, found in listed.items() if "value" in found}


@pytest.mark.fact("H070", "H073")
@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DELETE FROM FAULTS", "Only SELECT"),
        ("", "Only SELECT"),
        ("WITH x AS (SELECT 1 AS a) SELECT a FROM x", "Only SELECT"),
        ("DECLARE @a INT; SELECT @a AS b", "Only SELECT"),
        ("SELECT Faultid AS a FROM FAULTS;", "near ';'"),
        ("SELECT Faultid AS a FROM FAULTS -- all", "comments"),
        ("SELECT Faultid AS a FROM FAULTS; SELECT Faultid AS a FROM FAULTS", "near ';'"),
        ("SELECT Faultid AS a FROM FAULTS SELECT Faultid AS a FROM FAULTS", "Incorrect syntax"),
        ("SELECT Faultid INTO #x FROM FAULTS", "INTO"),
        ("SELECT Faultid AS a FROM FAULTS LIMIT 1", "near 'LIMIT'"),
        ("SELECT Nothing AS a FROM FAULTS", "Invalid column name 'Nothing'"),
        ("SELECT Faultid AS a FROM NOTHING", "Invalid object name 'NOTHING'"),
        ("SELECT content AS a FROM read_text('/etc/hostname')", "Invalid object name"),
        ("SELECT a AS b FROM '/etc/hostname'", "Invalid object name"),
        ("SELECT database_name AS a FROM duckdb_databases()", "Invalid object name"),
        ("SELECT COUNT(*) FROM FAULTS", "No column name"),
        ("SELECT Faultid, FAULTID FROM FAULTS", "multiple times"),
    ],
)
def test_wrong_sql_is_refused_in_words_and_gives_no_rows(ask: Any, sql: str, said: str) -> None:
    refused = ask(sql)
    assert said.lower() in refused.error.lower()
    assert refused.rows == []


@pytest.mark.fact("H074")
@pytest.mark.parametrize(
    ("sql", "is_sound"),
    [
        ("SELECT Faultid AS a FROM FAULTS ORDER BY Faultid", False),
        ("SELECT TOP 3 Faultid AS a FROM FAULTS ORDER BY Faultid", True),
        ("SELECT Faultid AS a FROM FAULTS ORDER BY Faultid OFFSET 1 ROWS FETCH NEXT 3 ROWS ONLY", True),
        ("SELECT a FROM (SELECT Faultid AS a FROM FAULTS ORDER BY Faultid) AS x", False),
        ("SELECT a FROM (SELECT TOP 3 Faultid AS a FROM FAULTS ORDER BY Faultid) AS x", True),
    ],
)
def test_an_order_needs_top_or_offset(ask: Any, sql: str, is_sound: bool) -> None:
    loaded = ask(sql)
    assert (loaded.error == "", len(loaded.rows)) == ((True, 3) if is_sound else (False, 0))


@pytest.mark.fact("H072")
@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT ISNULL(NULL, 7) AS a", 7),
        ("SELECT CONVERT(varchar(10), ADate, 126) AS a FROM AUDIT WHERE ID = 1", "2026-01-01"),
        ("SELECT CAST('abcdef' AS nvarchar(3)) AS a", "abc"),
        ("SELECT COUNT(*) AS a FROM dbo.TSTATUS WHERE tstatusdesc = 'closed WON'", 1),
        ("SELECT COUNT(*) AS a FROM TSTATUS WHERE tstatusdesc LIKE 'CLOSED w%'", 1),
        ("SELECT COUNT(*) AS a FROM [REQUESTTYPE] WHERE [RTIsProject] = 1", 2),
        ("SELECT DATEDIFF(day, '2026-01-01', '2026-01-31') AS a", 30),
    ],
)
def test_the_dialect_is_sql_servers(ask: Any, sql: str, value: object) -> None:
    loaded = ask(sql)
    assert (loaded.error, [row["a"] for row in loaded.rows]) == ("", [value])


@pytest.mark.fact("H075")
def test_the_viewers_variables_are_put_in_and_the_portals_are_zero(ask: Any) -> None:
    assert ask("SELECT $agentid AS a, $clientid AS c, $siteid AS s, $userid AS u").rows == [{"a": 12, "c": 0, "s": 0, "u": 0}]


@pytest.mark.fact("H076")
def test_times_are_utc_and_the_servers_clock_is_the_worlds(ask: Any, tenant: Tenant) -> None:
    assert ask("SELECT GETDATE() AS now, GETUTCDATE() AS utc").rows == [{"now": "2026-09-28T01:30:00", "utc": "2026-09-28T01:30:00"}]
    made = {row["id"]: row["dateoccurred"] for row in tenant.rows("/Opportunities")}
    rows = ask(
        "SELECT Faultid AS id, dateoccured AS at FROM FAULTS JOIN REQUESTTYPE ON RTid = RequestTypeNew WHERE RTIsOpportunity = 1"
    ).rows
    assert {row["id"]: row["at"] for row in rows} == made


def test_the_database_reaches_no_file_and_cannot_be_unlocked(tenant: Tenant) -> None:
    database = Database(tenant.sim.snapshot())
    for sql in ("select content from read_text('/etc/hostname')", "copy (select 1) to '/tmp/x.csv'", "set enable_external_access = true"):
        with pytest.raises(QueryFailedError):
            database.run(sql, [])


def test_the_next_day_brings_new_rows(desk: ReportDesk) -> None:
    tenant, asker = Tenant(), Asker(12, DEMO_MOMENT, Quirks())
    before, after = (desk.run(_later(tenant, days), "SELECT COUNT(*) AS n FROM AUDIT", asker).rows[0]["n"] for days in (0, 7))
    assert after > before


def _later(tenant: Tenant, days: int) -> Snapshot:
    tenant.sim.advance(days=days)
    return tenant.sim.snapshot()


def test_a_row_cap_cuts_in_silence(ask: Any) -> None:
    whole, cut = ask("SELECT Faultid AS a FROM FAULTS"), ask("SELECT Faultid AS a FROM FAULTS", report_row_cap=10)
    assert len(whole.rows) > 10 == len(cut.rows)
    assert cut.error == ""


def test_hidden_tickets_are_missing_from_sql_as_well(tenant: Tenant, desk: ReportDesk) -> None:
    number = tenant.rows("/Opportunities")[0]["id"]
    hiding = Tenant(Quirks(hidden_ticket_ids=frozenset({number})))
    sql = "SELECT Faultid AS a FROM FAULTS WHERE Faultid = " + str(number)  # noqa: S608 -- no input
    asker = Asker(12, DEMO_MOMENT, Quirks())
    assert ReportDesk().run(hiding.sim.snapshot(), sql, asker).rows == []
    assert desk.run(tenant.sim.snapshot(), sql, asker).rows == [{"a": number}]


def test_a_deleted_ticket_is_marked_and_not_gone() -> None:
    tenant = Tenant()
    number = tenant.rows("/Opportunities")[0]["id"]
    tenant.sim.edits.delete("tickets", number)
    sql = "SELECT FDeleted AS gone FROM FAULTS WHERE Faultid = " + str(number)  # noqa: S608 -- no input
    assert ReportDesk().run(tenant.sim.snapshot(), sql, Asker(12, DEMO_MOMENT, Quirks())).rows == [{"gone": True}]

"""What reads cannot write: by its types, by its transport, and by the statement that it may send."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from pathlib import Path

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from handoff_pipeline.halo.client import HaloClient, Page, connected
from handoff_pipeline.halo.entities import ENTITIES
from handoff_pipeline.halo.errors import ProtocolError
from handoff_pipeline.halo.report_call import Select
from handoff_pipeline.halo.transport import Transport
from handoff_pipeline.halo.writing import WritingTransport
from tests.halo.fake import TOKEN, FakeHalo, InstantClock, answer
from tests.halo.fake import settings as settings_of

BUDGET = ENTITIES["budget"]
BASE = httpx.URL("https://acme.halopsa.com/")
SELECT = "select top 100 FBTid as id from FaultBudget where FBTid > 5 order by FBTid"
ROWS = {"report": {"loaded": True, "rows": [{"id": 6}]}}


def _report(halo: FakeHalo, tmp_path: Path, sql: str = SELECT) -> Page:
    async def play() -> Page:
        async with connected(settings_of(tmp_path), InstantClock(), halo.transport) as client:
            return await client.report(BUDGET, sql)

    return asyncio.run(play())


@pytest.mark.fact("H025")
def test_a_report_is_one_select_that_saves_nothing(tmp_path: Path) -> None:
    halo = FakeHalo(handlers={"/api/Report": lambda _: answer([ROWS], 201)})
    assert _report(halo, tmp_path).document == [ROWS]
    (sent,) = halo.to("/api/Report")
    assert sent.method == "POST"
    assert orjson.loads(sent.content) == [{"id": -1, "_loadreportonly": True, "sql": SELECT}]


def test_a_report_is_asked_again_after_a_fault_and_after_silence(tmp_path: Path) -> None:
    troubles = [
        httpx.Response(500),
        httpx.ReadTimeout("slow"),
        httpx.Response(200, content=b'{"rep', headers={"content-type": "application/json"}),
    ]
    halo = FakeHalo(handlers={"/api/Report": lambda _: troubles.pop() if troubles else answer(ROWS)})
    assert _report(halo, tmp_path).document == ROWS
    assert len(halo.to("/api/Report")) == 4


@pytest.mark.parametrize(
    "sql",
    [
        SELECT,
        "SELECT COUNT(*) AS n FROM Faults",
        "select 'update; -- it''s /* text */ into' as note, [delete] from [into] where \"use\" = 'drop'",
        "select a from (select b as a from c) as d union all select e from f",
        "select case when a = 1 then b end as c from d order by e offset 0 rows fetch next 10 rows only",
        "  select updated_at, deleted, created_by from faults",
    ],
)
def test_a_plain_select_passes(sql: str) -> None:
    assert Select(sql).document[0]["sql"] == sql


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "update faults set a = 1",
        "select 1; delete from faults",
        "select 1;",
        "select 1 -- comment",
        "select 1 /* comment */",
        "select * into copy from faults",
        "SELECT 1 EXEC xp_cmdshell 'dir'",
        "select 1 execute sp_who",
        "select 1 drop table faults",
        "select 1 select 2",
        "with a as (select 1 as b) select b from a",
        "declare @a int select @a",
        "select next value for ids",
        "select * from openrowset('x', 'y', 'z')",
        "select * from #temporary",
        "select 1 waitfor delay '0:0:5'",
        "select 'unterminated",
        "select [unterminated",
        "select 'a' 'b'' delete from faults",
        "insert into a select 1",
        "(select 1)",
        "select 1 merge into a using b on 1 = 1",
        "select 1\0",
        "select " + "1, " * 10_000 + "1",
        "if 1 = 1 select 1",
        "sel\u0435ct 1",
    ],
)
def test_anything_but_one_plain_select_is_refused_before_it_is_sent(tmp_path: Path, sql: str) -> None:
    halo = FakeHalo()
    with pytest.raises(ProtocolError, match="one plain SELECT"):
        _report(halo, tmp_path, sql)
    assert halo.to("/api/Report") == []


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["delete from a", "update a set b = 1", "exec c", "drop table a", "insert into a values (1)", "truncate table a"]),
    st.text("abc '\"[]();\n-/*", max_size=20),
)
def test_no_text_before_a_command_smuggles_it_past_the_guard(command: str, before: str) -> None:
    """Quotes are the only way to make a command a text, and a text that ends before the command cannot hide it."""
    quotes = before.count("'") % 2 or before.count('"') % 2 or "[" in before
    if quotes:
        return
    with pytest.raises(ProtocolError):
        Select(f"select 1 {before} {command}")


def test_the_reading_client_has_no_method_that_writes() -> None:
    public = {name for name, _ in inspect.getmembers(HaloClient, inspect.isfunction) if not name.startswith("_")}
    assert public == {"connect", "rows", "get", "report", "server_time"}
    assert {name for name, _ in inspect.getmembers(Transport, inspect.isfunction) if not name.startswith("_")} == {
        "get",
        "post_form",
        "post_select",
    }


@pytest.mark.parametrize("path", ["/api/Tickets", "/api/Report/1", "/api/report/../Tickets", "/api/Tickets/token", "/api/token", "/other"])
def test_the_reading_transport_posts_nowhere_else_whatever_it_is_handed(path: str) -> None:
    async def play() -> None:
        async with Transport(BASE, httpx.MockTransport(lambda _: pytest.fail("something was sent"))) as transport:
            await transport.post_form(BASE.copy_with(path=path), {}, {"summary": SecretStr("x")})

    with pytest.raises(ValueError, match="only reads"):
        asyncio.run(play())


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "POST"])
def test_no_request_of_another_method_leaves_the_reading_transport(method: str) -> None:
    async def play() -> None:
        async with Transport(BASE, httpx.MockTransport(lambda _: pytest.fail("something was sent"))) as transport:
            await transport._send(httpx.Request(method, "https://acme.halopsa.com/api/Tickets/1"))

    with pytest.raises(ValueError, match="only reads"):
        asyncio.run(play())


@pytest.mark.parametrize("path", ["/../auth/token", "/Tickets/../../admin", "/Tickets\\..\\x"])
def test_a_path_that_leaves_the_api_is_not_asked(tmp_path: Path, path: str) -> None:
    async def play() -> None:
        async with connected(settings_of(tmp_path), InstantClock(), FakeHalo().transport) as client:
            await client.get(BUDGET, path, {})

    with pytest.raises(ValueError, match="not a path of this origin"):
        asyncio.run(play())


def test_the_writing_transport_posts_to_the_tenants_api_alone() -> None:
    async def play(url: str) -> int:
        async with WritingTransport(BASE, httpx.MockTransport(lambda _: httpx.Response(201))) as transport:
            return (await transport.post(httpx.URL(url), b"[]", SecretStr(TOKEN))).status

    assert asyncio.run(play("https://acme.halopsa.com/api/Tickets")) == 201
    with pytest.raises(ValueError, match="not the tenant's origin"):
        asyncio.run(play("https://evil.example/api/Tickets"))
    with pytest.raises(ValueError, match="may change something"):
        asyncio.run(play("https://acme.halopsa.com/admin"))


@pytest.mark.campaign
def test_a_type_checker_finds_a_write_through_the_reader(tmp_path: Path) -> None:
    source = tmp_path / "wrong.py"
    lines = (
        "from handoff_pipeline.halo.client import HaloClient",
        "async def wrong(client: HaloClient) -> None:",
        "    await client.upsert('project', {})",
    )
    source.write_text("\n".join(lines))
    done = subprocess.run([sys.executable, "-m", "mypy", "--no-error-summary", str(source)], capture_output=True, text=True, check=False)
    assert '"HaloClient" has no attribute "upsert"' in done.stdout

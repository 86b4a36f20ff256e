"""Tiny worlds made by hand: one deal of the contract's golden example, its project, and what a test puts beside them.

Only facts are here; what follows from them is worked out in the tests.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from handoff_pipeline.simulator.truth import (
    Agent,
    ChangeRequest,
    Client,
    Deal,
    Project,
    Quote,
    QuoteLine,
    Signoff,
    Task,
    TimeEntry,
    Timeline,
    Truth,
)
from tests.oracle.expectation import Tables
from tests.oracle.keys import key

WEB = "https://demo.halopsa.example"
SCOPE = "https://acme.sharepoint.example/scope.pdf"
LONG_TEXT = "The client gives us remote access before kickoff"


def at(month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of 2026, UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def always(value: Any, since: datetime | None = None) -> Timeline[Any]:
    return Timeline(((since or at(7, 1), value),))


def night(month: int, day: int) -> datetime:
    return at(month, day, 1, 30)


DEAL = Deal(
    deal_id=1, title="Acme: servers", client_id=11, agent_id=10, team="Sales North", created_at=at(7, 1),
    status=Timeline(((at(7, 1), "open"), (at(7, 6, 9), "won"))), deal_type=None, service_template=None,
    signed_scope_link=always(SCOPE), signed_scope_date=always(date(2026, 7, 3)), delivery_assumptions=always(LONG_TEXT),
    dependencies=always("Client orders the new line"), acceptance_criteria=always("All users can log in from home"),
    kickoff_committed=always(date(2026, 7, 15)),
)  # fmt: skip
LINES = (
    QuoteLine(1, "Supply", 0, Decimal(1), Decimal(99_999), Decimal(0), is_group_heading=True),
    QuoteLine(2, "Engineering", 100, Decimal(300), Decimal(140), Decimal(80)),
    QuoteLine(3, "Switches", 200, Decimal(2), Decimal(4_000), Decimal(3_000)),
    QuoteLine(4, "Not taken", 201, Decimal(1), Decimal(777), Decimal(1), is_optional=True),
    QuoteLine(5, "Monitoring", 302, Decimal(10), Decimal(5), Decimal(2), billing_period=2),
)
QUOTE = Quote(501, 1, "Acme", at(7, 2), "GBP", LINES, accepted_at=at(7, 6, 8))
PROJECT = Project(
    2, 1, 11, 30, "Projects", "Acme: servers", at(7, 8), tasks=(Task(3, 2, "Build", at(7, 8, 11)),),
    feasibility=always("Yes", at(7, 8, 12)), resource_plan=always("Two engineers", at(7, 8, 12)),
)  # fmt: skip
AGENTS = (
    Agent(10, "Sam Seller", "Sales North", "Account Manager", Decimal(45)),
    Agent(30, "Dee Livery", "Projects", "Project Manager", Decimal(85)),
    Agent(31, "Noah Cost", "Projects", "Project Engineer", None),
)


def world(**parts: Any) -> Truth:
    """A tenant with two agents who matter and a client; everything else is what the test needs."""
    empty = dict.fromkeys(("deals", "quotes", "orders", "projects", "changes", "signoffs", "appointments", "time_entries"), ())
    return Truth("acme", "GBP", "Europe/London", AGENTS, (Client(11, "Acme"),), **{**empty, **parts})


def one(tables: Tables, table: str, **where: Any) -> dict[str, Any]:
    """The only row of a table with these values."""
    found = [row for row in tables[table] if all(row[name] == value for name, value in where.items())]
    assert len(found) == 1, f"{table}: {len(found)} rows where {where}"
    return found[0]


GOLDEN_CHANGE = ChangeRequest(4, 11, 3, "More", at(8, 3), "approved", "Sales gap", at(8, 5), Decimal(5_500))


def delivered(**parts: Any) -> Truth:
    """The contract's golden project without its unapproved hours: 340 h at 85, third party 6,000, a change of 5,500 with 40 h."""
    project = replace(PROJECT, closed_at=at(8, 14), kickoff_recorded=always(date(2026, 7, 15), at(7, 15)))
    work = tuple(TimeEntry(3, seq, 30, at(7, 20) + timedelta(days=seq), at(7, 22) + timedelta(days=seq), Decimal(85)) for seq in range(4))
    work += (TimeEntry(4, 1, 30, at(8, 6), at(8, 6), Decimal(40)),)
    whole = {"deals": (DEAL,), "quotes": (QUOTE,), "projects": (project,), "changes": (GOLDEN_CHANGE,), "time_entries": work}
    return world(**{**whole, **parts})


def weekly(tables: Tables, metric: str, week: date, segment_type: str = "all", **where: Any) -> dict[str, Any]:
    """The figure of a metric's week."""
    return one(tables, "kpi_weekly", metric_key=key("acme", "metric", metric), week_start=week, segment_type=segment_type, **where)


def members(tables: Tables, metric: str, week: date | None = None) -> list[dict[str, Any]]:
    """The members of a metric, of one week or of all."""
    found = [row for row in tables["kpi_member"] if row["metric_key"] == key("acme", "metric", metric)]
    return [row for row in found if week in {None, row["week_start"]}]


def sold(**parts: Any) -> Truth:
    """The golden deal with its quotation and a project that nobody has begun."""
    return world(**{"deals": (DEAL,), "quotes": (QUOTE,), "projects": (PROJECT,), **parts})


def asked(seq: int, result: str, minutes: float, seconds: float = 0) -> Signoff:
    """A sign-off asked for on 9 July on the golden project, and decided so much later."""
    decided = None if result == "pending" else at(7, 9) + timedelta(minutes=minutes, seconds=seconds)
    return Signoff(seq, 2, 30, at(7, 9), result, decided)  # type: ignore[arg-type]


def with_gaps() -> Truth:
    """A deal that lacks two items at its win: one is met on 9 July, the other is open until the deal is lost on the 13th."""
    deal = replace(
        DEAL,
        dependencies=Timeline(((at(7, 1), "TBC"), (at(7, 9), "Client orders the new line"))),
        acceptance_criteria=Timeline(((at(7, 1), "It works"),)),
        status=Timeline((*DEAL.status.steps, (at(7, 13), "lost"))),
    )
    return world(deals=(deal,), quotes=(QUOTE,))

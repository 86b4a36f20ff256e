"""The store over time: what is served is what the truth says of that moment, and changes are marked as changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.index import Index
from handoff_pipeline.simulator.store import Snapshot
from handoff_pipeline.simulator.truth import Order
from tests.simulator.seen import Seen
from tests.simulator.tenant import DEMO_MOMENT, Tenant, demo_world

LAST_MOMENT = DEMO_MOMENT + timedelta(days=700)


def _at(now: datetime) -> Snapshot:
    return Snapshot(Index(demo_world()), now)


def _field(row: dict[str, Any], name: str) -> Any:
    return next(field.get("value") for field in row["customfields"] if field["name"] == name)


def _linked_order() -> Order:
    """An order whose lines name a project that is made after it."""
    born = {project.project_id: project.created_at for project in demo_world().projects}
    return next(o for o in demo_world().orders if any(line.project_id and born[line.project_id] > o.created_at for line in o.lines))


def test_equal_moments_give_equal_rows() -> None:
    first, second = _at(DEMO_MOMENT), _at(DEMO_MOMENT)
    assert (first.tickets, first.orders, first.quotations) == (second.tickets, second.orders, second.quotations)
    assert (first.actions, first.approvals, first.appointments) == (second.actions, second.approvals, second.appointments)


@pytest.mark.parametrize("days", [-150, -60, 0, 45])
def test_a_ticket_differs_from_an_earlier_moment_only_if_its_last_update_is_later(days: int) -> None:
    earlier = DEMO_MOMENT + timedelta(days=days)
    before, after = _at(earlier).tickets_by_id, _at(earlier + timedelta(days=30)).tickets_by_id
    mark = earlier.strftime("%Y-%m-%dT%H:%M:%S")
    derived = {"child_count", "child_ticket_ids", "quotation_count", "salesorder_count", "oppvalue"}
    differing = 0
    for ticket_id, row in before.items():
        now = after[ticket_id]
        if {k: v for k, v in row.items() if k not in derived} != {k: v for k, v in now.items() if k not in derived}:
            assert now["last_update"] > mark
            differing += 1
    assert differing > 10
    assert all(row["last_update"] <= mark + ".999" for row in before.values())


def test_every_fact_of_the_truth_is_served_in_the_end() -> None:
    truth, end = demo_world(), _at(LAST_MOMENT)
    assert len(end.opportunities) == len(truth.deals)
    assert len(end.projects) == sum(1 + len(project.tasks) for project in truth.projects)
    assert len(end.quotations) == len(truth.quotes)
    assert len(end.orders) == len(truth.orders)
    served = {(row["ticket_id"], row["id"]): row["timetaken"] for row in end.actions if "timetaken" in row}
    assert all(served[entry.ticket_id, entry.action_id] == float(entry.hours) for entry in truth.time_entries)


@pytest.mark.fact("H087")
def test_statuses_and_the_converted_date_follow_the_deal() -> None:
    rows, seen = _at(DEMO_MOMENT).tickets_by_id, Seen(demo_world(), DEMO_MOMENT)
    for deal in seen.deals:
        row, won_at = rows[deal.deal_id], deal.won_at(DEMO_MOMENT)
        assert (row["status_id"] == cfg.STATUS_WON) == (deal.status.at(DEMO_MOMENT) == "won")
        assert row["oppconverteddate"] == (won_at.strftime("%Y-%m-%dT%H:%M:%S") if won_at else "1900-01-01T00:00:00")
        assert _field(row, "CFDeliveryAssumptions") == deal.delivery_assumptions.at(DEMO_MOMENT)


@pytest.mark.fact("H087")
def test_a_reopened_deal_keeps_its_converted_date_and_has_no_closing_date() -> None:
    rows = _at(DEMO_MOMENT).opportunities
    reopened = [r for r in rows if r["status_id"] == cfg.STATUS_PROPOSAL and not r["oppconverteddate"].startswith("1900")]
    assert reopened
    assert all(row["dateclosed"].startswith("1900") for row in reopened)


def test_an_order_line_learns_its_project_when_the_project_is_made() -> None:
    order = _linked_order()
    early = next(row for row in _at(order.created_at).orders if row["id"] == order.order_id)
    late = next(row for row in _at(LAST_MOMENT).orders if row["id"] == order.order_id)
    assert not any(line["project_id"] for line in early["lines"])
    assert any(line["project_id"] for line in late["lines"])
    assert late["last_update_time"] > early["last_update_time"]


def test_an_approval_is_pending_until_it_is_decided() -> None:
    signoff = next(each for each in demo_world().signoffs if each.decided_at is not None and each.result == "accepted")
    assert signoff.decided_at is not None

    def result(now: datetime) -> int:
        rows = _at(now).approvals
        return next(int(row["result"]) for row in rows if (row["ticket_id"], row["seq"]) == (signoff.project_id, signoff.seq))

    assert (result(signoff.requested_at), result(signoff.decided_at)) == (0, 1)


def test_a_kickoff_is_completed_when_it_was_held_and_moves_when_it_is_moved() -> None:
    meeting = next(m for m in demo_world().appointments if len(m.starts.steps) > 1 and m.completed_at is not None)
    assert meeting.completed_at is not None

    def row(now: datetime) -> dict[str, Any]:
        return next(each for each in _at(now).appointments if each["id"] == meeting.appointment_id)

    assert row(meeting.created_at)["start_date"] != row(meeting.completed_at)["start_date"]
    assert (row(meeting.starts.steps[-1][0])["complete_status"], row(meeting.completed_at)["complete_status"]) == (0, 1)


def test_an_option_counts_as_taken_only_once_the_quotation_is_accepted() -> None:
    quote = next(q for q in demo_world().quotes if q.accepted_at is not None and any(line.is_option_accepted for line in q.lines))
    assert quote.accepted_at is not None

    def taken(now: datetime) -> set[int]:
        row = next(each for each in _at(now).quotations if each["id"] == quote.quote_id)
        return {line["approval_status"] for line in row["lines"] if line["optional"]}

    assert (taken(quote.created_at), taken(quote.accepted_at)) == ({0}, {0, 1})


@pytest.mark.fact("H042")
def test_time_is_found_by_the_day_of_work_and_appears_when_it_is_logged() -> None:
    entry = next(each for each in demo_world().time_entries if each.logged_at - each.worked_at > timedelta(days=2))
    window = {"startdate": f"{entry.worked_at:%Y-%m-%dT00:00:00}", "enddate": f"{entry.worked_at:%Y-%m-%dT23:59:59}"}

    def found(now: datetime) -> bool:
        rows = Tenant(now=now).get("/Actions", timeentriesonly="true", count=1000, **window)["actions"]
        return (entry.ticket_id, entry.action_id) in {(row["ticket_id"], row["id"]) for row in rows}

    assert not found(entry.logged_at - timedelta(seconds=1))
    assert found(entry.logged_at)


@pytest.mark.fact("H104")
def test_time_entries_only_leaves_out_actions_without_time() -> None:
    tenant = Tenant()
    everything = tenant.get("/Actions", count=100000)["actions"]
    timed = tenant.get("/Actions", count=100000, timeentriesonly="true")["actions"]
    assert len(timed) < len(everything)
    assert all(row["timetaken"] > 0 for row in timed)
    assert any("timetaken" not in row and row["who_agentid"] == 0 for row in everything)


@pytest.mark.fact("H053")
def test_a_ticket_s_own_actions_come_whole_and_their_ids_start_again_on_each_ticket() -> None:
    tenant = Tenant()
    for deal in demo_world().deals[:3]:
        assert tenant.get("/Actions", ticket_id=deal.deal_id)["actions"][0]["id"] == 1


def test_approvals_that_are_no_sign_off_are_among_them() -> None:
    assert {row["step_name"] for row in Tenant().get("/TicketApproval")} == {"Delivery sign-off", "Budget approval"}


def test_advancing_a_day_brings_new_facts() -> None:
    tenant = Tenant()
    before = len(tenant.rows("/Projects"))
    assert tenant.sim.advance(days=14) == DEMO_MOMENT + timedelta(days=14)
    assert len(tenant.rows("/Projects")) > before

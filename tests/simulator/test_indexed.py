"""Asking without looking at every row: an index changes how long an answer takes, never what it says; an edit costs what it touches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handoff_pipeline.simulator.edits import Edits
from handoff_pipeline.simulator.indexed import Indexed
from handoff_pipeline.simulator.layers import QUERIES_KEPT
from handoff_pipeline.simulator.listing import TICKET_FILTERS, matching, moment_of, within
from handoff_pipeline.simulator.overlay import key_names
from handoff_pipeline.simulator.store import Snapshot
from tests.simulator.tenant import DEMO_MOMENT, Tenant

RESOURCES = ("tickets", "quotations", "orders", "actions", "approvals", "appointments", "clients", "attachments", "milestones", "fields")


def _edited() -> Tenant:
    """A tenant with rows changed, deleted, restored, made, and made again under an id that was used."""
    tenant = Tenant()
    edits, tickets, quotations = tenant.sim.edits, tenant.sim.snapshot().tickets, tenant.sim.snapshot().quotations
    for row in tickets[3:6]:
        edits.delete("tickets", row["id"])
    edits.restore("tickets", tickets[3]["id"])
    edits.create("tickets", {"id": tickets[4]["id"], "summary": "Another ticket under an old number"})
    edits.create("actions", {"ticket_id": edits.create("tickets", {"summary": "New"}), "timetaken": 2.0})
    edits.change("quotations", quotations[1]["id"], {"title": "Changed"})
    edits.delete("quotations", quotations[2]["id"])
    edits.change("statuses", 22, {"name": "Sold"})
    return tenant


def _find(edits: Edits, resource: str, row: dict[str, Any]) -> dict[str, Any] | None:
    return edits.find(resource, tuple(row.get(name) for name in key_names(resource)))


@pytest.mark.parametrize(
    "params",
    [
        {"requesttype_id": "29", "client_id": "12"},
        {"ticketids": "1009,1003,1003,7,1005"},
        {"client_ids": "12,13,14", "status": "22,23"},
        {"parent_id": "-1"},
    ],
)
def test_filters_say_the_same_with_an_index_and_without(params: dict[str, str]) -> None:
    rows = Tenant().sim.snapshot().tickets
    assert matching(rows, params, TICKET_FILTERS) == matching(list(rows), params, TICKET_FILTERS)


@pytest.mark.parametrize(("low", "high"), [(None, "2026-06-01"), ("2026-06-01T10:00:00", None), ("2026-06-01", "2026-06-30")])
def test_a_stretch_of_time_is_told_in_the_order_of_the_rows(low: str | None, high: str | None) -> None:
    rows = Tenant().sim.snapshot().tickets
    first = moment_of(low or "") or datetime.min.replace(tzinfo=UTC)
    last = moment_of(high or "", end_of_day=True) or datetime.max.replace(tzinfo=UTC)
    kept = [row for row in rows if first <= (moment_of(row["last_update"]) or first) <= last]
    assert kept
    assert within(rows, "last_update", low, high) == kept


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_row_that_is_listed_is_found_as_it_is_listed(resource: str) -> None:
    tenant = _edited()
    rows = getattr(tenant.sim.snapshot(), resource)
    assert rows
    assert all(_find(tenant.sim.edits, resource, row) == row for row in rows[:40] + rows[-5:])


def test_a_deleted_row_is_not_found() -> None:
    tenant = _edited()
    gone = tenant.sim.snapshot().deleted_tickets
    assert gone
    assert all(tenant.sim.edits.find("tickets", row["id"]) is None for row in gone)


def test_what_hangs_on_a_deleted_ticket_is_not_found() -> None:
    tenant = Tenant()
    meeting = next(row for row in tenant.sim.snapshot().appointments if row["ticket_id"])
    tenant.sim.edits.delete("tickets", meeting["ticket_id"])
    assert tenant.sim.edits.find("appointments", meeting["id"]) is None


def test_a_key_that_cannot_be_one_is_not_found() -> None:
    assert Tenant().sim.edits.find("tickets", ([1001],)) is None


def test_edits_one_by_one_lead_to_what_they_lead_to_at_once() -> None:
    tenant = _edited()
    sim = tenant.sim
    at_once = Snapshot(sim._index, sim.now, edits=sim.edits)
    assert all(getattr(sim.snapshot(), resource) == getattr(at_once, resource) for resource in RESOURCES)


def test_an_edit_leaves_the_rows_of_other_resources_as_they_were_built() -> None:
    tenant = Tenant()
    before = tenant.sim.snapshot().quotations
    tenant.sim.edits.change("tickets", tenant.sim.snapshot().tickets[0]["id"], {"summary": "Changed"})
    assert tenant.sim.snapshot().quotations is before


def test_an_earlier_snapshot_keeps_what_it_showed() -> None:
    tenant = Tenant()
    ticket = tenant.sim.snapshot().tickets[0]
    tenant.sim.edits.change("tickets", ticket["id"], {"summary": "First"})
    first = tenant.sim.snapshot().tickets
    tenant.sim.edits.change("tickets", ticket["id"], {"summary": "Second"})
    assert [rows[0]["summary"] for rows in (first, tenant.sim.snapshot().tickets)] == ["First", "Second"]


def test_an_edit_of_a_later_moment_is_not_laid_over_an_earlier_one() -> None:
    tenant = Tenant()
    ticket = tenant.sim.snapshot().tickets[0]
    tenant.sim.now += timedelta(hours=1)
    tenant.sim.edits.change("tickets", ticket["id"], {"summary": "Later"})
    tenant.sim.now = DEMO_MOMENT
    assert tenant.sim.snapshot().tickets[0]["summary"] == ticket["summary"]


def test_a_query_is_worked_out_once_for_all_its_pages() -> None:
    snapshot = Tenant().sim.snapshot()
    pages = [snapshot.kept("query", lambda: snapshot.tickets[:3]) for _ in range(2)]
    assert pages[0] is pages[1]


def test_only_the_latest_queries_are_kept() -> None:
    snapshot = Tenant().sim.snapshot()
    first = snapshot.kept(0, Indexed)
    for number in range(1, QUERIES_KEPT + 1):
        snapshot.kept(number, Indexed)
    assert snapshot.kept(0, Indexed) is not first

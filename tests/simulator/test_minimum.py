"""The fewest requests that the documented interface needs, entity by entity."""

from __future__ import annotations

from math import ceil

import pytest

from handoff_pipeline.simulator.minimum import minimum
from handoff_pipeline.simulator.store import Snapshot
from tests.simulator.tenant import Tenant


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return Tenant().sim.snapshot()


def test_a_paged_list_needs_a_request_per_hundred_rows(snapshot: Snapshot) -> None:
    assert minimum(snapshot, "opportunity", "full") == ceil(len(snapshot.opportunities) / 100) == 2
    assert minimum(snapshot, "project", "full") == ceil(len(snapshot.projects) / 100) > 1


def test_a_night_needs_pages_of_what_changed_where_the_list_can_tell(snapshot: Snapshot) -> None:
    assert minimum(snapshot, "opportunity", "night") == 1
    assert minimum(snapshot, "opportunity", "night", range(101)) == 2


def test_a_night_needs_the_whole_list_where_it_cannot(snapshot: Snapshot) -> None:
    assert minimum(snapshot, "appointment", "night") == minimum(snapshot, "appointment", "full") == 1
    assert minimum(snapshot, "milestone", "night", [1]) == ceil(len(snapshot.milestones) / 100)


def test_a_sales_orders_lines_cost_a_request_each(snapshot: Snapshot) -> None:
    orders = [row["id"] for row in snapshot.orders]
    pages = ceil(len(orders) / 100)
    assert minimum(snapshot, "sales_order", "full") == pages + len(orders)
    assert minimum(snapshot, "sales_order", "night", orders[:3]) == pages + 3


def test_details_and_files_cost_a_request_for_each_that_changed(snapshot: Snapshot) -> None:
    assert minimum(snapshot, "ticket_detail", "night") == 0
    assert minimum(snapshot, "ticket_detail", "full") > minimum(snapshot, "ticket_detail", "night", [snapshot.projects[0]["id"]]) == 1
    assert minimum(snapshot, "attachment", "full") > 0


def test_a_sweep_is_one_list_of_ids_or_nothing(snapshot: Snapshot) -> None:
    assert [minimum(snapshot, name, "sweep") for name in ("opportunity", "client", "quotation", "status")] == [1, 1, 0, 0]


@pytest.mark.parametrize("entity", ["ticket_type", "status", "field_info", "team", "agent", "approval", "action", "budget", "audit"])
def test_what_comes_in_one_answer_needs_one_request(snapshot: Snapshot, entity: str) -> None:
    assert minimum(snapshot, entity, "full") == minimum(snapshot, entity, "night", [1]) == 1


def test_each_lookup_is_a_list_of_its_own(snapshot: Snapshot) -> None:
    assert minimum(snapshot, "lookup", "full") == 4


def test_an_unknown_entity_is_named(snapshot: Snapshot) -> None:
    with pytest.raises(ValueError, match="no minimum is known for 'ticket'"):
        minimum(snapshot, "ticket", "full")


def test_every_entity_of_the_registry_has_a_minimum(snapshot: Snapshot) -> None:
    from handoff_pipeline.halo.entities import ENTITIES

    assert all(minimum(snapshot, name, "full") >= 1 for name in ENTITIES)

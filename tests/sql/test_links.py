"""How change requests and projects find what they belong to, besides by their parents."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sql.tenant import FIRST_NIGHT, TASK, Tenant, at

CHANGES = "marts.fact_change_request"


@pytest.fixture
def delivered(tenant: Tenant) -> Tenant:
    """A won deal with its project (2) and a task of it (3), and another project without a deal (5)."""
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.project()
    tenant.put("project", id=3, summary="Build", tickettype_id=TASK, status_id=2, parent_id=2, dateoccurred=at(7, 9))
    tenant.project(5, parent_id=None)
    return tenant


def link(tenant: Tenant) -> tuple[int, str]:
    """Project and kind of link of the only change."""
    row = tenant.built(CHANGES, "marts.dim_project").row(
        f"{CHANGES} as c inner join marts.dim_project as p on c.project_key = p.project_key", "p.project_key != 0"
    )
    return row["project_id"], row["link_kind"]


@pytest.mark.parametrize("linked", [2, 3], ids=["the_project", "a_task_of_it"])
@pytest.mark.parametrize("kind", ["related", "created_from"])
def test_a_change_without_a_parent_is_found_by_its_details(delivered: Tenant, kind: str, linked: int) -> None:
    delivered.change(parent_id=None)
    filled: dict[str, Any] = {"related_tickets": [{"id": linked}]} if kind == "related" else {"createdfrom_id": float(linked)}
    delivered.put("ticket_detail", id=4, **filled)

    assert link(delivered) == (2, kind)


def test_the_parent_comes_before_a_related_ticket_and_that_before_the_source(delivered: Tenant) -> None:
    delivered.change(parent_id=3)
    delivered.put("ticket_detail", id=4, related_tickets=[{"id": 5}], createdfrom_id=5)
    by_parent = link(delivered)
    delivered.change(parent_id=0)
    delivered.put("ticket_detail", id=4, related_tickets=[{"id": 2}], createdfrom_id=5)

    assert (by_parent, link(delivered)) == ((2, "parent"), (2, "related"))


def test_a_relation_may_be_written_on_the_project_alone(delivered: Tenant) -> None:
    delivered.change(parent_id=None)
    delivered.put("ticket_detail", id=2, related_tickets=[{"id": 77}, {"id": 4}])

    assert link(delivered) == (2, "related")


def test_a_change_that_only_leads_to_a_deal_stays_unlinked(delivered: Tenant) -> None:
    delivered.change(parent_id=1)
    delivered.put("ticket_detail", id=4, createdfrom_id=1, related_tickets=None)

    assert delivered.built(CHANGES).rows(CHANGES) == []
    assert delivered.row("core.change_request")["project_id"] is None


def test_a_project_made_from_a_deal_belongs_to_it_whatever_its_parent(delivered: Tenant) -> None:
    delivered.put("ticket_detail", id=5, createdfrom_id="1")
    projects = delivered.built("marts.dim_project").rows("marts.dim_project")

    assert sorted(row["project_id"] for row in projects if row["origin"] == "opportunity") == [2, 5]
    assert [row["project_id"] for row in projects if row["is_first"]] == [2]


def test_a_ticket_that_names_only_its_site_has_the_sites_client(delivered: Tenant) -> None:
    delivered.put("site", id=70, client_id=11.0)
    delivered.project(6, parent_id=None, client_id=1, site_id=70)
    row = delivered.built("marts.dim_project").row("marts.dim_project", "project_id = 6")

    assert row["client_key"] == delivered.key("client", 11)

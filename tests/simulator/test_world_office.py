"""The world's facts beside sales and delivery: plans, links of changes, invoices, agreements, files and dated costs.

They are drawn apart from the rest, so that a world's deals and hours are what they were before there were any.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from handoff_pipeline.simulator import build_world
from handoff_pipeline.simulator.plans import project_of
from tests.simulator.tenant import DEMO_MOMENT, demo_world

ADDED = {
    "Truth": {"invoices", "contracts", "attachments", "agent_costs"},
    "Project": {"budgets", "milestones", "billing_type"},
    "ChangeRequest": {"related_project_id", "created_from_id", "declared_hours"},
    "TimeEntry": {"charge"},
    "Quote": {"accepted_by"},
    "OrderLine": {"unit_cost"},
}
# The demo's world as it was before plans, links, office and charging were added to it, costs of order lines aside.
WORLD_BEFORE = "cdad29d2b6c23706a73abc2268280a60398cb48201fff433a421967568b16934"


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        name = type(value).__name__
        kept = [field.name for field in fields(value) if field.name not in ADDED.get(name, set())]
        return (name, *[(field, _plain(getattr(value, field))) for field in kept])
    return tuple(_plain(each) for each in value) if isinstance(value, tuple) else repr(value)


def test_the_world_is_what_it_was_before_the_office_was_added() -> None:
    assert hashlib.sha256(repr(_plain(demo_world())).encode()).hexdigest() == WORLD_BEFORE


def test_about_half_of_the_changes_without_a_parent_are_linked_to_a_project_in_one_way() -> None:
    strays = [change for change in build_world(deals=400).changes if change.parent_id is None]
    related = [change for change in strays if change.related_project_id]
    created = [change for change in strays if change.created_from_id]
    assert 0.3 <= (len(related) + len(created)) / len(strays) <= 0.5
    assert related
    assert created
    assert not {change.change_id for change in related} & {change.change_id for change in created}


def test_the_demo_shows_a_change_of_each_kind_of_link() -> None:
    raised = [change for change in demo_world().changes if change.raised_at <= DEMO_MOMENT and change.parent_id is None]
    kinds = {(change.related_project_id is not None, change.created_from_id is not None) for change in raised}
    assert kinds >= {(True, False), (False, True)}


def test_a_link_beside_a_parent_names_the_parents_project() -> None:
    homes = project_of(demo_world())
    both = [change for change in demo_world().changes if change.parent_id and (change.related_project_id or change.created_from_id)]
    assert 3 <= len(both) < len(demo_world().changes) / 4
    for change in both:
        assert {change.related_project_id, change.created_from_id} - {None} == {homes[change.parent_id or 0].project_id}


def test_a_change_is_linked_to_a_project_that_was_there_when_it_was_raised() -> None:
    born = {project.project_id: project.created_at for project in demo_world().projects}
    links = [(c.raised_at, c.related_project_id or c.created_from_id) for c in demo_world().changes]
    assert all(born[linked] <= raised for raised, linked in links if linked is not None)


@pytest.mark.fact("H079")
def test_many_projects_have_no_budget_and_many_have_one() -> None:
    budgeted = sum(bool(project.budgets) for project in demo_world().projects)
    assert 0.3 <= budgeted / len(demo_world().projects) <= 0.7


def test_budgets_and_milestones_are_made_while_their_project_lives() -> None:
    for project in demo_world().projects:
        ended = project.closed_at or project.cancelled_at
        made = [budget.created_at for budget in project.budgets] + [stone.created_at for stone in project.milestones]
        done = [stone.completed_at for stone in project.milestones if stone.completed_at]
        assert all(at > project.created_at for at in made + done)
        assert ended is None or all(at <= ended for at in done)


def test_a_kickoff_milestone_is_done_only_where_a_kickoff_was_held() -> None:
    held = {m.project_id for m in demo_world().appointments if m.kind == "Kickoff" and m.completed_at}
    held |= {project.project_id for project in demo_world().projects if project.kickoff_recorded.steps}
    done = {p.project_id for p in demo_world().projects for stone in p.milestones if stone.name == "Kickoff" and stone.completed_at}
    assert done
    assert done <= held


def test_changes_are_billed_by_a_posted_invoice_by_a_draft_or_by_none() -> None:
    truth = demo_world()
    billed = {line.ticket_id: invoice.posted_at for invoice in truth.invoices for line in invoice.lines if line.ticket_id}
    approved = {change.change_id for change in truth.changes if change.outcome == "approved"}
    assert approved - billed.keys()
    assert {billed[change] is None for change in approved & billed.keys()} == {True, False}


def test_an_invoice_comes_after_what_it_bills_and_is_posted_after_it_was_made() -> None:
    truth = demo_world()
    decided = {change.change_id: change.decided_at for change in truth.changes}
    ordered = {order.order_id: order.created_at for order in truth.orders}
    for invoice in truth.invoices:
        assert invoice.posted_at is None or invoice.posted_at > invoice.created_at
        assert invoice.order_id is None or invoice.created_at > ordered[invoice.order_id]
        dates = [decided.get(line.ticket_id or 0) for line in invoice.lines]
        assert all(at is None or invoice.created_at > at for at in dates)


def test_some_agreements_have_ended_some_run_on_and_none_has_two_at_a_time() -> None:
    contracts, today = demo_world().contracts, DEMO_MOMENT.date()
    assert any(contract.ends and contract.ends < today for contract in contracts)
    assert any(contract.ends is None for contract in contracts)
    live = [c.client_id for c in contracts if c.starts <= today and (c.ends is None or c.ends >= today)]
    assert len(live) == len(set(live))


def test_the_newest_cost_of_an_agent_is_the_agents_cost() -> None:
    newest = {cost.agent_id: cost.cost_price for cost in sorted(demo_world().agent_costs, key=lambda cost: cost.since)}
    assert newest == {agent.agent_id: agent.cost_price for agent in demo_world().agents if agent.cost_price is not None}
    assert len(demo_world().agent_costs) > len(newest)


def test_some_accepted_quotations_are_signed_and_some_are_not() -> None:
    truth = demo_world()
    accepted = {quote.quote_id: quote.accepted_at for quote in truth.quotes if quote.accepted_at}
    signed = {file.quote_id: file.added_at for file in truth.attachments if file.is_signed_quotation}
    assert 0.4 <= len(signed) / len(accepted) <= 0.8
    assert all(added >= accepted[quote or 0] for quote, added in signed.items())


def test_files_hang_on_a_deal_or_on_a_quotation() -> None:
    assert all((file.deal_id is None) != (file.quote_id is None) for file in demo_world().attachments)

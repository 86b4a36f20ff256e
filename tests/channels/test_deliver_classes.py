"""How many people must have approved: by the stricter class of then and now, and whose word counts for little."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from handoff_pipeline.channels.consent import Rules
from handoff_pipeline.ledger.records_action import Intent
from handoff_pipeline.simulator.configuration import STATUS_BLOCKED
from tests.channels.deeds import FINANCE, ROLE, a_move
from tests.channels.outbox import MANAGER, MONEY, Bench, an_intent, rules, won_deal


def _material(**changes: Any) -> Intent:
    return a_move(action_class="two_approvers", amount_base=Decimal(30_000), **changes)


def _both(bench: Bench, move: Intent, first: int = MANAGER, second: int = MONEY) -> None:
    for agent, role in ((first, ROLE), (second, FINANCE)):
        bench.hold(agent, role)
        bench.approved_by(move, agent, role)


def test_two_people_in_two_roles_approve_what_is_material(bench: Bench) -> None:
    move = _material()
    bench.propose(move)
    _both(bench, move)
    bench.run()
    assert bench.state(move) == "confirmed"


def test_one_person_in_both_roles_is_one_person(bench: Bench) -> None:
    move = _material()
    bench.propose(move)
    _both(bench, move, MANAGER, MANAGER)
    bench.run()
    assert (bench.state(move), bench.writes()) == ("refused", [])
    assert "2 people are needed" in bench.detail(move)


def test_whoever_holds_both_roles_is_counted_where_the_other_person_cannot_be(bench: Bench) -> None:
    move = _material()
    bench.propose(move)
    _both(bench, move, MANAGER, MANAGER)
    bench.hold(MONEY, ROLE)
    bench.approved_by(move, MONEY)
    bench.run()
    assert bench.state(move) == "confirmed"


def test_an_amount_that_nobody_knows_needs_the_second_approver(bench: Bench) -> None:
    move = a_move(amount_base=None)
    bench.hold(MANAGER, ROLE)
    bench.propose(move)
    bench.approved_by(move)
    bench.run()
    assert (bench.state(move), bench.writes()) == ("refused", [])
    assert "role finance" in bench.detail(move)


def test_what_has_become_material_since_needs_the_second_approver(bench: Bench) -> None:
    move = a_move(amount_base=Decimal(20_000))
    bench.hold(MANAGER, ROLE)
    bench.propose(move)
    bench.approved_by(move)
    bench.run(rules=rules(materiality=Decimal(10_000)))
    assert (bench.state(move), bench.writes()) == ("refused", [])
    assert "role finance" in bench.detail(move)


# Classes of today, and weak identities


def test_an_action_that_today_needs_an_approver_is_not_done_because_it_needed_none_when_it_was_proposed(bench: Bench) -> None:
    note = an_intent("note", "halo_note", {"ticket_id": won_deal(), "note": "x"})
    bench.propose(note)
    bench.run(rules=rules(classes={**rules().classes, "halo_note": "one_approver"}))
    assert (bench.state(note), bench.writes()) == ("refused", [])


def test_an_action_that_needs_no_approver_today_still_needs_the_one_that_it_was_proposed_under(bench: Bench) -> None:
    move = a_move()
    bench.propose(move)
    bench.run(rules=rules(classes={**rules().classes, "halo_status": "automatic"}))
    assert (bench.state(move), bench.writes()) == ("refused", [])


@pytest.mark.parametrize("action", ["payment", "an_action_of_nobody"])
def test_what_the_product_never_does_is_refused_whoever_approved_it(bench: Bench, action: str) -> None:
    pay = an_intent("pay", action, {"ticket_id": won_deal()}, target="halopsa")
    bench.hold(MANAGER, ROLE)
    bench.propose(pay)
    bench.approved_by(pay)
    bench.run()
    assert (bench.state(pay), bench.writes()) == ("refused", [])
    assert "never done" in bench.detail(pay)


@dataclass(frozen=True)
class Weak:
    """An action approved by the command line, and whether that is enough where the policy lets it count."""

    action: str
    action_class: str
    role: str
    counts: bool


WEAK = {
    "a status": Weak("halo_status", "one_approver", ROLE, counts=True),
    "a status above the threshold": Weak("halo_status", "two_approvers", ROLE, counts=False),
    "a project": Weak("project_create", "one_approver", ROLE, counts=False),
    "what a client sees": Weak("client_visible", "one_approver", "sales_manager", counts=False),
}


@pytest.mark.parametrize("case", WEAK.values(), ids=WEAK)
def test_a_weak_identity_counts_for_little_and_only_where_the_policy_lets_it(bench: Bench, case: Weak) -> None:
    by: Rules = rules(weak_counts=True)
    content = {"ticket_id": won_deal(), "status_id": STATUS_BLOCKED}
    intent = an_intent("weak", case.action, content, action_class=case.action_class, target="halopsa")
    bench.propose(intent)
    for agent, role in ((MANAGER, case.role), (MONEY, FINANCE)):
        bench.hold(agent, role)
        bench.approved_by(intent, agent, role, is_weak=True, channel="command_line")
    bench.run(rules=by)
    assert (bench.state(intent), len(bench.writes())) == (("confirmed", 1) if case.counts else ("refused", 0))
    assert ("is weak" in bench.detail(intent)) == (not case.counts)


@pytest.mark.parametrize(("own_deal", "state"), [("refuse", "refused"), ("allow", "confirmed")])
def test_the_approval_of_the_deals_own_seller_counts_only_where_the_policy_lets_it(bench: Bench, own_deal: str, state: str) -> None:
    move = a_move(requested_by=0, seller_id=MANAGER)
    bench.propose(move)
    bench.hold(MANAGER, ROLE)
    bench.approved_by(move)
    bench.run(rules=rules(approvals=rules().approvals.model_copy(update={"own_deal": own_deal})))
    assert bench.state(move) == state
    if own_deal == "refuse":
        assert (f"agent {MANAGER}, the deal's own seller" in bench.detail(move), bench.writes()) == (True, [])

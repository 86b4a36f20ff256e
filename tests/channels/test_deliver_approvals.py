"""Approvals that do not count: every way to abuse one is refused, stands in the audit chain, and leads to no call at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from handoff_pipeline.channels.consent import consent
from handoff_pipeline.channels.points import AFTER_CLAIM
from handoff_pipeline.ledger.canonical import sha256_of
from handoff_pipeline.ledger.records_action import Intent
from handoff_pipeline.simulator.configuration import STATUS_BLOCKED, STATUS_WON
from tests.channels.deeds import FINANCE, ROLE, a_move
from tests.channels.outbox import MANAGER, MONEY, NOW, SELLER, Bench, an_approval, rules, won_deal


def _by_the_requester(bench: Bench, move: Intent) -> None:
    bench.hold(SELLER, ROLE)
    bench.approved_by(move, SELLER)


def _in_a_wrong_role(bench: Bench, move: Intent) -> None:
    bench.hold(MANAGER, "sales_manager")
    bench.approved_by(move, role="sales_manager")


def _without_the_role_at_the_decision(bench: Bench, move: Intent) -> None:
    bench.approved_by(move)


def _role_lost_before_the_execution(bench: Bench, move: Intent) -> None:
    bench.hold(MANAGER, ROLE, until=NOW - timedelta(minutes=5))
    bench.approved_by(move)


def _expired(bench: Bench, move: Intent) -> None:
    bench.hold(MANAGER, ROLE)
    bench.approved_by(move, expires_at=NOW - timedelta(minutes=1))


def _used_already(bench: Bench, move: Intent) -> None:
    bench.hold(MANAGER, ROLE)
    bench.ledger.approvals.use(bench.approved_by(move).approval_id, NOW - timedelta(minutes=20))


def _of_another_intent(bench: Bench, move: Intent) -> None:
    bench.hold(MANAGER, ROLE)
    bench.approved_by(a_move("another"))


def _for_other_content(bench: Bench, move: Intent) -> None:
    bench.hold(MANAGER, ROLE)
    bench.approved_by(move, content_hash=sha256_of("other words"))


def _for_another_precondition(bench: Bench, move: Intent) -> None:
    bench.hold(MANAGER, ROLE)
    bench.approved_by(move, precondition_hash=sha256_of("{}"))


def _content_changed_by_hand(bench: Bench, move: Intent) -> None:
    bench.hold(MANAGER, ROLE)
    bench.approved_by(move)
    _edit(bench, "update outbox set content = replace(content, :before, :after)", before=str(STATUS_BLOCKED), after="42")


def _precondition_changed_by_hand(bench: Bench, move: Intent) -> None:
    bench.hold(MANAGER, ROLE)
    bench.approved_by(move)
    _edit(bench, "update outbox set precondition = :after", after="{}")


def _rejected(bench: Bench, move: Intent) -> None:
    bench.hold(MANAGER, ROLE)
    bench.ledger.approvals.ask(
        replace(bench.approved_by(move, role="finance"), approval_id="no", role=ROLE, result="pending", decided_at=None)
    )
    bench.ledger.approvals.decide("no", "rejected", NOW - timedelta(minutes=30))


def _unanswered(bench: Bench, move: Intent) -> None:
    bench.hold(MANAGER, ROLE)
    bench.ledger.approvals.ask(
        replace(bench.approved_by(move, role="finance"), approval_id="open", role=ROLE, result="pending", decided_at=None)
    )


def _weak(bench: Bench, move: Intent) -> None:
    bench.hold(MANAGER, ROLE)
    bench.approved_by(move, is_weak=True, channel="command_line")


def _none(bench: Bench, move: Intent) -> None:
    bench.hold(MANAGER, ROLE)


def _edit(bench: Bench, statement: str, **values: str) -> None:
    """What somebody does who can write to the ledger's file and takes its guards away."""
    with bench.ledger.engine.begin() as connection:
        guards = connection.execute(text("select name from sqlite_master where type = 'trigger' and tbl_name = 'outbox'")).scalars().all()
        for name in guards:
            connection.execute(text(f'drop trigger "{name}"'))
        connection.execute(text(statement), values)


@dataclass(frozen=True)
class Abuse:
    """What is done, and why it is refused."""

    act: Callable[[Bench, Intent], None]
    why: str


ABUSES = {
    "self": Abuse(_by_the_requester, "given by the requester"),
    "wrong role": Abuse(_in_a_wrong_role, "nobody has answered"),
    "no role at the decision": Abuse(_without_the_role_at_the_decision, "did not hold the role"),
    "role lost before execution": Abuse(_role_lost_before_the_execution, "no longer holds the role"),
    "expired": Abuse(_expired, "has expired"),
    "replayed": Abuse(_used_already, "was used already"),
    "of another intent": Abuse(_of_another_intent, "nobody has answered"),
    "other content": Abuse(_for_other_content, "other content"),
    "other precondition": Abuse(_for_another_precondition, "another precondition"),
    "content changed by hand": Abuse(_content_changed_by_hand, "changed by hand"),
    "precondition changed by hand": Abuse(_precondition_changed_by_hand, "changed by hand"),
    "rejected": Abuse(_rejected, "is rejected"),
    "unanswered": Abuse(_unanswered, "is pending"),
    "weak identity": Abuse(_weak, "is weak"),
    "none": Abuse(_none, "nobody has answered"),
}


@pytest.mark.parametrize("abuse", ABUSES.values(), ids=ABUSES)
def test_an_approval_that_does_not_count_is_refused_audited_and_calls_nobody(bench: Bench, abuse: Abuse) -> None:
    move = a_move()
    bench.propose(move)
    abuse.act(bench, move)
    before = len(bench.sim.requests)
    bench.run()
    asked = [request for request in bench.sim.requests[before:] if request.path.startswith("/api/") and request.path != "/api/authinfo"]
    assert (bench.state(move), asked, bench.status_of(won_deal())) == ("refused", [], STATUS_WON)
    assert abuse.why in bench.detail(move)
    last = [row for row in bench.ledger.audit.last_rows(10) if row.subject == move.intent_id][-1]
    assert '"to":"refused"' in last.content


def test_an_approval_that_counts_is_used_up_by_what_it_allowed(bench: Bench) -> None:
    move = a_move()
    bench.hold(MANAGER, ROLE)
    bench.propose(move)
    approval = bench.approved_by(move)
    bench.run()
    assert (bench.state(move), bench.status_of(won_deal())) == ("confirmed", STATUS_BLOCKED)
    assert bench.ledger.approvals.get(approval.approval_id).used_at is not None


def test_an_approval_of_an_attempt_that_came_to_nothing_serves_the_next_one(bench: Bench) -> None:
    move = a_move()
    bench.hold(MANAGER, ROLE)
    bench.propose(move)
    bench.approved_by(move)
    bench.run(kill_switch=lambda: bench.state(move) == "claimed")
    assert (bench.state(move), bench.writes()) == ("approved", [])
    bench.run()
    assert bench.state(move) == "confirmed"


def test_an_approval_that_runs_out_between_the_judgement_and_its_use_lets_nothing_out(bench: Bench) -> None:
    move = a_move()
    bench.hold(MANAGER, ROLE)
    bench.propose(move)
    approval = bench.approved_by(move, expires_at=NOW + timedelta(minutes=1))
    bench.run(point=lambda name: bench.clock.pass_by(120) if name == AFTER_CLAIM else None)
    assert (bench.state(move), bench.writes()) == ("refused", [])
    assert bench.ledger.approvals.get(approval.approval_id).result == "void"


def test_what_is_refused_leaves_no_approval_standing(bench: Bench) -> None:
    move = a_move()
    bench.propose(move)
    approval = bench.approved_by(move)
    bench.run()
    assert bench.ledger.approvals.get(approval.approval_id).result == "void"


def test_a_conflict_voids_the_approval_that_was_given_for_what_was_seen(bench: Bench) -> None:
    move = a_move()
    bench.hold(MANAGER, ROLE)
    bench.propose(move)
    approval = bench.approved_by(move)
    bench.sim.edits.change("tickets", won_deal(), {"status_id": 42})
    bench.run()
    assert (bench.state(move), bench.writes(), bench.ledger.approvals.get(approval.approval_id).result) == ("conflict", [], "void")


def test_a_rejection_stands_whoever_else_accepted(bench: Bench) -> None:
    move = a_move()
    bench.propose(move)
    for agent in (MANAGER, MONEY):
        bench.hold(agent, ROLE)
    bench.approved_by(move)
    no = an_approval(move, MONEY)
    bench.ledger.approvals.ask(no)
    bench.ledger.approvals.decide(no.approval_id, "rejected", NOW - timedelta(minutes=30))
    bench.run()
    assert (bench.state(move), bench.writes()) == ("refused", [])


def test_a_rejection_in_a_role_that_is_not_asked_any_more_stands(bench: Bench) -> None:
    move = a_move()
    bench.propose(move)
    for agent, role in ((MANAGER, ROLE), (MONEY, FINANCE)):
        bench.hold(agent, role)
    bench.approved_by(move)
    no = an_approval(move, MONEY, FINANCE)
    bench.ledger.approvals.ask(no)
    bench.ledger.approvals.decide(no.approval_id, "rejected", NOW - timedelta(minutes=30))
    bench.run()
    assert (bench.state(move), bench.writes()) == ("refused", [])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"approver_id": 0}, "by nobody who is known"),
        ({"kind": "override"}, "is for something else"),
        ({"subject_id": "another"}, "is for something else"),
        ({"decided_at": NOW - timedelta(hours=2)}, "decided outside its time"),
        ({"decided_at": NOW + timedelta(days=1)}, "decided outside its time"),
        ({"decided_at": None}, "is accepted"),
    ],
)
def test_an_approval_that_the_ledger_never_takes_counts_for_nothing_here_either(changes: dict[str, Any], why: str) -> None:
    move = a_move()
    given = replace(an_approval(move), **{"result": "accepted", "decided_at": NOW - timedelta(minutes=40), **changes})
    assert why in str(consent(move, [given], rules(), lambda *_: True, NOW).objection)

"""An exception from a control, from the request to the grant: two people are asked at HaloPSA, and their answers there decide."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from assets.acting import overrides
from assets.acting.consents import Consented, place_questions
from handoff_pipeline.governance.remediation_rows import Agent, People
from handoff_pipeline.halo import writing
from handoff_pipeline.policy.people import Holders
from handoff_pipeline.simulator.shaping import stamp
from tests.channels.outbox import MANAGER, MONEY, NOW, SELLER, Bench, Wire, new_ledger, policy, settings, won_deal
from tests.halo.fake import InstantClock
from tests.ledger.acting import an_override

LEAD, FINANCE = "service_delivery_lead", "finance"
PEOPLE = People.of([Agent(number, f"Agent {number}") for number in (SELLER, MANAGER, MONEY)])


@pytest.fixture
def roles():
    """The example policy in operate with a holder for each role; the seller would hold one too."""
    held = {LEAD: Holders(agents=[SELLER, MANAGER]), FINANCE: Holders(agents=[MONEY])}
    sections = {
        "approvals": policy().approvals.model_copy(update={"roles": held}),
        "rollout": policy().rollout.model_copy(update={"phase": "operate"}),
    }
    return policy().model_copy(update=sections)


@pytest.fixture
def bench(tmp_path, monkeypatch):
    with new_ledger(tmp_path) as ledger:
        made = Bench(ledger)
        monkeypatch.setattr(overrides, "writing", lambda given, clock: writing(given, clock, Wire(made.sim, None)))
        made.hold(MANAGER, LEAD)
        made.hold(MONEY, FINANCE)
        yield made


def asked_for(bench):
    override = replace(
        an_override(), handoff_id=won_deal(), requested_by=SELLER, requested_at=NOW - timedelta(hours=1), expires_at=NOW + timedelta(days=9)
    )
    bench.ledger.people.request_override(override)
    return override


def round_of(bench, roles):
    """One round of the job `approve`, with the delivery after it."""
    done = Consented()
    asyncio.run(overrides.read_answers(bench.ledger, settings(), roles, bench.clock, done))
    overrides.conclude(bench.ledger, roles, bench.clock, done)
    overrides.ask(bench.ledger, PEOPLE, settings(), roles, bench.clock, done)
    bench.run()
    place_questions(bench.ledger, bench.clock)
    return done


def answer(bench, approval, result):
    ticket, seq = (int(part) for part in approval.far_ref.split("/"))
    bench.sim.edits.change("approvals", (ticket, seq), {"result": result, "dateapproved": stamp(bench.sim.now)})


def state(bench):
    return bench.ledger.people.overrides()[0].state


def test_two_answers_in_halopsa_grant_it_and_are_used_up(bench, roles):
    override = asked_for(bench)
    assert round_of(bench, roles).asked == 2
    asked = bench.ledger.approvals.of(override.override_id)
    assert sorted((one.role, one.approver_id) for one in asked) == [(FINANCE, MONEY), (LEAD, MANAGER)]
    answer(bench, asked[0], 1)
    assert (round_of(bench, roles).decided, state(bench)) == (1, "requested")
    answer(bench, asked[1], 1)
    round_of(bench, roles)
    [kept] = bench.ledger.people.overrides()
    assert (kept.state, kept.approved_by, kept.second_approver) == ("approved", MANAGER, MONEY)
    assert all(one.used_at for one in bench.ledger.approvals.of(override.override_id))


def test_one_no_in_halopsa_refuses_it_and_ends_the_other_question(bench, roles):
    override = asked_for(bench)
    round_of(bench, roles)
    asked = bench.ledger.approvals.of(override.override_id)
    answer(bench, asked[0], 2)
    round_of(bench, roles)
    assert state(bench) == "refused"
    assert sorted(one.result for one in bench.ledger.approvals.of(override.override_id)) == ["rejected", "void"]


def test_an_exception_that_is_over_ends_by_itself(bench, roles):
    asked_for(bench)
    overrides.conclude(bench.ledger, roles, InstantClock(NOW + timedelta(days=10)), Consented())
    assert state(bench) == "expired"


def test_where_nobody_holds_a_role_it_waits_and_says_so(bench, roles):
    asked_for(bench)
    nobody = roles.model_copy(update={"approvals": roles.approvals.model_copy(update={"roles": {LEAD: Holders(agents=[MANAGER])}})})
    done = Consented()
    overrides.ask(bench.ledger, PEOPLE, settings(), nobody, bench.clock, done)
    assert ("needs the role finance" in done.troubles[0], state(bench)) == (True, "requested")


def test_in_shadow_nobody_is_asked_for_an_exception(bench, roles):
    asked_for(bench)
    shadow = roles.model_copy(update={"rollout": policy().rollout.model_copy(update={"phase": "shadow"})})
    assert (round_of(bench, shadow).asked, bench.ledger.approvals.all(), state(bench)) == (0, [], "requested")

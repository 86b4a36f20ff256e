"""The small parts of acting, each alone: roles kept in step, answers kept once, what HaloPSA shows read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event

from assets.acting.answers import keep_answers
from assets.acting.consents import Consented, ask, conclude, holders
from assets.acting.published_rows import _of_today
from assets.acting.readings import Reading, note_of, record_of, values_of
from assets.acting.roles import keep_roles
from handoff_pipeline.clock import HeldClock
from handoff_pipeline.governance.acknowledging import NoteRow, ValueRow
from handoff_pipeline.ledger import Escalation, Ledger, canonical, sha256_of
from handoff_pipeline.policy.people import Holders, Role
from handoff_pipeline.settings import Settings
from tests.governance.remediation_world import BEN, GRACE, IVY, MONDAY, PEOPLE, gap, policy, record
from tests.ledger.acting import AT, an_intent

HOUR = timedelta(hours=1)
OPERATE = policy(write_back={"fields": {"score": "CFHandoffScore"}, "blocking_status": "On hold"})
LEAD: Role = "service_delivery_lead"


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


def of_lead(*agents):
    """The policy with these holders of a role."""
    roles = dict(OPERATE.approvals.roles)
    roles[LEAD] = Holders(agents=list(agents))
    return OPERATE.model_copy(update={"approvals": OPERATE.approvals.model_copy(update={"roles": roles})})


def test_a_role_begins_and_ends_with_the_policy_and_is_never_taken_out_of_the_past(ledger):
    assert keep_roles(ledger, PEOPLE, of_lead("Ivy Chen"), MONDAY) > 0
    assert keep_roles(ledger, PEOPLE, of_lead("Ivy Chen"), MONDAY + HOUR) == 0
    assert keep_roles(ledger, PEOPLE, of_lead("Grace Lee"), MONDAY + 2 * HOUR) == 2
    held = {(agent, hours): ledger.people.role_held(agent, LEAD, MONDAY + hours * HOUR) for agent in (IVY, GRACE) for hours in (1, 3)}
    assert held == {(IVY, 1): True, (IVY, 3): False, (GRACE, 1): False, (GRACE, 3): True}


def test_whoever_has_left_holds_no_role_from_then_on(ledger):
    keep_roles(ledger, PEOPLE, of_lead("Ivy Chen"), MONDAY)
    left = type(PEOPLE)({**PEOPLE.agents, IVY: replace(PEOPLE.agents[IVY], is_active=False)})
    keep_roles(ledger, left, of_lead("Ivy Chen"), MONDAY + HOUR)
    assert not ledger.people.role_held(IVY, LEAD, MONDAY + 2 * HOUR)


def test_an_approver_on_leave_keeps_the_role_and_is_not_asked(ledger):
    away = policy(remediation={"absences": [{"who": "Ivy Chen", "first_day": "2026-11-23", "last_day": "2026-11-24"}]})
    with_roles = away.model_copy(update={"approvals": of_lead("Ivy Chen", "Grace Lee").approvals})
    asked = [holders(PEOPLE, with_roles, MONDAY + timedelta(days=days))(LEAD) for days in (0, 2)]
    assert asked == [[GRACE], [GRACE, IVY]]
    keep_roles(ledger, PEOPLE, with_roles, MONDAY)
    assert ledger.people.role_held(IVY, LEAD, MONDAY + HOUR)


@pytest.mark.parametrize(("who", "when", "is_acknowledged"), [(BEN, 2, True), (IVY, 2, False), (BEN, 0, False)])
def test_an_escalation_is_acknowledged_by_whom_it_reached_and_after_it_did(ledger, who, when, is_acknowledged):
    row = gap()
    ledger.intents.propose([an_intent()])
    [intent] = ledger.intents.all()
    ledger.people.escalated(Escalation(row.gap_id, 1, BEN, MONDAY + HOUR, intent.intent_id))
    reading = Reading(notes=[NoteRow(row.handoff_id, 5, who, MONDAY + when * HOUR, "ACK")])
    for _ in range(2):
        keep_answers(ledger, reading, [row], PEOPLE, OPERATE)
    assert [one.acknowledged_at for one in ledger.people.escalations()] == [MONDAY + 2 * HOUR if is_acknowledged else None]
    assert len(ledger.people.acknowledgements()) == 1


def test_a_field_that_stays_filled_acknowledges_once_whatever_the_hour(ledger):
    acknowledging = policy(remediation={"acknowledge": {"field": "CFSeen"}})
    for hour in range(3):
        reading = Reading(values=[ValueRow(1, "field", "CFSeen", "yes", MONDAY + hour * HOUR)])
        keep_answers(ledger, reading, [gap()], PEOPLE, acknowledging)
    assert [one.at for one in ledger.people.acknowledgements()] == [MONDAY]


def test_a_note_without_text_moment_or_id_is_none_and_one_of_a_client_is_nobodys():
    row = {"id": 5, "note": "ACK", "datetime": "2026-11-23T08:00:00Z", "who_agentid": BEN}
    assert note_of(1, row) == NoteRow(1, 5, BEN, MONDAY, "ACK")
    assert [note_of(1, {**row, key: None}) for key in ("id", "note", "datetime")] == [None, None, None]
    assert [note_of(1, {**row, "who_agentid": nobody}).agent_id for nobody in (0, None, "")] == [0, 0, 0]


def test_a_record_is_what_is_published_with_status_and_fields_of_now():
    row = {"status_id": 31, "customfields": [{"name": "CFHandoffScore", "value": "60"}]}
    seen = record_of(row, record(), OPERATE, {31: "Open", 40: "on HOLD"}, MONDAY + HOUR)
    assert (seen.status_id, seen.blocking_status_id, seen.seen_at) == (31, 40, MONDAY + HOUR)
    assert seen.fields_seen == {"CFHandoffScore": "60"}


def test_the_status_stands_among_what_may_answer():
    [status] = values_of({"status_id": 31}, 7, OPERATE, {31: "Seen"}, MONDAY)
    assert (status.handoff_id, status.kind, status.value) == (7, "status", "Seen")


def test_an_item_is_asked_for_as_todays_policy_says():
    items = {item.id: item for item in OPERATE.checklist.items}
    row = gap(title="An old title", fix="", mode="shadow")
    assert (_of_today(row, items).title, _of_today(row, items).mode) == (items["signed_scope"].title, "warn")
    assert (_of_today(row, {}).state, _of_today(gap(state="waived"), {}).state) == ("moot", "waived")


def test_what_was_only_recorded_is_not_looked_up_one_by_one_when_approvals_are_concluded(ledger):
    ledger.intents.propose([an_intent(f"shadow|{number}", is_shadow=True) for number in range(20)])
    asked: list[str] = []
    event.listen(ledger.engine, "before_cursor_execute", lambda *sent: asked.append(sent[2]))
    conclude(ledger, OPERATE, HeldClock(MONDAY), Consented())
    assert len([one for one in asked if one.startswith("SELECT")]) == 1


@pytest.mark.parametrize(("holders_named", "who", "trouble"), [(("Ben Okafor", "Ivy Chen"), [IVY], False), (("Ben Okafor",), [], True)])
def test_a_block_of_the_sellers_own_deal_asks_the_next_holder_or_says_that_there_is_none(ledger, holders_named, who, trouble):
    content = canonical({"ticket_id": 7, "note": "Blocked", "status_id": 40})
    hashes = {"content": content, "content_hash": sha256_of(content), "shown": f"Block [{sha256_of(content)[:16]}]"}
    of_block = {"target": "halopsa", "action": "halo_blocking", "action_class": "one_approver", "amount_base": Decimal(9_000)}
    ledger.intents.propose([an_intent("block", **hashes, **of_block, seller_id=BEN)])
    done = Consented()
    ask(ledger, PEOPLE, Settings(halo_url="https://acme.halopsa.com"), of_lead(*holders_named), HeldClock(AT), done)
    assert [one.approver_id for one in ledger.approvals.all()] == who
    assert any("nobody but the deal's own seller" in said for said in done.troubles) is trouble

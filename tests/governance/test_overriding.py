"""An exception from a control: two people who are not its requester, asked and judged like everybody else who approves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from handoff_pipeline.channels.halo_approvals import SeenApproval
from handoff_pipeline.governance.overriding import judge_override, override_answered, override_id_of, override_questions, subject_of
from handoff_pipeline.policy import load_policy
from tests.ledger.acting import AT, HOUR, an_override

POLICY = load_policy(Path(__file__).resolve().parents[2] / "handoff.yaml")
LEAD, MONEY, OTHER = 31, 32, 33
OVERRIDE = replace(an_override(), requested_by=17)
LATER = AT + HOUR
HELD = {("service_delivery_lead", LEAD), ("finance", MONEY)}


def held(agent, role, _at):
    return (role, agent) in HELD


def holders(role):
    return [17, *(agent for known, agent in sorted(HELD) if known == role), OTHER]


def asked(override=OVERRIDE, before=(), who=holders):
    return override_questions(override, before, who, "acme", POLICY, AT)


def approvals(override=OVERRIDE, **changes):
    """Both questions, accepted."""
    return [replace(one.approval, result="accepted", decided_at=LATER, far_ref="7/1", **changes) for one in asked(override)]


def answer(approval, agent=None, text=None, result=1):
    return SeenApproval("7/1", agent or approval.approver_id, result, LATER, False, text or subject_of(OVERRIDE).shown)


def decided(found, override=OVERRIDE, at=LATER, held_by=held):
    came = override_answered(override, found, held_by, POLICY, at)
    return came and came[0]


def test_two_people_are_asked_and_never_the_requester():
    questions = asked()
    assert [(one.approval.role, one.approval.approver_id) for one in questions] == [("service_delivery_lead", LEAD), ("finance", MONEY)]
    assert {one.approval.kind for one in questions} == {"override"}


def test_what_they_read_holds_the_reason_what_stands_in_and_the_contents_hash():
    [content] = {one.intent.content for one in asked()[:1]}
    subject = subject_of(OVERRIDE)
    assert all(words in content for words in (OVERRIDE.reason, OVERRIDE.compensating_control, subject.content_hash[:16]))


def test_who_was_asked_is_not_asked_again():
    assert asked(before=[one.approval for one in asked()]) == []


def test_one_person_with_both_roles_is_asked_once_and_somebody_else_beside_him():
    people = [one.approval.approver_id for one in asked(who=lambda _role: [17, LEAD, OTHER])]
    assert people == [LEAD, OTHER]


def test_two_answers_grant_it_and_are_used_up():
    came = override_answered(OVERRIDE, approvals(), held, POLICY, LATER)
    assert came is not None
    assert (came[0], [one.approver_id for one in came[1]]) == ("approved", [LEAD, MONEY])


def test_one_answer_grants_nothing():
    assert decided(approvals()[:1]) is None


def test_one_no_refuses_it():
    yes, no = approvals()
    assert decided([yes, replace(no, result="rejected")]) == "refused"


def test_an_answer_on_the_command_line_never_counts():
    assert decided(approvals(is_weak=True)) is None


def test_an_answer_about_other_words_never_counts():
    assert decided(approvals(), replace(OVERRIDE, reason="another reason")) is None


def test_an_approval_of_an_intent_is_none_of_an_exception():
    assert decided([replace(one, kind="intent") for one in approvals()]) is None


def test_whoever_has_lost_the_role_has_approved_nothing():
    assert decided(approvals(), held_by=lambda agent, role, at: at <= LATER - HOUR and held(agent, role, at)) is None


@pytest.mark.parametrize("state", ["requested", "approved"])
def test_it_ends_by_itself(state):
    assert decided(approvals(), replace(OVERRIDE, state=state), OVERRIDE.expires_at) == "expired"


def test_nothing_follows_for_one_that_has_ended():
    assert decided(approvals(), replace(OVERRIDE, state="refused"), OVERRIDE.expires_at + timedelta(days=9)) is None


def test_an_answer_of_the_one_who_was_asked_counts_and_anybody_elses_does_not():
    results = POLICY.signoff.results
    request = replace(asked()[0].approval, far_ref="7/1")
    good = judge_override(request, answer(request, result=results.accepted), OVERRIDE, held, results, LATER)
    bad = judge_override(request, answer(request, agent=OTHER, result=results.accepted), OVERRIDE, held, results, LATER)
    assert (good.result, bad.result) == ("accepted", "void")


def test_the_same_request_has_the_same_id_and_another_one_has_not():
    first = override_id_of(7, "signed_scope", "HC-3", 17, AT)
    assert first == override_id_of(7, "signed_scope", "HC-3", 17, AT)
    assert first != override_id_of(7, "signed_scope", "HC-3", 17, LATER)


def test_the_deals_own_seller_is_not_asked_about_an_exception_and_his_yes_counts_for_nothing():
    of_lead = replace(OVERRIDE, seller_id=LEAD)
    assert [one.approval.approver_id for one in asked(of_lead)] == [OTHER, MONEY]
    assert decided(approvals(), OVERRIDE) == "approved"
    assert decided(approvals(), of_lead) is None

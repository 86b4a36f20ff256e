"""What came of a quarter: gaps, bypasses, words and approvals, against what the script says and what the tenant shows."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from handoff_pipeline.simulator import BlockingRule, Quirks, Script
from handoff_pipeline.simulator.script import FIRST_DEAL, HABITS
from handoff_pipeline.simulator.script_acts import FIELDS_OF
from handoff_pipeline.simulator.truth_acting import BypassKind, Gap
from tests.simulator.quarter import Quarter, played

DAY = timedelta(days=1)
AT = datetime(2026, 7, 8, 10, tzinfo=UTC)


def _gaps(story: str) -> list[Gap]:
    quarter = played()
    return [gap for gap in quarter.truth.gaps if quarter.script.dealt[gap.deal_id] == story]


def _bypasses(story: str) -> list[str]:
    quarter = played()
    ids = {deal_id for deal_id, told in quarter.script.dealt.items() if told == story}
    return sorted(each.kind for each in quarter.truth.bypasses if {each.deal_id, each.project_id - 1} & ids and not _at_the_win(each.kind))


def _at_the_win(kind: str) -> bool:
    return kind == "won_without_checklist"


@pytest.mark.parametrize(
    ("story", "ended_by"),
    [("fix_field", "filled"), ("fix_attach", "filled"), ("snooze", "filled"), ("ignore", None), ("override", None), ("lose", "lost")],
)
def test_a_gap_ends_as_its_story_says(story: str, ended_by: str | None) -> None:
    assert {gap.ended_by for gap in _gaps(story)} == {ended_by}


def test_a_deal_with_all_its_papers_has_no_gap() -> None:
    assert _gaps("clean") == []


def test_a_gap_runs_from_the_win_to_the_moment_that_filled_it() -> None:
    quarter, gap = played(), _gaps("fix_date")[0]
    acts = {act.kind: act for act in quarter.script.acts if act.deal_id == gap.deal_id}
    assert (gap.since, gap.ended_at, gap.closer_id) == (acts["win"].at, acts["fill"].at, acts["fill"].agent_id)
    assert (gap.is_hard, gap.is_partial, gap.owner_id) == (True, True, acts["win"].agent_id)


def test_what_is_emptied_after_the_win_is_a_gap_from_then_on() -> None:
    quarter, gap = played(), _gaps("empty_again")[0]
    assert gap.since == next(act.at for act in quarter.script.acts if act.kind == "empty")
    assert gap.ended_by == "filled"


def test_the_open_gaps_are_the_empty_fields_of_won_deals_that_the_tenant_shows() -> None:
    quarter = played()
    shown = set()
    for row in quarter.rows("/Opportunities", includestatus="true"):
        filled = quarter.fields(row["id"])
        lacks = {item for item, names in FIELDS_OF.items() if not all(filled[name] for name in names)}
        shown |= {(row["id"], item) for item in lacks if row["status_name"].startswith("Closed Won")}
    assert {(gap.deal_id, gap.item) for gap in quarter.truth.gaps if gap.ended_at is None} == shown


def test_a_hard_item_that_lacks_at_the_win_is_a_bypass_and_a_soft_one_is_not() -> None:
    truth = played().truth
    wins = {(bypass.deal_id, bypass.at) for bypass in truth.bypasses if _at_the_win(bypass.kind)}
    assert wins == {(gap.deal_id, gap.since) for gap in truth.gaps if gap.is_hard and gap.deal_id not in _emptied()}


def _emptied() -> set[int]:
    return {gap.deal_id for gap in _gaps("empty_again")}


@pytest.mark.parametrize(
    ("story", "kinds"),
    [
        ("clean", []),
        ("reject_signoff", []),
        ("ignore_signoff", []),
        ("kick_off_unsigned", ["kickoff_scheduled_without_signoff", "kickoff_without_signoff"]),
        ("edit_after_signoff", ["edited_after_signoff"]),
        ("hand_over", ["enforcement_off"]),
        ("switch_off", ["enforcement_off"]),
        ("claim_complete", ["enforcement_off"]),
        ("unsold_project", ["project_without_opportunity"]),
    ],
)
def test_bypasses_are_those_of_the_story(story: str, kinds: list[str]) -> None:
    assert _bypasses(story) == kinds


def test_every_kind_of_bypass_occurs() -> None:
    assert {bypass.kind for bypass in played().truth.bypasses} == set(get_args(BypassKind))


def test_what_a_rule_stopped_is_no_bypass() -> None:
    quarter = Quarter(quirks=Quirks(rate_limit=False, blocking_rule=BlockingRule()))
    act = quarter.after("hand_over", "hand_over")
    assert act.deal_id not in {bypass.deal_id for bypass in quarter.truth.bypasses if not _at_the_win(bypass.kind)}


def test_words_are_heard_where_they_were_said() -> None:
    truth = played().truth
    assert Counter(said.channel for said in truth.acknowledgements) == {"status": 1, "note": 1, "field": 1}
    assert Counter(said.channel for said in truth.appeals) == {"note": 1, "field": 1}
    assert all(put_off.until > put_off.at.date() and put_off.reason and not put_off.control for put_off in truth.snoozes)
    assert all(override.reason and override.control for override in truth.overrides)
    assert (len(truth.snoozes), len(truth.overrides)) == (1, 2)


def test_sign_offs_end_in_every_way() -> None:
    signoffs = played().truth.signoffs
    assert {(each.result, each.voided_at is not None) for each in signoffs} == {
        ("pending", False),
        ("rejected", False),
        ("accepted", False),
        ("accepted", True),
    }
    assert all((each.decided_at is None) == (each.result == "pending") for each in signoffs)


@pytest.mark.parametrize(
    ("readings", "seen"),
    [
        ([AT, AT + 3 * DAY], (AT, AT + 3 * DAY)),
        ([AT - DAY, AT + DAY], (AT + DAY, None)),
        ([AT + 2 * DAY, AT + 3 * DAY], None),
        ([], None),
    ],
)
def test_a_reader_knows_what_stood_at_its_readings(readings: list[datetime], seen: Any) -> None:
    gap = Gap(1, "dependencies", is_hard=False, is_partial=False, owner_id=10, since=AT, ended_at=AT + 2 * DAY)
    assert gap.seen(readings) == seen


def _asked(quarter: Quarter, deal_id: int) -> dict[str, Any]:
    body = [{"ticket_id": deal_id, "agent_id": 33, "step_name": "Handoff approval", "note": "Block deal: 0123456789abcdef"}]
    answer: dict[str, Any] = quarter.send("/TicketApproval", body).json()
    return answer


def test_an_approval_asked_over_http_has_its_agent_and_its_text_and_is_answered_by_people() -> None:
    quarter = Quarter(Script(habits={"accept_soon": 1}))
    deal_id = quarter.after("win", "clean").deal_id
    _asked(quarter, deal_id)
    pending = quarter.get("/TicketApproval", ticket_id=deal_id)[0]
    assert (pending["agent_id"], pending["note"], pending["result"]) == (33, "Block deal: 0123456789abcdef", 0)
    quarter.reach(quarter.sim.now + timedelta(hours=2))
    answered, told = quarter.get("/TicketApproval", ticket_id=deal_id)[0], quarter.truth.asked[0]
    assert (answered["result"], answered["approver_note"], told.result, told.note) == (1, "Agreed", "accepted", pending["note"])
    assert told.decided_at is not None
    assert told.asked_at < told.decided_at <= quarter.sim.now


def test_people_answer_approvals_in_the_stated_mix_of_habits() -> None:
    quarter = Quarter()
    deal_id = quarter.after("win", "clean").deal_id
    for _ in range(sum(HABITS.values())):
        _asked(quarter, deal_id)
    quarter.reach(quarter.sim.now + timedelta(days=8))
    asked = quarter.truth.asked
    assert Counter(each.habit for each in asked) == HABITS
    assert Counter(each.result for each in asked) == {"accepted": 6, "rejected": 1, "pending": 1}
    shown = quarter.get("/TicketApproval", ticket_id=deal_id)
    assert sum(row["admin_overridden"] for row in shown) == sum(each.is_for_another for each in asked) == 1


@pytest.mark.parametrize(("story", "result"), [("override", "accepted"), ("refused_override", "rejected")])
def test_an_override_is_answered_as_its_story_says(story: str, result: str) -> None:
    quarter = Quarter(Script(habits={"ignore": 1}))
    deal_id = quarter.after("ask_override", story).deal_id
    _asked(quarter, deal_id)
    quarter.reach(quarter.sim.now + timedelta(hours=2))
    assert [each.result for each in quarter.truth.asked] == [result]


def test_an_approval_that_was_taken_back_is_not_answered() -> None:
    quarter = Quarter(Script(habits={"accept_soon": 1}))
    deal_id = quarter.after("win", "clean").deal_id
    seq = _asked(quarter, deal_id)["seq"]
    quarter.http.delete(f"/api/TicketApproval/{deal_id}&{seq}", headers={"Authorization": f"Bearer {quarter.token}"})
    quarter.reach(quarter.sim.now + timedelta(hours=2))
    assert [each.result for each in quarter.truth.asked] == ["pending"]


def test_a_truth_that_was_told_does_not_change_when_the_play_goes_on() -> None:
    quarter = Quarter(Script(habits={"accept_soon": 1}))
    _asked(quarter, quarter.after("win", "clean").deal_id)
    quarter.reach(quarter.sim.now)
    told = quarter.truth
    quarter.reach(quarter.sim.now + timedelta(hours=2))
    assert told.asked[0].result == "pending"


def test_deals_of_a_script_are_numbered_apart_from_all_others() -> None:
    assert min(Script().dealt) == FIRST_DEAL

"""A deal that lacks everything, and people who waive, escalate, answer and approve: what follows, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from handoff_pipeline.simulator.truth import Timeline
from tests.oracle import expected
from tests.oracle.hand_made import DEAL, WEB, at, members, night, one, weekly, world
from tests.oracle.keys import key
from tests.oracle.said import Acknowledgement, Escalation, Intent, Move, Override, Request, Said

NOTHING = Timeline[Any](())
BARE = replace(DEAL, signed_scope_link=NOTHING, signed_scope_date=NOTHING, acceptance_criteria=NOTHING, dependencies=NOTHING)
ITEM, SOFT = "signed_scope", "acceptance_criteria"
FIRST, LAST = night(7, 7), night(7, 14)
GAP = f"1|{ITEM}|2026-07-07T01:30:00"
WAIVER = Override(
    override_id="o", deal_id=1, item=ITEM, control_id="HC-01", reason="r", instead="i", asked_by=10, asked_at=at(7, 5),
    ends_at=at(7, 30), approved_at=at(7, 7, 12), approved_by=30,
)  # fmt: skip


def seen(policy: dict[str, Any], said: Said, last: datetime = LAST) -> dict[str, Any]:
    return expected(world(deals=(BARE,)), policy, [FIRST, last], WEB, said=said)


def gap(tables: dict[str, Any], item: str = ITEM) -> dict[str, Any]:
    return one(tables, "fact_gap", item_key=key("acme", "item", item))


@pytest.mark.parametrize(
    ("changes", "state", "ended"),
    [
        ({}, "waived", datetime(2026, 7, 7, 12)),
        ({"approved_at": at(7, 6, 12)}, "waived", datetime(2026, 7, 7, 1, 30)),
        ({"ends_at": at(7, 10)}, "waiver_expired", None),
        ({"closed_at": at(7, 10)}, "waiver_expired", None),
        ({"ends_at": at(7, 7, 1)}, "open", None),
        ({"approved_at": None, "refused_at": at(7, 7, 12)}, "open", None),
        ({"approved_at": at(7, 15)}, "open", None),
        ({"item": SOFT}, "open", None),
    ],
)
def test_a_waiver_closes_its_gap_for_as_long_as_it_stands(policy: dict[str, Any], changes: dict[str, Any], state: str, ended: Any):
    row = gap(seen(policy, Said(overrides=(replace(WAIVER, **changes),))))

    assert (row["state"], row["resolved_at_utc"]) == (state, ended)
    assert row["within_sla"] is (None if state == "waived" else False)


def test_a_waiver_lifts_the_cap_on_the_nights_on_which_it_stands(policy: dict[str, Any]):
    policy["checklist"]["hard_cap"] = 1
    waivers = tuple(replace(WAIVER, override_id=item["id"], item=item["id"]) for item in policy["checklist"]["items"])
    tables = seen(policy, Said(overrides=waivers))
    row = one(tables, "fact_handoff")

    assert row["score_at_won"] == 1 < row["score_latest"]
    assert {(each["stage"], each["is_waived"]) for each in tables["fact_handoff_check"]} == {("won", False), ("latest", True)}
    assert row["open_gaps"] == 0


def test_one_waiver_after_another_is_one(policy: dict[str, Any]):
    renewed = replace(WAIVER, override_id="p", approved_at=at(7, 9), ends_at=at(7, 30))
    row = gap(seen(policy, Said(overrides=(replace(WAIVER, ends_at=at(7, 10)), renewed))))

    assert (row["state"], row["resolved_at_utc"]) == ("waived", datetime(2026, 7, 7, 12))


def test_a_win_whose_hard_items_were_waived_before_is_no_bypass_and_waived_later_is_explained(policy: dict[str, Any]):
    def states(**changes: Any) -> list[str]:
        items = [item["id"] for item in policy["checklist"]["items"]]
        said = Said(overrides=tuple(replace(WAIVER, override_id=item, item=item, **changes) for item in items))
        return [row["state"] for row in seen(policy, said)["fact_bypass"] if row["kind"] == "won_without_checklist"]

    assert [states(), states(approved_at=at(7, 6)), states(approved_at=at(7, 15))] == [["explained"], [], ["open"]]


def test_an_escalation_is_answered_after_business_hours(policy: dict[str, Any]):
    levels = (Escalation(GAP, 1, 30, at(7, 8, 9)), Escalation(GAP, 2, 10, at(7, 8, 12)))
    answers = (Acknowledgement("gap", GAP, 10, at(7, 8, 11)), Acknowledgement("handoff", "1", 10, at(7, 9, 9)))
    tables = seen(policy, Said(escalations=levels, acknowledgements=answers))
    (member,) = [row for row in members(tables, "escalation_ack_hours") if row["week_start"].day == 6]
    row = gap(tables)

    assert (row["first_escalated_at_utc"], row["escalation_level"], row["acknowledged_at_utc"]) == (
        datetime(2026, 7, 8, 9), 2, datetime(2026, 7, 8, 11),
    )  # fmt: skip
    assert (member["duration"], member["is_event"]) == (2.0, True)
    assert gap(tables, SOFT)["acknowledged_at_utc"] == datetime(2026, 7, 9, 9)


def test_an_answer_from_before_the_escalation_is_left_out(policy: dict[str, Any]):
    said = Said(
        escalations=(Escalation(GAP, 1, 30, at(7, 8, 9)),), acknowledgements=(Acknowledgement("gap", GAP, 10, at(7, 7, 9)),)
    )  # fmt: skip

    assert {row["exclusion"] for row in members(seen(policy, said), "escalation_ack_hours")} == {"acknowledged_before"}


def test_what_has_run_out_is_counted_until_somebody_closes_it(policy: dict[str, Any]):
    ended = replace(WAIVER, ends_at=at(7, 10))
    others = (replace(ended, override_id="p", closed_at=at(7, 11)), replace(ended, override_id="q", approved_at=None))
    tables = seen(policy, Said(overrides=(ended, *others)))

    assert [weekly(tables, "expired_overrides_open", at(7, day).date())["value"] for day in (6, 13)] == [1.0, 1.0]
    assert [row["state"] for row in tables["fact_override"]] == ["expired", "closed", "expired"]
    assert weekly(tables, "override_rate", at(7, 6).date())["value"] == 1.0


def test_a_night_knows_of_people_only_what_had_been_said(policy: dict[str, Any]):
    request = Request(
        approval_id="a", kind="intent", subject="s", role="r", asked=30, content="c", asked_at=at(7, 7, 10), ends_at=at(7, 20), deal_id=1,
        answer="accepted", answered_at=at(7, 8), void_at=at(7, 9),
    )  # fmt: skip
    moves = (
        Move("approved", at(7, 7, 11)),
        Move("claimed", at(7, 7, 12)),
        Move("sent", at(7, 7, 12), "taken"),
        Move("uncertain", at(7, 8)),
    )
    intent = Intent(
        intent_id="i", target="teams", action="owner_card", action_class="automatic", proposed_at=at(7, 7, 10), deal_id=1,
        moves=(*moves, Move("approved", at(7, 9)), Move("claimed", at(7, 10)), Move("failed", at(7, 10, 11), "gone")),
    )  # fmt: skip
    said = Said(requests=(request,), intents=(intent,))
    told = [seen(policy, said, night(7, day)) for day in (8, 9, 14)]
    deliveries = [one(tables, "fact_delivery") for tables in told]

    assert [one(tables, "fact_approval", kind="intent")["result"] for tables in told] == ["pending", "accepted", "void"]
    assert [(row["state"], row["attempts"], row["detail"]) for row in deliveries] == [
        ("sent", 1, "taken"), ("uncertain", 1, "taken"), ("failed", 2, "gone"),
    ]  # fmt: skip
    assert [row["sent_at_utc"] is None for row in deliveries] == [False, False, True]

"""What the ledger knows, in the facts: deadlines and owners of gaps, waivers, bypasses explained and corrected, deliveries, approvals."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sql.tenant import FIRST_NIGHT, OPEN, WON, Tenant, later, opened

GAP, CHECK, HANDOFF, BYPASS = "marts.fact_gap", "marts.fact_handoff_check", "marts.fact_handoff", "marts.fact_bypass"
DELIVERY, OVERRIDE, FEEDBACK, APPROVAL = "marts.fact_delivery", "marts.fact_override", "marts.fact_feedback", "marts.fact_approval"
ITEM = "signed_scope"
GAP_ID = f"1|{ITEM}|{FIRST_NIGHT:%Y-%m-%dT%H:%M:%S}"
GRACE = 40
TUESDAY = datetime(2026, 7, 7)
HARD = (ITEM, "margin_floor")
SCOPE = [
    {"name": "CFSignedScopeLink", "value": "https://acme.sharepoint.example/scope.pdf"},
    {"name": "CFSignedScopeDate", "value": "2026-07-06"},
]
WORDS = [{"name": "CFAcceptanceCriteria", "value": "The client has seen every server answer."}]


def won(tenant: Tenant, *nights: datetime, **deal: Any) -> Tenant:
    """A deal that lacks everything, with a project, seen on the first night and on those named."""
    for night in (FIRST_NIGHT, *nights):
        tenant.night(night)
        if tenant.batch_no == 1:
            tenant.put("agent", id=GRACE, name="Grace Lee", team="Sales Enterprise")
            tenant.deal(**deal)
            tenant.project(status_id=OPEN, dateclosed=None)
    return tenant


def waive(tenant: Tenant, approved: datetime | None, expires: datetime, item: str = ITEM, key: str = "o1", **fields: Any) -> None:
    whole = {
        "control_id": "HC-01", "reason": "The client signs next week", "compensating_control": "A mail of intent", "requested_by": 10,
        "approved_by": GRACE, "second_approver": 0, "requested_at_utc": TUESDAY, "state": "approved", **fields,
    }  # fmt: skip
    tenant.kept("override", override_id=key, handoff_id=1, item=item, approved_at_utc=approved, expires_at_utc=expires, **whole)


def gap_of(tenant: Tenant, item: str = ITEM) -> dict[str, Any]:
    return tenant.row(GAP, f"item_key = {tenant.key('item', item)}")


def test_a_gap_is_due_in_business_hours_and_is_the_owners_whom_the_policy_names(checkout: Path) -> None:
    tenant = won(opened(checkout, changed=("owners: {signed_before_kickoff:", "owners: {dependencies:"))).built(GAP)
    hard, soft, delivery = (gap_of(tenant, item) for item in (ITEM, "acceptance_criteria", "dependencies"))

    # Found in the night to Tuesday; the office is open from 9:00 to 17:30 in London, in summer an hour before UTC.
    assert hard["due_at_utc"] == datetime(2026, 7, 7, 16)
    assert soft["due_at_utc"] == datetime(2026, 7, 9, 15)
    assert hard["owner_agent_key"] == tenant.key("agent", 10)
    assert delivery["owner_agent_key"] == tenant.key("agent", 30)
    assert (hard["within_sla"], hard["acknowledged_at_utc"], hard["first_escalated_at_utc"], hard["escalation_level"]) == (
        None,
        None,
        None,
        0,
    )


def test_a_gap_of_somebody_who_has_left_is_the_stand_ins(tenant: Tenant) -> None:
    won(tenant)
    tenant.put("agent", id=10, name="Sam Seller", team="Sales North", isdisabled=True)

    assert gap_of(tenant.built(GAP))["owner_agent_key"] == tenant.key("agent", GRACE)


@pytest.mark.parametrize(("days", "is_filled", "wanted"), [(1, False, False), (0.5, True, True), (1, True, False)])
def test_within_sla_says_whether_the_deadline_was_kept(tenant: Tenant, days: float, is_filled: bool, wanted: bool) -> None:
    won(tenant, later(days))
    if is_filled:
        tenant.deal(customfields=SCOPE)

    assert gap_of(tenant.built(GAP))["within_sla"] is wanted


def test_escalations_and_the_first_acknowledgement_are_the_ledgers(tenant: Tenant) -> None:
    won(tenant, later(3))
    for level, hour in ((1, 16), (2, 17)):
        tenant.kept("escalation", gap_id=GAP_ID, level=level, to_agent_id=GRACE, at_utc=TUESDAY.replace(hour=hour), intent_id="i")
    for hour in (19, 18):
        tenant.kept("acknowledgement", subject="gap", subject_id=GAP_ID, agent_id=10, at_utc=TUESDAY.replace(hour=hour), channel="note")
    row = gap_of(tenant.built(GAP))

    assert (row["first_escalated_at_utc"], row["escalation_level"]) == (TUESDAY.replace(hour=16), 2)
    assert row["acknowledged_at_utc"] == TUESDAY.replace(hour=18)


def test_a_waiver_closes_the_gap_and_lifts_the_cap_and_leaves_the_quality(checkout: Path) -> None:
    tenant = won(opened(checkout, changed=("hard_cap: 60", "hard_cap: 1")), later(1), customfields=WORDS)
    waive(tenant, TUESDAY.replace(hour=10), datetime(2026, 8, 1), HARD[1], key="o2")
    assert tenant.built(HANDOFF).row(HANDOFF)["score_latest"] == 1

    waive(tenant, TUESDAY.replace(hour=10), datetime(2026, 8, 1))
    gap, handoff = gap_of(tenant.built(GAP, CHECK, HANDOFF)), tenant.row(HANDOFF)
    at_win, latest = (tenant.row(CHECK, f"item_key = {tenant.key('item', ITEM)} and stage = '{stage}'") for stage in ("won", "latest"))

    assert (gap["state"], gap["resolved_at_utc"], gap["open_hours"]) == ("waived", TUESDAY.replace(hour=10), 2.0)
    assert (at_win["is_waived"], latest["is_waived"], latest["quality"]) == (False, True, 0.0)
    assert handoff["score_at_won"] == 1 < handoff["score_latest"]


def test_a_gap_whose_waiver_has_ended_is_open_again_and_counts(tenant: Tenant) -> None:
    won(tenant, later(5))
    waive(tenant, TUESDAY.replace(hour=10), TUESDAY.replace(day=9))
    tenant.built(GAP, HANDOFF)
    row = gap_of(tenant)

    assert (row["state"], row["resolved_at_utc"], row["within_sla"]) == ("waiver_expired", None, False)
    open_ones = [each for each in tenant.rows(GAP) if each["state"] in {"open", "waiver_expired"}]
    assert tenant.row(HANDOFF)["open_gaps"] == len(open_ones)


def test_a_renewed_waiver_goes_on_and_a_closed_one_ends_when_it_was_closed(checkout: Path) -> None:
    renewed, ended = (won(opened(checkout), later(5)) for _ in range(2))
    waive(renewed, TUESDAY.replace(hour=10), TUESDAY.replace(day=9))
    waive(renewed, TUESDAY.replace(day=8), TUESDAY.replace(day=30), key="o2")
    waive(ended, TUESDAY.replace(hour=10), TUESDAY.replace(day=30), state="closed", closed_at_utc=TUESDAY.replace(day=9))
    first, second = (gap_of(tenant.built(GAP)) for tenant in (renewed, ended))

    assert (first["state"], first["resolved_at_utc"]) == ("waived", TUESDAY.replace(hour=10))
    assert second["state"] == "waiver_expired"


@pytest.mark.parametrize("state", ["requested", "refused"])
def test_what_nobody_approved_waives_nothing(tenant: Tenant, state: str) -> None:
    won(tenant, later(1))
    waive(tenant, None, datetime(2026, 8, 1), state=state)

    assert gap_of(tenant.built(GAP))["state"] == "open"


def test_a_gap_that_a_waiver_closed_stays_waived_when_the_item_is_met_later(tenant: Tenant) -> None:
    won(tenant, later(2))
    tenant.deal(customfields=SCOPE)
    waive(tenant, TUESDAY.replace(hour=10), datetime(2026, 8, 1))

    assert gap_of(tenant.built(GAP))["state"] == "waived"


def bypass_of(tenant: Tenant, kind: str) -> dict[str, Any]:
    return tenant.built(BYPASS).row(BYPASS, f"kind = '{kind}'")


def test_a_win_without_checklist_is_open_until_an_exception_explains_it(tenant: Tenant) -> None:
    won(tenant, later(1))
    assert bypass_of(tenant, "won_without_checklist")["state"] == "open"
    for row in tenant.rows("core.stage_check", "stage = 'won' and is_hard and quality < 1"):
        waive(tenant, TUESDAY.replace(hour=10), datetime(2026, 8, 1), row["item"], key=row["item"])

    assert bypass_of(tenant, "won_without_checklist")["state"] == "explained"


def test_a_waiver_that_stood_at_the_win_leaves_no_bypass(tenant: Tenant) -> None:
    won(tenant).built("core.stage_check")
    for row in tenant.rows("core.stage_check", "stage = 'won' and is_hard and quality < 1"):
        waive(tenant, TUESDAY.replace(day=6), datetime(2026, 8, 1), row["item"], key=row["item"])

    assert tenant.built(BYPASS).rows(BYPASS, "kind = 'won_without_checklist'") == []


def intent(tenant: Tenant, **fields: Any) -> None:
    whole = {
        "intent_id": "a" * 32, "target": "halopsa", "action": "halo_blocking", "action_class": "one_approver", "handoff_id": 1,
        "requested_by": 0, "content": '{"note": "Blocked", "status_id": 40, "ticket_id": 1}', "state": "confirmed", "attempts": 1,
        "proposed_at_utc": TUESDAY.replace(hour=2), "settled_at_utc": TUESDAY.replace(hour=3), "expires_at_utc": TUESDAY.replace(day=10),
        "is_shadow": False, **fields,
    }  # fmt: skip
    tenant.kept("intent", **whole)


@pytest.mark.parametrize(("shadow", "moved_to", "kinds"), [(False, WON, ["open"]), (False, 40, []), (True, WON, [])])
def test_a_blocked_deal_that_was_moved_on_is_a_bypass_of_enforcement(checkout: Path, shadow: bool, moved_to: int, kinds: list[str]) -> None:
    changed = "      hard: true\n      mode: {mode}\n      control_ids: [HC-01]"
    tenant = won(opened(checkout, changed=(changed.format(mode="shadow"), changed.format(mode="enforce"))))
    tenant.night(later(1))
    tenant.deal(status_id=40)
    tenant.night(later(2))
    tenant.deal(status_id=moved_to)
    intent(tenant, is_shadow=shadow, state="proposed" if shadow else "confirmed")

    assert [row["state"] for row in tenant.built(BYPASS).rows(BYPASS, "kind = 'enforcement_off'")] == kinds


def test_every_intent_is_a_delivery_and_what_no_handoff_knows_has_key_0(tenant: Tenant) -> None:
    won(tenant)
    intent(tenant)
    intent(tenant, intent_id="b" * 32, handoff_id=999, action="digest", target="teams", state="uncertain")
    rows = {row["intent_id"][0]: row for row in tenant.built(DELIVERY).rows(DELIVERY)}

    assert (rows["a"]["handoff_key"], rows["a"]["state"], rows["a"]["attempts"]) == (tenant.key("handoff", 1), "confirmed", 1)
    assert (rows["b"]["handoff_key"], rows["b"]["state"]) == (0, "uncertain")


def test_an_override_past_its_end_is_expired_and_names_people_and_item(tenant: Tenant) -> None:
    won(tenant, later(5))
    waive(tenant, TUESDAY.replace(hour=10), TUESDAY.replace(day=9))
    waive(tenant, None, datetime(2026, 8, 1), item="", key="o2", state="requested", approved_by=0)
    rows = {row["state"]: row for row in tenant.built(OVERRIDE).rows(OVERRIDE)}

    assert rows["expired"]["item_key"] == tenant.key("item", ITEM)
    assert rows["expired"]["approved_by_key"] == tenant.key("agent", GRACE)
    assert (rows["requested"]["item_key"], rows["requested"]["approved_by_key"]) == (0, 0)


def test_feedback_names_the_item_and_who_said_so(tenant: Tenant) -> None:
    won(tenant)
    tenant.kept(
        "feedback", feedback_id="f", handoff_id=1, item=ITEM, kind="false_positive", reported_by=10, reported_at_utc=TUESDAY, note="Signed"
    )
    row = tenant.built(FEEDBACK).row(FEEDBACK)

    assert (row["item_key"], row["reported_by_key"]) == (tenant.key("item", ITEM), tenant.key("agent", 10))


@pytest.mark.parametrize(("result", "is_decided"), [("accepted", True), ("rejected", True), ("pending", False), ("expired", False)])
def test_what_the_product_asked_is_an_approval_beside_the_sign_offs(tenant: Tenant, result: str, is_decided: bool) -> None:
    won(tenant)
    tenant.kept(
        "approval", approval_id="a1", kind="override", subject_id="o1", handoff_id=1, project_id=2, role="service_delivery_lead",
        approver_id=30, content_hash="c" * 64, requested_at_utc=TUESDAY, expires_at_utc=TUESDAY.replace(day=9),
        decided_at_utc=None if result == "pending" else TUESDAY.replace(hour=1), result=result, channel="halopsa", is_weak=False,
    )  # fmt: skip
    row = tenant.built(APPROVAL).row(APPROVAL)

    assert (row["kind"], row["result"], row["approver_key"]) == ("override", result, tenant.key("agent", 30))
    assert (row["decided_at_utc"] is not None) is is_decided
    assert (row["handoff_key"], row["project_key"]) == (tenant.key("handoff", 1), tenant.key("project", 2))

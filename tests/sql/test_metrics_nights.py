"""What the metrics rest on, from night to night: when a commitment was first seen, and the approvals that were asked."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.sql.tenant import APPROVED, FIRST_NIGHT, LOST, OPEN, Tenant, at, later

APPROVAL, COMMITMENT, POINTS = "marts.fact_approval", "core.commitment", "kpi.weekly_points"


@pytest.fixture
def sold(tenant: Tenant) -> Tenant:
    """A deal won on 6 July, sold, with an open project; agent 30 is its manager."""
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.sale()
    tenant.project(status_id=OPEN, dateclosed=None)
    return tenant


def ask(tenant: Tenant, result: int, **fields: Any) -> None:
    """A sign-off asked of the project manager at 10, decided (if it is) 40 seconds later."""
    moments = {"datetime": at(7, 13), "dateapproved": "2026-07-13T10:00:40" if result else None}
    tenant.put("approval", ticket_id=2, seq=1, result=result, **{"agent_id": 30, "step_name": "Delivery sign-off", **moments, **fields})


def committed(tenant: Tenant, day: str | None) -> None:
    tenant.deal(customfields=[{"name": "CFKickoffCommitted", "value": day}])


def test_a_commitment_has_the_local_day_of_the_night_that_first_saw_one(sold: Tenant) -> None:
    sold.night(datetime(2026, 7, 8, 23, 30, tzinfo=FIRST_NIGHT.tzinfo))
    committed(sold, "2026-07-20T00:00:00")
    sold.night(later(9))
    committed(sold, "2026-07-27T00:00:00")
    sold.night(later(10))
    committed(sold, None)

    # 23:30 UTC is the next day in London's summer.
    assert sold.built(COMMITMENT).row(COMMITMENT)["first_committed_seen_day"] == date(2026, 7, 9)


def test_a_commitment_that_stood_when_the_deal_was_first_seen_was_there_at_the_win(sold: Tenant) -> None:
    committed(sold, "2026-07-20T00:00:00")

    assert sold.built(COMMITMENT).row(COMMITMENT)["first_committed_seen_day"] == date(2026, 7, 6)


def test_a_deal_without_a_commitment_of_its_own_was_never_seen_with_one(sold: Tenant) -> None:
    assert sold.built(COMMITMENT).row(COMMITMENT)["first_committed_seen_day"] is None


@pytest.mark.parametrize(("result", "said"), [(0, "pending"), (1, "accepted"), (2, "rejected"), (7, "pending")])
def test_an_approval_has_its_result(sold: Tenant, result: int, said: str) -> None:
    sold.night(later(7))
    ask(sold, result)
    row = sold.built(APPROVAL).row(APPROVAL)

    assert (row["result"], row["kind"], row["channel"], row["is_weak"]) == (said, "signoff", "halopsa", False)
    assert (row["handoff_key"], row["project_key"]) == (sold.key("handoff", 1), sold.key("project", 2))
    assert row["approver_key"] == sold.key("agent", 30)
    decided = datetime(2026, 7, 13, 10, 0, 40) if said in {"accepted", "rejected"} else None
    assert (row["requested_at_utc"], row["decided_at_utc"]) == (datetime(2026, 7, 13, 10), decided)


@pytest.mark.parametrize(("result", "said"), [(0, "expired"), (1, "void"), (2, "rejected")])
def test_a_deleted_approval_keeps_its_row(sold: Tenant, result: int, said: str) -> None:
    sold.night(later(7))
    ask(sold, result)
    sold.night(later(8))
    sold.remove("approval", "2:1")

    assert sold.built(APPROVAL).row(APPROVAL)["result"] == said


def test_an_acceptance_is_void_once_what_it_covers_has_changed(sold: Tenant) -> None:
    sold.night(later(7))
    ask(sold, 1)
    sold.night(later(8))
    committed(sold, "2026-07-27T00:00:00")

    assert sold.built(APPROVAL).row(APPROVAL)["result"] == "void"


def test_moments_that_halopsa_does_not_tell_are_those_of_the_first_night_that_saw_them(sold: Tenant) -> None:
    sold.night(later(7))
    ask(sold, 0, datetime=None)
    sold.night(later(8))
    ask(sold, 1, datetime=None, dateapproved=None)
    row = sold.built(APPROVAL).row(APPROVAL)

    assert (row["requested_at_utc"], row["decided_at_utc"]) == tuple(later(days).replace(tzinfo=None) for days in (7, 8))
    assert row["has_moments"] is False


@pytest.mark.parametrize(
    ("result", "fields", "has_moments"),
    [
        (1, {}, True),
        (2, {}, True),
        (0, {}, True),
        (0, {"dateapproved": "1900-01-01T00:00:00"}, True),
        (0, {"datetime": None}, False),
        (1, {"datetime": None}, False),
        (1, {"dateapproved": None}, False),
        (1, {"dateapproved": "1900-01-01T00:00:00"}, False),
        (1, {"datetime": "2026-07-13T00:00:00"}, False),
        (1, {"datetime": "2026-07-13", "dateapproved": "2026-07-13"}, False),
        (1, {"dateapproved": "2026-07-13T00:00:00"}, False),
        # Midnight in London's summer.
        (1, {"dateapproved": "2026-07-13T23:00:00"}, False),
        (1, {"dateapproved": "2026-07-13T23:00:01"}, True),
    ],
)
def test_an_approval_says_whether_both_its_moments_are_told(sold: Tenant, result: int, fields: dict[str, Any], has_moments: bool) -> None:
    sold.night(later(8))
    ask(sold, result, **fields)

    assert sold.built(APPROVAL).row(APPROVAL)["has_moments"] is has_moments


def test_an_approval_of_which_only_a_day_is_known_is_counted_as_left_out_and_not_as_fast(sold: Tenant) -> None:
    sold.night(later(8))
    ask(sold, 1, datetime="2026-07-13T00:00:00", dateapproved="2026-07-13T00:00:00")
    where = "metric = 'approval_under_a_minute_rate' and week_start = date '2026-07-13' and segment_type = 'all'"
    row = sold.built(POINTS).row(POINTS, where)

    assert (row["n"], row["n_excluded"], row["value"]) == (0, 1, None)


def test_another_step_and_a_project_without_a_deal_are_no_signoff(sold: Tenant) -> None:
    sold.night(later(7))
    ask(sold, 1, step_name="Invoice approval")
    sold.project(3, parent_id=None)
    sold.put("approval", ticket_id=3, seq=1, result=1, agent_id=30, step_name="Delivery sign-off")

    assert sold.built(APPROVAL).rows(APPROVAL) == []


def test_the_nights_of_a_deal_make_its_figures(sold: Tenant) -> None:
    sold.night(later(7))
    ask(sold, 1)
    sold.change(status_id=APPROVED, customfields=[{"name": "CFChangeDecided", "value": at(7, 14)}])
    sold.hours(2, 50, worked=at(7, 15))
    sold.deal(5, status_id=LOST)
    sold.night(FIRST_NIGHT + timedelta(days=80))
    sold.built(POINTS)

    def value(metric: str, week: str) -> float | None:
        found: float | None = sold.row(POINTS, f"metric = '{metric}' and week_start = date '{week}' and segment_type = 'all'")["value"]
        return found

    assert value("no_commit_rate", "2026-07-06") == 1
    assert value("first_pass_acceptance", "2026-07-13") == 1
    assert value("approval_under_a_minute_rate", "2026-07-13") == 1
    assert value("scope_change_frequency", "2026-07-13") == 1
    assert value("scope_changes_per_100h", "2026-07-13") == 2
    assert value("kickoff_delay_rate", "2026-07-20") == 1

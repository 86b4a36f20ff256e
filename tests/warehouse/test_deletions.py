"""Deletions: two complete sweeps, nothing inferred from a short read, and a person's word where nothing proves the loss."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.warehouse import open_land, reconcile
from handoff_pipeline.warehouse.rules import Rules
from tests.warehouse.conftest import NIGHT, Entity
from tests.warehouse.sweeping import Nights, deals

TEN = range(1, 11)


@pytest.fixture
def nights(home, ledger, lease) -> Nights:
    return Nights(home, ledger, lease)


@pytest.fixture
def known(nights):
    """Ten deals are known."""
    nights.land(opportunity=nights.rows("opportunity", deals(*TEN)))
    return nights


def test_a_missing_record_becomes_a_tombstone_after_two_complete_sweeps(known):
    first = known.land(opportunity=known.sweep("opportunity", range(1, 10)))["opportunity"]
    assert (first.state, first.rows_deleted, known.living("opportunity")) == ("complete", 0, set(TEN))
    second = known.land(opportunity=known.sweep("opportunity", range(1, 10)))["opportunity"]
    assert (second.rows_deleted, second.rows_changed) == (1, 0)
    assert known.newest("opportunity")["10"] == (True, {"id": 10, "summary": "deal 10"})


def test_a_record_that_is_seen_between_two_sweeps_starts_anew(known):
    known.land(opportunity=known.sweep("opportunity", range(1, 10)))
    known.land(opportunity=known.rows("opportunity", deals(10), is_full=False))
    known.land(opportunity=known.sweep("opportunity", range(1, 10)))
    assert 10 in known.living("opportunity")


def test_a_night_without_a_sweep_says_nothing_about_absence(known):
    for _ in range(3):
        known.land(opportunity=known.rows("opportunity", deals(1), is_full=False))
    assert known.living("opportunity") == set(TEN)
    assert known.select("select count(*) from raw.missing") == [(0,)]


def test_an_incomplete_night_between_two_sweeps_changes_nothing(known):
    known.land(opportunity=known.sweep("opportunity", range(1, 10)))
    known.land(opportunity=known.sweep("opportunity", (), state="incomplete", rows_expected=10))
    assert known.living("opportunity") == set(TEN)
    known.land(opportunity=known.sweep("opportunity", range(1, 10)))
    assert 10 not in known.living("opportunity")


def test_a_full_read_counts_as_a_sweep(known):
    for _ in range(2):
        known.land(opportunity=known.rows("opportunity", deals(*range(1, 10))))
    assert 10 not in known.living("opportunity")


def test_a_row_that_came_tonight_is_present_whatever_the_sweep_says(known):
    for night in range(2):
        known.land(opportunity=known.sweep("opportunity", range(1, 10), deals(10, note=night)))
    assert 10 in known.living("opportunity")


def test_time_is_missed_only_between_the_dates_that_were_read_whole(nights):
    """Nobody asked for what was worked before the history's start, or is booked ahead."""
    days = {1: NIGHT - timedelta(days=900), 2: NIGHT - timedelta(days=5), 3: NIGHT - timedelta(days=4), 4: NIGHT + timedelta(days=9)}
    worked = {number: {"ticket_id": 7, "datetime": f"{day:%Y-%m-%dT%H:%M:%S}"} for number, day in days.items()}
    whole = {"covered": (NIGHT - timedelta(days=730), NIGHT)}
    nights.land(action=nights.rows("action", worked, **whole))
    nights.land(action=nights.rows("action", {3: worked[3]}, **whole))
    nights.land(action=nights.rows("action", {3: worked[3]}, is_full=False, **whole))
    assert {key for key, (gone, _) in nights.newest("action").items() if gone} == set()
    nights.land(action=nights.rows("action", {3: worked[3]}, **whole))
    assert {key for key, (gone, _) in nights.newest("action").items() if gone} == {"7:2"}


def test_a_record_that_comes_back_ends_its_tombstone(known):
    for _ in range(2):
        known.land(opportunity=known.sweep("opportunity", range(1, 10)))
    back = known.land(opportunity=known.sweep("opportunity", TEN, deals(10)))["opportunity"]
    assert (back.rows_changed, known.living("opportunity")) == (1, set(TEN))


def test_a_proven_deletion_needs_no_question_and_two_sweeps_as_well(known):
    gone = frozenset(range(2, 11))
    states = [known.land(opportunity=known.sweep("opportunity", {1}, listed_deleted=gone))["opportunity"] for _ in range(2)]
    assert [(landed.state, landed.rows_deleted) for landed in states] == [("complete", 0), ("complete", 9)]
    assert known.living("opportunity") == {1}


def test_a_drop_beyond_the_threshold_is_quarantined_and_lands_nothing(known):
    landed = known.land(opportunity=known.sweep("opportunity", {1, 2}, deals(1, note="new"), cursor_utc=NIGHT))["opportunity"]
    assert (landed.state, landed.rows_changed, landed.rows_deleted) == ("quarantined", 0, 0)
    assert landed.detail == (
        "8 of 10 known records are no longer shown, and nothing proves that they were deleted (ids 3, 4, 5, 6, 7, ...)"
    )
    assert known.newest("opportunity")["1"] == (False, {"id": 1, "summary": "deal 1"})
    assert known.select("select count(*) from raw.cursor") == [(0,)]
    with open_land(known.home, known.lease) as conn:
        reconcile(known.ledger, conn)


def test_that_nothing_at_all_is_left_is_always_a_question(home, ledger, lease):
    """An approval list that wants a ticket is empty; with few approvals known, their loss stayed below every threshold."""
    nights = Nights(home, ledger, lease, Rules(drop_limit_rows=50))
    nights.land(approval=nights.rows("approval", {}, is_full=True))
    nights.land(appointment=nights.rows("appointment", deals(1, 2)))
    landed = nights.land(appointment=nights.rows("appointment", {}))
    assert landed["appointment"].state == "quarantined"
    assert nights.living("appointment") == {1, 2}


def test_both_limits_must_be_passed(home, ledger, lease):
    """Six of a thousand are within the share; five of ten are within the number."""
    many = Nights(home, ledger, lease)
    many.land(opportunity=many.rows("opportunity", deals(*range(1, 1001))), project=many.rows("project", deals(*TEN)))
    landed = many.land(opportunity=many.sweep("opportunity", range(7, 1001)), project=many.sweep("project", range(6, 11)))
    assert {each.state for each in landed.values()} == {"complete"}


@pytest.mark.parametrize(
    ("entity", "source", "field"),
    [
        ("opportunity", "quotation", "ticket_id"),
        ("opportunity", "sales_order", "ticket_id"),
        ("project", "project", "parent_id"),
        ("client", "opportunity", "client_id"),
        ("status", "project", "status_id"),
    ],
)
def test_a_record_that_others_refer_to_does_not_vanish_without_a_question(nights, entity, source, field):
    if entity == source:
        nights.land(project=nights.rows("project", {1: {}, 2: {"parent_id": 3}, 3: {}}))
    else:
        nights.land(**{entity: nights.rows(entity, deals(1, 2, 3)), source: nights.rows(source, {7: {field: 3}})})
    for _ in range(3):
        landed = nights.land(**{entity: nights.sweep(entity, {1, 2})})[entity]
        assert landed.state == "quarantined"
        assert f"1 of them are still referred to by {source} (ids 3)" in str(landed.detail)
    assert 3 in nights.living(entity)


def test_a_reference_of_a_record_that_is_listed_as_deleted_holds_nobody(nights):
    nights.land(project=nights.rows("project", {1: {}, 2: {"parent_id": 1}, 3: {}}))
    for _ in range(2):
        landed = nights.land(project=nights.sweep("project", {3}, listed_deleted=frozenset({2})))["project"]
        assert landed.state == "complete"
    assert nights.living("project") == {3}


def test_a_reference_that_is_hidden_together_with_its_record_still_counts(nights):
    """A lost permission hides a deal together with its quotations."""
    nights.land(opportunity=nights.rows("opportunity", deals(1, 2)), quotation=nights.rows("quotation", {7: {"ticket_id": 2}, 8: {}}))
    landed = nights.land(opportunity=nights.sweep("opportunity", {1}), quotation=nights.rows("quotation", {8: {}}))
    assert landed["opportunity"].state == "quarantined"


def test_what_is_taken_back_still_refers_as_of_yesterday(nights):
    """Tonight's quotations no longer refer to the deal, but they are quarantined themselves: yesterday's stay, and those do."""
    quotes = {number: {"ticket_id": 2} for number in range(10, 20)}
    nights.land(opportunity=nights.rows("opportunity", deals(1, 2)), quotation=nights.rows("quotation", quotes))
    changed = nights.sweep("opportunity", {1}, deals(1, note="new"))
    landed = nights.land(opportunity=changed, quotation=nights.rows("quotation", {10: {"ticket_id": 1}}))
    assert {name: each.state for name, each in landed.items()} == {"opportunity": "quarantined", "quotation": "quarantined"}
    assert "note" not in nights.newest("opportunity")["1"][1]


def test_an_accepted_drop_is_landed_once_and_exactly(known):
    known.land(opportunity=known.sweep("opportunity", {1, 2}))
    known.accept("opportunity")
    landed = known.land(opportunity=known.sweep("opportunity", {1, 2}))["opportunity"]
    assert (landed.state, landed.rows_deleted, known.living("opportunity")) == ("complete", 8, {1, 2})
    assert known.ledger.quarantine.standing() == []
    (acceptance,) = known.ledger.quarantine.acceptances()
    assert (acceptance.was_used, acceptance.closed_by_run, acceptance.accepted_by) == (True, "r1", "jo")


def test_one_more_than_was_accepted_is_a_new_question(known):
    known.land(opportunity=known.sweep("opportunity", {1, 2}))
    known.accept("opportunity")
    assert known.land(opportunity=known.sweep("opportunity", {1}))["opportunity"].state == "quarantined"
    assert [(each.was_used, each.closed_by_run) for each in known.ledger.quarantine.acceptances()] == [(False, "r1")]
    assert known.land(opportunity=known.sweep("opportunity", {1, 2}))["opportunity"].state == "quarantined"


def test_what_is_quarantined_stays_so_until_a_sweep_has_looked_again(known):
    known.land(opportunity=known.sweep("opportunity", {1}))
    landed = known.land(opportunity=known.rows("opportunity", deals(1, note="new"), is_full=False))["opportunity"]
    assert (landed.state, landed.rows_changed) == ("quarantined", 0)
    assert known.land(opportunity=known.sweep("opportunity", TEN))["opportunity"].state == "complete"


def test_what_changed_since_it_was_shown_cannot_be_accepted(known):
    known.land(opportunity=known.sweep("opportunity", {1, 2}))
    (before,) = known.ledger.quarantine.standing()
    known.land(opportunity=known.sweep("opportunity", {1}))
    with pytest.raises(HandoffError, match="has changed in the meantime"):
        known.ledger.quarantine.accept(before.finding, "fine", "jo", NIGHT)


def test_since_when_it_is_quarantined_stays_the_first_night(known):
    known.land(opportunity=known.sweep("opportunity", {1, 2}))
    (first,) = known.ledger.quarantine.standing()
    known.land(opportunity=known.sweep("opportunity", {1}))
    (second,) = known.ledger.quarantine.standing()
    assert second.since == first.since
    assert second.finding.set_hash != first.finding.set_hash


def test_the_same_id_with_another_birth_is_another_record(nights):
    born = {"dateoccurred": "2026-01-01T09:00:00"}
    nights.land(opportunity=nights.rows("opportunity", deals(1, **born)))
    same = nights.land(opportunity=nights.rows("opportunity", deals(1, dateoccurred="2026-01-01T09:00:00.000", note="x")))["opportunity"]
    assert (same.rows_changed, same.rows_deleted) == (1, 0)
    other = nights.land(opportunity=nights.rows("opportunity", deals(1, dateoccurred="2026-08-01T09:00:00")))["opportunity"]
    assert (other.rows_changed, other.rows_deleted) == (1, 1)
    assert "1 ids are used again" in str(other.detail)
    assert nights.select("select is_deleted, payload ->> '$.dateoccurred' from raw.opportunity where batch_no = 3 order by all") == [
        (False, "2026-08-01T09:00:00"),
        (True, "2026-01-01T09:00:00.000"),
    ]
    assert nights.living("opportunity") == {1}
    again = nights.land(opportunity=nights.rows("opportunity", deals(1, dateoccurred="2026-08-01T09:00:00")))["opportunity"]
    assert (again.rows_changed, again.rows_deleted) == (0, 0)


def test_what_was_read_singly_is_landed_and_remembered_although_the_rest_is_not_there(nights):
    detail = nights.rows("ticket_detail", {5: {}}, state="incomplete", may_land=True, is_full=False, asked={"5": "2026-09-01"})
    landed = nights.land(ticket_detail=detail)["ticket_detail"]
    assert (landed.state, landed.rows_changed) == ("incomplete", 1)
    assert nights.select("select * from raw.asked") == [("ticket_detail", "5", "2026-09-01")]
    nights.land(ticket_detail=nights.rows("ticket_detail", {5: {"a": 1}}, is_full=False, asked={"5": "2026-09-02", "6": "x"}))
    assert nights.select("select subject, last_change from raw.asked order by all") == [("5", "2026-09-02"), ("6", "x")]


def test_a_night_that_names_no_subjects_forgets_none(nights):
    nights.land(ticket_detail=nights.rows("ticket_detail", {5: {}}, is_full=False, asked={"5": "2026-09-01"}))
    nights.land(ticket_detail=Entity(state="incomplete", is_full=False))
    assert nights.select("select count(*) from raw.asked") == [(1,)]

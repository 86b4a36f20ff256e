"""The ledger's word on quarantine: what stands, who accepted it, and that an old word never covers a new loss."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger import Finding, FindingKind, Ledger

NIGHT = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
LOST = Finding("opportunity", "drop", "hash-1", 8, "8 of 10 records are not shown")
FIELD = Finding("opportunity", "field", "hash-2", 1, "a field was renamed")
DROPS: list[tuple[str, FindingKind]] = [("opportunity", "drop")]


@pytest.fixture
def quarantine(place):
    with Ledger.open(place) as opened:
        opened.quarantine.judged("r1", NIGHT, DROPS, [LOST], [])
        yield opened.quarantine


def test_what_was_not_looked_at_stays_as_it_was(quarantine):
    quarantine.judged("r2", NIGHT + timedelta(days=1), [("opportunity", "field")], [FIELD], [])
    assert [(each.finding, each.run_id) for each in quarantine.standing()] == [(LOST, "r1"), (FIELD, "r2")]
    quarantine.judged("r3", NIGHT + timedelta(days=2), DROPS, [], [])
    assert [each.finding for each in quarantine.standing("opportunity")] == [FIELD]


def test_an_acceptance_is_open_until_the_next_look_at_its_entity(quarantine):
    quarantine.accept(LOST, "test deals", "jo", NIGHT)
    assert quarantine.open_sets() == {("opportunity", "drop", "hash-1")}
    quarantine.judged("r2", NIGHT, [("project", "drop")], [], [])
    assert quarantine.open_sets()
    quarantine.judged("r3", NIGHT, DROPS, [], [("opportunity", "drop", "hash-1")])
    assert quarantine.open_sets() == frozenset()
    (kept,) = quarantine.acceptances()
    assert (kept.finding, kept.reason, kept.accepted_by, kept.accepted_at) == (LOST, "test deals", "jo", NIGHT)
    assert (kept.closed_by_run, kept.was_used) == ("r3", True)


def test_an_acceptance_that_did_not_fit_is_closed_and_not_used(quarantine):
    quarantine.accept(LOST, "test deals", "jo", NIGHT)
    quarantine.judged("r2", NIGHT, DROPS, [Finding("opportunity", "drop", "hash-9", 9, "more")], [])
    assert quarantine.open_sets() == frozenset()
    assert [(each.closed_by_run, each.was_used) for each in quarantine.acceptances()] == [("r2", False)]


@pytest.mark.parametrize(("reason", "by"), [("", "jo"), ("  ", "jo"), ("why", " ")])
def test_an_acceptance_without_reason_or_name_is_refused(quarantine, reason, by):
    with pytest.raises(HandoffError, match="needs a reason and a name"):
        quarantine.accept(LOST, reason, by, NIGHT)


def test_what_nobody_can_know_nobody_can_accept(quarantine):
    twice = Finding("client", "ambiguous", "hash-3", 1, "1 rows name a field twice")
    quarantine.judged("r2", NIGHT, [("client", "ambiguous")], [twice], [])
    with pytest.raises(HandoffError, match="Nobody can accept this"):
        quarantine.accept(twice, "why", "jo", NIGHT)

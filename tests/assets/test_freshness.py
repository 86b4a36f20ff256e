"""Whether published figures may be acted on: not when they are stale, short of an entity, or of a night that has no successor."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assets.acting.freshness import A_NIGHT, NOT_PERMITTED, RESTS_ON, is_overdue, last_success, why_not
from handoff_pipeline.halo.entities import ENTITIES
from handoff_pipeline.policy import load_policy
from handoff_pipeline.warehouse.manifest import SourceStatus
from tests.assets.test_alerts import a_manifest


@pytest.fixture(scope="module")
def policy(checkout):
    return load_policy(checkout / "handoff.yaml")


def with_source(entity, state, *, is_stale=False):
    """A manifest in which one entity was left so."""
    manifest = a_manifest()
    source = SourceStatus(
        state=state, is_stale=is_stale, as_of_utc=manifest.as_of_utc, rows_seen=1, rows_expected=2, rows_changed=0, rows_quarantined=0,
        requests=1, detail=None,
    )  # fmt: skip
    return manifest.model_copy(update={"completeness": {entity: source}})


@pytest.mark.parametrize(("after", "is_fresh"), [(timedelta(0), True), (A_NIGHT, True), (A_NIGHT + timedelta(seconds=1), False)])
def test_figures_hold_until_the_next_night_should_have_come(policy, after, is_fresh):
    fresh = a_manifest()
    assert (why_not(fresh, policy, fresh.as_of_utc + after) is None) is is_fresh


def test_a_shorter_alarm_of_the_policy_counts_as_well(policy):
    short = policy.model_copy(update={"teams": policy.teams.model_copy(update={"dead_man_hours": 6})})
    fresh = a_manifest()
    assert "has not come" in str(why_not(fresh, short, fresh.as_of_utc + timedelta(hours=7)))


def test_five_days_without_a_night_are_an_alarm(policy):
    fresh = a_manifest()
    assert is_overdue(last_success(fresh), policy, fresh.as_of_utc + timedelta(days=5))


def test_nothing_published_and_a_stale_night_may_not_be_acted_on(policy):
    fresh = a_manifest()
    assert why_not(None, policy, fresh.as_of_utc) == "nothing is published yet"
    assert "left as they were" in str(why_not(fresh.model_copy(update={"state": "stale"}), policy, fresh.as_of_utc))


@pytest.mark.parametrize("entity", RESTS_ON)
def test_no_gap_is_told_of_that_rests_on_an_entity_that_is_not_whole(policy, entity):
    assert entity in ENTITIES
    for short in (with_source(entity, "incomplete"), with_source(entity, "complete", is_stale=True)):
        assert why_not(short, policy, short.as_of_utc) == f"{entity} of the published night is not complete"


def test_what_was_never_permitted_and_what_no_gap_rests_on_hold_nothing_up(policy):
    for source in (with_source("attachment", NOT_PERMITTED), with_source("invoice", "incomplete")):
        assert why_not(source, policy, source.as_of_utc) is None

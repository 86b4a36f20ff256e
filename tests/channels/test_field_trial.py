"""The trial on a test record: it tells what a tenant does to the fields that a post leaves out, and puts them back."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from handoff_pipeline.channels.field_trial import Trial, try_field
from handoff_pipeline.channels.halo_writes import HaloForms
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.halo import writing
from tests.channels.habits import SCORE, changed, deals, records
from tests.channels.outbox import NOW, Wire, policy, settings, tenant
from tests.halo.fake import InstantClock

DEAL = deals()["halo_score_fields"]


def trial(sim, *, sends_all=False, ticket=DEAL) -> Trial:
    async def play() -> Trial:
        async with writing(settings(), InstantClock(NOW), Wire(sim, None)) as writer:
            return await try_field(writer, replace(HaloForms.of(policy()), sends_all_fields=sends_all), ticket, SCORE)

    return asyncio.run(play())


def posts(sim):
    return [request for request in sim.requests if request.method == "POST" and request.path.startswith("/api/")]


def test_a_tenant_that_merges_is_safe_and_only_our_field_changes():
    sim = tenant()
    before = records(sim)
    assert trial(sim) == Trial(is_taken=True, witnesses=10, lost=(), not_restored=())
    assert changed(before, records(sim)) == {DEAL: [f"tickets.customfields.{SCORE}"]}


def test_a_tenant_that_empties_others_is_found_out_and_they_are_put_back():
    sim = tenant(custom_fields_replaced_whole=True)
    before = records(sim)
    found = trial(sim)
    assert (found.is_safe, len(found.lost), found.not_restored) == (False, 10, ())
    assert changed(before, records(sim)) == {DEAL: [f"tickets.customfields.{SCORE}"]}


def test_such_a_tenant_is_safe_once_all_fields_are_sent():
    assert trial(tenant(custom_fields_replaced_whole=True), sends_all=True).is_safe


@pytest.mark.parametrize("field", ["customfields", SCORE])
def test_a_field_that_is_not_taken_is_not_safe(field):
    found = trial(tenant(ignored_fields=frozenset({field})))
    assert (found.is_safe, found.is_taken, found.lost) == (False, False, ())


def test_a_second_trial_writes_another_value_so_that_it_proves_something():
    sim = tenant()
    assert [trial(sim).is_taken, trial(sim).is_taken] == [True, True]
    values = [item["value"] for request in posts(sim) for document in request.body for item in document["customfields"]]
    assert values == ["1", "2"]


def test_a_record_with_nothing_to_lose_proves_nothing_and_is_not_written():
    sim = tenant()
    row = sim.edits.find("tickets", DEAL) or {}
    names = [item["name"] for item in row["customfields"]]
    sim.edits.change("tickets", DEAL, {"customfields": [{"name": name, "value": None} for name in names[2:]]})
    with pytest.raises(HandoffError, match="Only 2 other custom fields"):
        trial(sim)
    assert posts(sim) == []


def test_a_record_that_is_not_there_is_told():
    with pytest.raises(HandoffError, match="no opportunity 99999999"):
        trial(tenant(), ticket=99_999_999)

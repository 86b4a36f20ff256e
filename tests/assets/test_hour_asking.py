"""What an hour asks for: what has a cursor, the lists that are short, and nothing that was not complete in the night."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from assets.hour.asking import ALWAYS, WHERE_CHEAP, asked_for, plan_of
from assets.known import Known
from assets.plan import TENANT
from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.halo import ENTITIES
from handoff_pipeline.policy import load_policy
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse.manifest import SourceStatus
from tests.assets.test_alerts import AT, a_manifest

POLICY = load_policy(Path(__file__).parents[2] / "handoff.yaml")
SETTINGS = Settings(_env_file=None, halo_tenant="demo", halo_url="https://demo.halopsa.example")


def source(requests: int = 1, state: str = "complete") -> SourceStatus:
    return SourceStatus(
        state=state, is_stale=state == "incomplete", as_of_utc=AT, rows_seen=1, rows_expected=1, rows_changed=0, rows_quarantined=0,
        requests=requests, detail=None,
    )  # fmt: skip


def night(**requests: int):
    return a_manifest().model_copy(update={"completeness": {name: source(requests.get(name, 1)) for name in ENTITIES}})


def known(**changed):
    cursors = {name: AT for name, entity in ENTITIES.items() if entity.has_cursor} | changed
    return Known(cursors=cursors, scope={TENANT: frozenset({"demo"})}, living={"opportunity": frozenset({1})})


def test_lists_that_are_read_whole_get_half_of_the_bound_in_their_order():
    assert asked_for(night(), 100) == {*ALWAYS, *WHERE_CHEAP}
    assert asked_for(night(quotation=60), 100) == {*ALWAYS, *WHERE_CHEAP} - {"quotation"}
    assert asked_for(night(approval=49, quotation=2), 100) == {*ALWAYS, "approval", "sales_order"}


def test_what_the_night_was_not_permitted_to_read_is_not_asked_for():
    manifest = night()
    manifest.completeness["attachment"] = source(state="not_permitted")
    assert "attachment" not in asked_for(manifest, 100)


def test_an_hour_reads_changes_alone_and_sweeps_nothing():
    wanted = plan_of(POLICY, SETTINGS, AT + timedelta(days=100), known(), asked_for(night(), 100))
    assert (wanted.cursors["opportunity"], wanted.sweep, wanted.known_ids) == (AT, frozenset(), {})


def test_a_list_that_would_be_read_whole_is_left_to_the_night():
    with pytest.raises(WarehouseError, match="opportunity would have to be read whole"):
        plan_of(POLICY, SETTINGS, AT, known(opportunity=None), asked_for(night(), 100))

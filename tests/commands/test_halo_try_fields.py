"""`handoff halo try-fields`: asks first, writes one field of one record, and says what it did to the others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.simulator import Quirks, SimulatedHalo, build_world
from handoff_pipeline.simulator.acting_setup import set_up
from handoff_pipeline.simulator.configuration import STATUS_WON
from handoff_pipeline.simulator.serve import running
from tests.commands.served import connect

AT = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)


@pytest.fixture
def writes_fields(tmp_path, checkout, monkeypatch):
    """A policy with a field to write."""
    text = (checkout / "handoff.yaml").read_text("utf-8")
    path = tmp_path / "policy.yaml"
    path.write_text(text.replace("write_back:\n", "write_back:\n  fields: {score: CFHandoffScore}\n", 1), encoding="utf-8")
    monkeypatch.setenv("HANDOFF_POLICY_FILE", str(path))
    return path


@pytest.fixture
def halo(request, monkeypatch):
    sim = SimulatedHalo(build_world(seed=7, deals=8), AT, getattr(request, "param", Quirks()))
    set_up(sim)
    with running(sim) as url:
        connect(monkeypatch, url, writer=True)
        yield sim


def deal_of(sim):
    return str(next(row["id"] for row in sim.snapshot().tickets if row.get("is_opportunity") and row["status_id"] == STATUS_WON))


def writes(sim):
    return [request for request in sim.requests if request.method == "POST" and request.endpoint != "/auth/token"]


def test_fields_that_stay_end_well(handoff, halo, writes_fields):
    said = handoff("halo", "try-fields", "--ticket", deal_of(halo), "--yes")
    assert said.code == Exit.DONE, said.err
    assert "other fields hold what they held" in said.out


@pytest.mark.parametrize("halo", [Quirks(custom_fields_replaced_whole=True)], indirect=True, ids=["replaced"])
def test_fields_that_are_lost_fail_with_their_names_and_the_setting(handoff, halo, writes_fields):
    said = handoff("halo", "try-fields", "--ticket", deal_of(halo), "--yes")
    assert said.code == Exit.FAILED
    assert "CFDealType" in said.out
    assert "All were put back" in said.out
    assert "write_back.custom_fields: all" in said.out
    writes_fields.write_text(writes_fields.read_text("utf-8").replace("write_back:\n", "write_back:\n  custom_fields: all\n", 1), "utf-8")
    again = handoff("halo", "try-fields", "--ticket", deal_of(halo), "--yes", "--json")
    assert (again.code, again.json["sent"], again.json["is_safe"]) == (Exit.DONE, "all", True)


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_nothing_is_written_unasked(handoff, halo, writes_fields, options):
    said = handoff("halo", "try-fields", "--ticket", deal_of(halo), *options)
    assert said.code == Exit.FAILED
    assert "--yes" in said.err + said.out
    assert writes(halo) == []


def test_nothing_is_written_while_the_kill_switch_is_thrown(handoff, halo, writes_fields, monkeypatch):
    monkeypatch.setenv("HANDOFF_KILL_SWITCH", "true")
    said = handoff("halo", "try-fields", "--ticket", deal_of(halo), "--yes")
    assert (said.code, "kill switch" in said.err, writes(halo)) == (Exit.FAILED, True, [])


def test_a_policy_that_writes_no_field_needs_no_trial(handoff, halo):
    said = handoff("halo", "try-fields", "--ticket", deal_of(halo), "--yes")
    assert (said.code, "writes no custom field" in said.err) == (Exit.FAILED, True)

"""The writer against the simulated tenant: whatever goes wrong on the way, nothing is made twice and what is not known is said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, get_args

import httpx
import pytest
from pydantic import SecretStr

from handoff_pipeline.halo import HaloWriter, Marker, Written, access, writing
from handoff_pipeline.halo.errors import (
    HaloError,
    PermissionMissing,
    WriteConflict,
    WriteIgnored,
    WriteRefused,
    WriteUncertain,
    WriteWarned,
)
from handoff_pipeline.settings import Settings
from handoff_pipeline.simulator import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Fault, Quirks, SimulatedHalo, Truth, build_world
from handoff_pipeline.simulator.access import WRITER_CLIENT_ID, WRITER_CLIENT_SECRET
from handoff_pipeline.simulator.configuration import PROJECT
from handoff_pipeline.simulator.schedule import FaultKind
from tests.halo.fake import InstantClock

NIGHT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
MARKER = Marker("handoff-7f3a", "summary")
NEW = {"summary": "Onboarding", "tickettype_id": PROJECT}
FAULTS = tuple(kind for kind in get_args(FaultKind) if kind not in {"slow", "huge_body", "gzip_bomb", "cut_body"})
"""All but those that take long; a connection that breaks off needs a socket and is in `test_writer_once`."""
Use = Callable[[HaloWriter], Awaitable[Any]]


class Wire(httpx.ASGITransport):
    """The simulator without a socket, in the client's own loop."""

    def __init__(self, sim: SimulatedHalo) -> None:
        super().__init__(sim.app, client=("127.0.0.1", 50000))


@cache
def _truth() -> Truth:
    return build_world(seed=11, deals=24)


def _settings(**overrides: Any) -> Settings:
    values: dict[str, Any] = {
        "halo_url": "http://127.0.0.1:8000",
        "halo_client_id": DEMO_CLIENT_ID,
        "halo_client_secret": SecretStr(DEMO_CLIENT_SECRET),
        "halo_writer_client_id": WRITER_CLIENT_ID,
        "halo_writer_client_secret": SecretStr(WRITER_CLIENT_SECRET),
        "halo_writer_scope": "edit:tickets edit:projects edit:calendar",
    }
    return Settings(_env_file=None, **(values | overrides))


def _tenant(*faults: Fault, **quirks: Any) -> SimulatedHalo:
    return SimulatedHalo(_truth(), NIGHT, Quirks(faults=faults, rate_limit=False, **quirks))


def _with(sim: SimulatedHalo, use: Use, **overrides: Any) -> Any:
    async def play() -> Any:
        async with writing(_settings(**overrides), InstantClock(sim.now), Wire(sim)) as writer:
            return await use(writer)

    return asyncio.run(play())


def _marked(sim: SimulatedHalo) -> int:
    """How many records with the marker the tenant has, by its own books."""
    return sum(MARKER.value in str(edit) for edit in sim.writes)


def test_a_create_an_update_and_a_note_are_written_and_read_back() -> None:
    async def use(writer: HaloWriter) -> tuple[Written, Written, Written]:
        made = await writer.upsert("project", NEW, marker=MARKER)
        changed = await writer.upsert("project", {"id": made.key[0], "summary": "Onboarding of Acme", "startdate": "2026-11-09T12:00:00"})
        note = await writer.upsert("action", {"ticket_id": made.key[0], "outcome": "Internal Note", "note": "Kickoff &amp; held"})
        return made, changed, note

    made, changed, note = _with(_tenant(), use)
    assert (made.is_new, changed.is_new, changed.key) == (True, False, made.key)
    assert note.key[0] == made.key[0]


@pytest.mark.fact("H026")
@pytest.mark.parametrize("shape", ["object", "array", "envelope"])
def test_every_shape_of_a_reply_is_understood(shape: str) -> None:
    written = _with(_tenant(post_reply=shape), lambda writer: writer.upsert("project", NEW))
    assert written.is_verified


@pytest.mark.fact("H029")
def test_a_field_that_is_ignored_is_named() -> None:
    project = _truth().projects[0].project_id
    with pytest.raises(WriteIgnored, match="milestone_id"):
        _with(_tenant(), lambda writer: writer.upsert("project", {"id": project, "milestone_id": 77}))


@pytest.mark.fact("H095")
@pytest.mark.parametrize("body", ["error", "message", "dotnet", "result", "one_key", "string", "text", "empty"])
def test_a_validation_error_is_a_refusal_in_every_shape(body: str) -> None:
    sim = _tenant(validation_body=body, unknown_fields_ignored=False)
    with pytest.raises(WriteRefused, match="answered 400"):
        _with(sim, lambda writer: writer.upsert("project", NEW | {"no_such_field": 1}))
    assert _marked(sim) == 0


@pytest.mark.parametrize("kind", FAULTS)
def test_whatever_goes_wrong_a_create_happens_once_at_most_and_the_marker_tells_the_truth(kind: FaultKind) -> None:
    sim = _tenant(Fault("POST /Projects", 1, kind))

    async def use(writer: HaloWriter) -> tuple[Written | HaloError, int]:
        outcome: Written | HaloError
        try:
            outcome = await writer.upsert("project", NEW, marker=MARKER)
        except HaloError as error:
            outcome = error
        return outcome, len(await writer.find_by_marker("project", MARKER, sim.now - timedelta(hours=1)))

    outcome, found = _with(sim, use)
    assert found in (0, 1)
    assert found == _marked(sim)
    assert sim.count("POST /Projects") <= 2
    if isinstance(outcome, Written):
        assert found == 1
    elif not isinstance(outcome, WriteUncertain | WriteIgnored):
        assert found == 0


@pytest.mark.fact("H021")
def test_a_create_answered_500_that_was_made_is_not_made_again() -> None:
    sim = _tenant(Fault("POST /Projects", 1, "applied_500"))
    with pytest.raises(WriteUncertain):
        _with(sim, lambda writer: writer.upsert("project", NEW, marker=MARKER))
    assert _marked(sim) == 1


def test_a_warning_is_an_error_with_its_text() -> None:
    sim = _tenant(Fault("POST /Projects", 1, "warning_201"))
    with pytest.raises(WriteWarned, match="needs to be confirmed"):
        _with(sim, lambda writer: writer.upsert("project", NEW))


def test_a_missing_scope_is_named() -> None:
    with pytest.raises(PermissionMissing, match="answered 403"):
        _with(_tenant(), lambda writer: writer.upsert("project", NEW), halo_writer_scope="edit:calendar")


def _milestones() -> tuple[int, Any]:
    project = next(project for project in _truth().projects if len(project.milestones) > 1)
    return project.project_id, project


def test_a_milestone_is_added_and_nobodys_row_is_lost() -> None:
    number, project = _milestones()

    async def use(writer: HaloWriter) -> Written:
        return await writer.write_milestones(number, [{"name": "Handover done"}])

    written = _with(_tenant(), use)
    assert len(written.row["milestones"]) == len(project.milestones) + 1


def test_milestones_that_changed_since_the_decision_are_left_alone() -> None:
    number, _ = _milestones()
    with pytest.raises(WriteConflict):
        _with(_tenant(), lambda writer: writer.write_milestones(number, [{"name": "x"}], seen=[]))


def test_the_demos_credentials_are_told_apart_by_what_they_may_do() -> None:
    sim = _tenant()
    found = {finding.name: finding for finding in access(_settings(), InstantClock(sim.now), Wire(sim))}
    assert not any(name.endswith("credentials") for name in found)
    assert found["reader: cost"].ok
    hidden = _tenant(agent_cost_visible=False, denied_scopes=frozenset({"invoices"}))
    found = {finding.name: finding for finding in access(_settings(), InstantClock(sim.now), Wire(hidden))}
    assert not found["reader: cost"].ok
    assert not found["reader: invoices"].ok

"""Before and after a write: the very request that would be sent, and whether a create is there already, by its marker."""

from __future__ import annotations

from pathlib import Path

import pytest

from handoff_pipeline.halo.errors import (
    ProtocolError,
    WriteRefused,
)
from handoff_pipeline.halo.markers import Marker
from handoff_pipeline.halo.writer import HaloWriter
from handoff_pipeline.halo.written import PlannedRequest
from tests.halo.fake import TOKEN, answer
from tests.halo.keeping import JUST_BEFORE, WRITER_SECRET, KeepingHalo
from tests.halo.upserting import NEW_PROJECT, NOTE, after


def test_a_plan_is_the_very_request_and_sends_nothing(tmp_path: Path) -> None:
    halo = KeepingHalo()

    async def use(writer: HaloWriter) -> PlannedRequest:
        plan = writer.plan("action", NOTE | {"note": f"never show {WRITER_SECRET} or {TOKEN}-1"})
        assert halo.posts() == []
        await writer.upsert("action", NOTE)
        assert halo.posts()[0].content.decode() == writer.plan("action", NOTE).body
        assert str(halo.posts()[0].url) == plan.url
        return plan

    plan = after(halo, tmp_path, use)
    assert WRITER_SECRET not in plan.body
    assert f"{TOKEN}-1" not in plan.body
    assert "never show" in plan.body
    assert plan.headers["authorization"] == "Bearer ***"


@pytest.mark.parametrize("field", ["third_party_id_string", "CFMarker", "summary", "details"])
def test_a_marker_answers_whether_a_create_exists(tmp_path: Path, field: str) -> None:
    halo, marker = KeepingHalo(), Marker("handoff-7f3a", field)

    async def use(writer: HaloWriter) -> None:
        assert await writer.find_by_marker("project", marker, JUST_BEFORE) == ()
        await writer.upsert("project", NEW_PROJECT)
        await writer.upsert("project", NEW_PROJECT, marker=Marker("handoff-7f3", field))
        assert await writer.find_by_marker("project", marker, JUST_BEFORE) == ()
        written = await writer.upsert("project", NEW_PROJECT, marker=marker)
        assert await writer.find_by_marker("project", marker, JUST_BEFORE) == (written.key,)

    after(halo, tmp_path, use)


def test_a_note_is_found_by_its_marker_under_its_ticket(tmp_path: Path) -> None:
    halo, marker = KeepingHalo(), Marker("handoff-7f3a", "note")
    halo.handlers["/api/Actions"] = lambda request: (
        halo.write(request)
        if request.method == "POST"
        else answer({"actions": [record for (store, _), record in halo.records.items() if store == "/api/Actions"]})
    )

    async def use(writer: HaloWriter) -> None:
        written = await writer.upsert("action", NOTE, marker=marker)
        assert await writer.find_by_marker("action", marker, JUST_BEFORE, ticket_id=7) == (written.key,)
        with pytest.raises(WriteRefused, match="give the ticket"):
            await writer.find_by_marker("action", marker, JUST_BEFORE)

    after(halo, tmp_path, use)


def test_a_marker_is_not_said_to_be_absent_among_more_notes_than_are_looked_through(tmp_path: Path) -> None:
    halo, marker = KeepingHalo(), Marker("handoff-7f3a", "note")
    halo.handlers["/api/Actions"] = lambda _: answer({"actions": [{"ticket_id": 7, "id": number, "note": ""} for number in range(1, 5002)]})
    with pytest.raises(ProtocolError, match="more than 5000"):
        after(halo, tmp_path, lambda writer: writer.find_by_marker("action", marker, JUST_BEFORE, ticket_id=7))


def test_a_marker_is_not_said_to_be_absent_in_a_list_that_was_cut(tmp_path: Path) -> None:
    halo, marker = KeepingHalo(), Marker("handoff-7f3a", "note")
    of_ticket = [{"ticket_id": 7, "id": number, "note": ""} for number in range(1, 101)]
    halo.handlers["/api/Actions"] = lambda _: answer({"record_count": 717, "actions": of_ticket})
    with pytest.raises(ProtocolError, match="100 of the 717 of ticket 7 came"):
        after(halo, tmp_path, lambda writer: writer.find_by_marker("action", marker, JUST_BEFORE, ticket_id=7))


def test_a_look_shows_the_record_or_that_there_is_none(tmp_path: Path) -> None:
    halo = KeepingHalo()
    number = halo.keep("/api/Tickets", summary="task")

    async def use(writer: HaloWriter) -> None:
        found = await writer.look("project", (number,))
        assert found is not None
        assert found["summary"] == "task"
        assert await writer.look("project", (number + 1,)) is None
        assert await writer.look("approval", (number, 1)) is None

    after(halo, tmp_path, use)

"""The writer: one object per POST, every reply understood, the fields read back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from handoff_pipeline.halo.errors import (
    PermissionMissing,
    WriteIgnored,
    WriteRefused,
    WriteUncertain,
    WriteWarned,
)
from handoff_pipeline.halo.writer import LAG_SECONDS, HaloWriter
from handoff_pipeline.halo.written import Written
from tests.halo.fake import InstantClock, answer
from tests.halo.keeping import KeepingHalo, writer_to
from tests.halo.upserting import NEW_PROJECT, NOTE, after, upsert


@pytest.mark.fact("H019", "H023")
@pytest.mark.parametrize(
    ("kind", "path", "fields"),
    [
        ("opportunity", "/api/Opportunities", {"summary": "Firewall", "tickettype_id": 20, "oppvalue": Decimal("1250.50")}),
        ("project", "/api/Projects", NEW_PROJECT),
        ("change_request", "/api/Tickets", {"summary": "More switches", "tickettype_id": 24}),
        ("action", "/api/Actions", NOTE),
        ("appointment", "/api/Appointment", {"subject": "Kickoff", "start_date": "2026-11-09T09:00:00", "end_date": "2026-11-09T10:00:00"}),
        ("field_info", "/api/FieldInfo", {"name": "CFSignedScope", "label": "Signed scope", "type": 6}),
        ("approval", "/api/TicketApproval", {"ticket_id": 7, "result": 0, "note": "please"}),
    ],
)
def test_a_new_record_is_posted_alone_in_an_array_and_read_back(tmp_path: Path, kind: str, path: str, fields: dict[str, Any]) -> None:
    halo = KeepingHalo()
    written = upsert(halo, tmp_path, kind, fields)
    (post,) = halo.posts()
    (body,) = halo.bodies()
    assert post.url.path == path
    assert [list(sent) for sent in body] == [list(fields)]
    assert (written.is_new, written.is_verified, written.key[-1]) == (True, True, 4001)


@pytest.mark.fact("H020")
def test_an_update_sends_the_key_and_only_the_fields_given(tmp_path: Path) -> None:
    halo = KeepingHalo()
    number = halo.keep("/api/Tickets", summary="Firewall", status_id=1, oppvalue=10)
    written = upsert(halo, tmp_path, "opportunity", {"id": number, "status_id": 27})
    assert halo.bodies() == [[{"id": number, "status_id": 27}]]
    assert (written.key, written.is_new, written.fields) == ((number,), False, ("status_id",))
    assert halo.records["/api/Tickets", number]["oppvalue"] == 10


@pytest.mark.fact("H098", "H099")
def test_moments_go_out_zone_less_in_utc_and_dates_as_noon(tmp_path: Path) -> None:
    halo = KeepingHalo()
    number = halo.keep("/api/Tickets")
    fields = {"id": number, "oppconverteddate": datetime(2026, 11, 2, 2, 0, 5, tzinfo=UTC), "startdate": date(2026, 11, 9)}
    upsert(halo, tmp_path, "project", fields)
    assert halo.bodies() == [[{"id": number, "oppconverteddate": "2026-11-02T02:00:05", "startdate": "2026-11-09T12:00:00"}]]


@pytest.mark.fact("H024", "H026")
@pytest.mark.parametrize(
    "shape",
    [
        lambda record: answer(record, 201),
        lambda record: answer([record], 200),
        lambda record: answer({"tickets": [record]}, 201),
        lambda record: answer({"record_count": 1, "tickets": [record]}, 201),
        lambda record: answer({"ticket": record}, 201),
        lambda record: answer({"data": {"result": record}}, 201),
        lambda record: answer({"report": record}, 200),
        lambda record: answer(record | {"id": str(record["id"]), "_warning": ""}, 201),
    ],
)
def test_every_shape_of_a_reply_names_the_new_record(tmp_path: Path, shape: Callable[[dict[str, Any]], httpx.Response]) -> None:
    halo = KeepingHalo(reply=shape)
    assert upsert(halo, tmp_path, "project", NEW_PROJECT).key == (4001,)


@pytest.mark.parametrize("empty", [httpx.Response(204), httpx.Response(201), answer([], 201), answer({}, 200)])
def test_an_empty_reply_is_enough_for_an_update_and_leaves_a_create_uncertain(tmp_path: Path, empty: httpx.Response) -> None:
    halo = KeepingHalo(reply=lambda _: httpx.Response(empty.status_code, content=empty.content, headers=empty.headers))
    number = halo.keep("/api/Tickets", summary="old")
    assert upsert(halo, tmp_path, "project", {"id": number, "summary": "new"}).key == (number,)
    with pytest.raises(WriteUncertain, match="names no id"):
        upsert(halo, tmp_path, "project", NEW_PROJECT)


def test_an_update_that_is_answered_with_another_record_is_no_success(tmp_path: Path) -> None:
    halo = KeepingHalo(reply=lambda record: answer(record | {"id": 999}, 201))
    number = halo.keep("/api/Tickets")
    with pytest.raises(WriteUncertain, match=r"answered with \(999,\)"):
        upsert(halo, tmp_path, "project", {"id": number, "summary": "new"})


def test_an_appointment_may_come_back_under_another_id(tmp_path: Path) -> None:
    halo = KeepingHalo()
    number = halo.keep("/api/Appointment", subject="Kickoff", agent_id=3)

    def move(record: dict[str, Any]) -> httpx.Response:
        halo.records["/api/Appointment", 8000] = record | {"id": 8000}
        return answer(record | {"id": 8000}, 201)

    halo.reply = move
    assert upsert(halo, tmp_path, "appointment", {"id": number, "agent_id": 4}).key == (8000,)


def test_a_400_is_told_in_halopsas_own_words(tmp_path: Path) -> None:
    halo = KeepingHalo(handlers={"/api/Actions": lambda _: answer({"Message": "Please enter the outcome"}, 400)})
    with pytest.raises(WriteRefused, match=r"400: Please enter the outcome\. Nothing was written"):
        upsert(halo, tmp_path, "action", NOTE)
    assert len(halo.posts()) == 1


def test_a_403_names_the_edit_scope(tmp_path: Path) -> None:
    halo = KeepingHalo(handlers={"/api/Actions": lambda _: httpx.Response(403)})
    with pytest.raises(PermissionMissing, match="the edit: scope"):
        upsert(halo, tmp_path, "action", NOTE)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ({"id": 4001, "_warning": "The change freeze is on"}, "change freeze"),
        ({"tickets": [{"id": 4001, "_warning": "Dates clash"}]}, "Dates clash"),
        ([{"id": 4001, "customfieldvalidationreason": "CFScope is mandatory"}], "CFScope is mandatory"),
        ({"error": "no workflow"}, "no workflow"),
        ("Please choose an agent", "choose an agent"),
    ],
)
def test_a_warning_or_a_question_with_a_success_status_is_an_error_with_its_text(tmp_path: Path, reply: Any, words: str) -> None:
    halo = KeepingHalo(reply=lambda _: answer(reply, 201))
    with pytest.raises(WriteWarned, match=words):
        upsert(halo, tmp_path, "project", NEW_PROJECT)


@pytest.mark.parametrize(
    "fields", [{"ticket_id": 7, "note": "x"}, {"ticket_id": 7, "note": "x", "outcome": " "}, {"id": 3, "ticket_id": 7, "note": "x"}]
)
def test_an_action_without_its_outcome_is_refused_before_anything_is_sent(tmp_path: Path, fields: dict[str, Any]) -> None:
    halo = KeepingHalo()
    with pytest.raises(WriteRefused, match="outcome or outcome_id is missing"):
        upsert(halo, tmp_path, "action", fields)
    assert halo.posts() == []


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("agent", {"name": "x"}, "no way to write 'agent'"),
        ("project", {"id": 5}, "no field to write"),
        ("project", {"id": 5, "milestones": []}, "replaces whole"),
        ("project", {"id": -5, "summary": "x"}, "belong to templates"),
        ("project", {"id": "five", "summary": "x"}, "id 'five' is no record's"),
        ("project", {"id": 5, "oppvalue": float("nan")}, "no number"),
        ("project", {"id": 5, "startdate": datetime(2026, 1, 1)}, "without a zone"),
        ("project", {"id": 5, "summary": {1, 2}}, "no form in JSON"),
        ("project", {"summary": "without a type"}, "tickettype_id is missing"),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_is_sent(tmp_path: Path, kind: str, fields: dict[str, Any], words: str) -> None:
    halo = KeepingHalo()
    with pytest.raises(WriteRefused, match=words):
        upsert(halo, tmp_path, kind, fields)
    assert halo.posts() == []


@pytest.mark.fact("H029")
def test_a_field_that_halopsa_ignores_is_named(tmp_path: Path) -> None:
    halo = KeepingHalo(ignored=frozenset({"milestone_id"}))
    number = halo.keep("/api/Tickets", summary="task")
    with pytest.raises(WriteIgnored, match="did not take milestone_id") as caught:
        upsert(halo, tmp_path, "project", {"id": number, "summary": "task 1", "milestone_id": 12})
    assert (caught.value.fields, caught.value.key) == (("milestone_id",), (number,))


def test_a_write_that_cannot_be_read_back_is_uncertain_and_names_its_key(tmp_path: Path) -> None:
    halo = KeepingHalo(handlers={"/api/Tickets/4001": lambda _: httpx.Response(404)})
    with pytest.raises(WriteUncertain, match="could not be read back") as caught:
        upsert(halo, tmp_path, "project", NEW_PROJECT)
    assert caught.value.key == (4001,)


def test_switches_of_the_call_are_said_not_to_be_compared(tmp_path: Path) -> None:
    halo = KeepingHalo(ignored=frozenset({"_dontfire", "dont_do_rules", "new_status"}))
    written = upsert(halo, tmp_path, "action", NOTE | {"_dontfire": True, "dont_do_rules": True, "new_status": 27})
    assert written.not_compared == ("_dontfire", "dont_do_rules", "new_status")


@pytest.mark.fact("H103")
def test_writes_of_one_writer_go_one_after_the_other(tmp_path: Path) -> None:
    halo = KeepingHalo()
    under_way = most = 0

    async def slowly(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return halo.write(request)

    halo.handlers["/api/Projects"] = slowly

    async def use(writer: HaloWriter) -> list[Written]:
        return list(await asyncio.gather(*(writer.upsert("project", NEW_PROJECT) for _ in range(5))))

    keys = {written.key for written in after(halo, tmp_path, use)}
    assert (most, len(keys)) == (1, 5)


def test_a_reading_that_lags_behind_the_write_is_looked_at_again(tmp_path: Path) -> None:
    halo, clock = KeepingHalo(), InstantClock()
    number = halo.keep("/api/Tickets", summary="task")
    stale = [answer({"id": number, "summary": "task"})]
    halo.handlers[f"/api/Tickets/{number}"] = lambda request: stale.pop() if stale else halo._default(request)

    async def play() -> Written:
        async with writer_to(halo, tmp_path, clock) as writer:
            return await writer.upsert("project", {"id": number, "summary": "written"})

    written = asyncio.run(play())
    assert (written.is_verified, len(halo.posts()), clock.slept) == (True, 1, [LAG_SECONDS[0]])

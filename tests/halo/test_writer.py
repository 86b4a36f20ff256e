"""The writer: one object per POST, sent once, every reply understood, the fields read back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from handoff_pipeline.errors import SettingsError
from handoff_pipeline.halo.errors import (
    AuthenticationError,
    BudgetSpent,
    HaloError,
    PermissionMissing,
    RateLimited,
    ServerFault,
    WriteIgnored,
    WriteRefused,
    WriteUncertain,
    WriteWarned,
)
from handoff_pipeline.halo.markers import Marker
from handoff_pipeline.halo.writer import HaloWriter
from handoff_pipeline.halo.written import PlannedRequest, Written
from tests.halo.fake import SECRET, TOKEN, InstantClock, answer
from tests.halo.keeping import JUST_BEFORE, WRITER_SECRET, KeepingHalo, writer_to

NEW_PROJECT = {"summary": "Onboarding of Acme", "tickettype_id": 21}
NOTE = {"ticket_id": 7, "outcome": "Internal Note", "note": "Kickoff held"}


def _upsert(
    halo: KeepingHalo, tmp_path: Path, kind: str, fields: dict[str, Any], clock: InstantClock | None = None, **options: Any
) -> Written:
    overrides = options.pop("settings", {})

    async def play() -> Written:
        async with writer_to(halo, tmp_path, clock, **overrides) as writer:
            return await writer.upsert(kind, fields, **options)

    return asyncio.run(play())


def _after(halo: KeepingHalo, tmp_path: Path, use: Callable[[HaloWriter], Any]) -> Any:
    async def play() -> Any:
        async with writer_to(halo, tmp_path) as writer:
            return await use(writer)

    return asyncio.run(play())


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
    written = _upsert(halo, tmp_path, kind, fields)
    (post,) = halo.posts()
    (body,) = halo.bodies()
    assert post.url.path == path
    assert [list(sent) for sent in body] == [list(fields)]
    assert (written.is_new, written.is_verified, written.key[-1]) == (True, True, 4001)


@pytest.mark.fact("H020")
def test_an_update_sends_the_key_and_only_the_fields_given(tmp_path: Path) -> None:
    halo = KeepingHalo()
    number = halo.keep("/api/Tickets", summary="Firewall", status_id=1, oppvalue=10)
    written = _upsert(halo, tmp_path, "opportunity", {"id": number, "status_id": 27})
    assert halo.bodies() == [[{"id": number, "status_id": 27}]]
    assert (written.key, written.is_new, written.fields) == ((number,), False, ("status_id",))
    assert halo.records["/api/Tickets", number]["oppvalue"] == 10


@pytest.mark.fact("H098", "H099")
def test_moments_go_out_zone_less_in_utc_and_dates_as_noon(tmp_path: Path) -> None:
    halo = KeepingHalo()
    number = halo.keep("/api/Tickets")
    fields = {"id": number, "oppconverteddate": datetime(2026, 11, 2, 2, 0, 5, tzinfo=UTC), "startdate": date(2026, 11, 9)}
    _upsert(halo, tmp_path, "project", fields)
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
    assert _upsert(halo, tmp_path, "project", NEW_PROJECT).key == (4001,)


@pytest.mark.parametrize("empty", [httpx.Response(204), httpx.Response(201), answer([], 201), answer({}, 200)])
def test_an_empty_reply_is_enough_for_an_update_and_leaves_a_create_uncertain(tmp_path: Path, empty: httpx.Response) -> None:
    halo = KeepingHalo(reply=lambda _: httpx.Response(empty.status_code, content=empty.content, headers=empty.headers))
    number = halo.keep("/api/Tickets", summary="old")
    assert _upsert(halo, tmp_path, "project", {"id": number, "summary": "new"}).key == (number,)
    with pytest.raises(WriteUncertain, match="names no id"):
        _upsert(halo, tmp_path, "project", NEW_PROJECT)


def test_an_update_that_is_answered_with_another_record_is_no_success(tmp_path: Path) -> None:
    halo = KeepingHalo(reply=lambda record: answer(record | {"id": 999}, 201))
    number = halo.keep("/api/Tickets")
    with pytest.raises(WriteUncertain, match=r"answered with \(999,\)"):
        _upsert(halo, tmp_path, "project", {"id": number, "summary": "new"})


def test_an_appointment_may_come_back_under_another_id(tmp_path: Path) -> None:
    halo = KeepingHalo()
    number = halo.keep("/api/Appointment", subject="Kickoff", agent_id=3)

    def move(record: dict[str, Any]) -> httpx.Response:
        halo.records["/api/Appointment", 8000] = record | {"id": 8000}
        return answer(record | {"id": 8000}, 201)

    halo.reply = move
    assert _upsert(halo, tmp_path, "appointment", {"id": number, "agent_id": 4}).key == (8000,)


@pytest.mark.fact("H021")
@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(500, json={"ClassName": "System.Exception", "Message": "boom"}),
        httpx.Response(502, content=b"<html>Bad gateway</html>"),
        httpx.Response(503, headers={"retry-after": "1"}),
        httpx.Response(408),
        httpx.Response(302, headers={"location": "/login"}),
        httpx.Response(200, content=b"<html>Log in</html>", headers={"content-type": "text/html"}),
        httpx.Response(201, content=b'{"id": 40', headers={"content-type": "application/json"}),
        httpx.ReadTimeout("slow"),
        httpx.WriteError("reset"),
        httpx.RemoteProtocolError("closed"),
    ],
)
def test_a_create_whose_end_is_not_known_is_sent_once_and_says_so(tmp_path: Path, trouble: httpx.Response | Exception) -> None:
    halo = KeepingHalo(handlers={"/api/Projects": lambda _: trouble})
    with pytest.raises(WriteUncertain, match="is not known") as caught:
        _upsert(halo, tmp_path, "project", NEW_PROJECT)
    assert len(halo.posts()) == 1
    assert "find_by_marker" in str(caught.value.fix)


def test_an_uncertain_update_names_what_to_look_at(tmp_path: Path) -> None:
    halo = KeepingHalo(handlers={"/api/Projects": lambda _: httpx.Response(500)})
    with pytest.raises(WriteUncertain) as caught:
        _upsert(halo, tmp_path, "project", {"id": 55, "summary": "new"})
    assert "/api/Tickets/55" in str(caught.value.fix)
    assert caught.value.key == (55,)


def test_a_request_that_never_left_is_sent_again(tmp_path: Path) -> None:
    halo, refusals = KeepingHalo(), [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow")]
    halo.handlers["/api/Projects"] = lambda request: refusals.pop() if refusals else halo.write(request)
    assert _upsert(halo, tmp_path, "project", NEW_PROJECT).key == (4001,)
    assert len(halo.records) == 1


def test_a_tenant_that_cannot_be_reached_has_nothing_written(tmp_path: Path) -> None:
    halo = KeepingHalo(handlers={"/api/Projects": lambda _: httpx.ConnectError("refused")})
    with pytest.raises(ServerFault, match="could not be reached"):
        _upsert(halo, tmp_path, "project", NEW_PROJECT)


def test_a_429_comes_before_the_work_and_is_sent_again_after_its_wait(tmp_path: Path) -> None:
    halo, clock, sent = KeepingHalo(), InstantClock(), list[float]()

    def limit(request: httpx.Request) -> httpx.Response:
        sent.append(clock.monotonic())
        return answer("Rate Limit Reached", 429, **{"retry-after": "120"}) if len(sent) == 1 else halo.write(request)

    halo.handlers["/api/Projects"] = limit
    assert _upsert(halo, tmp_path, "project", NEW_PROJECT, clock).key == (4001,)
    assert sent[1] - sent[0] >= 120
    assert len(halo.records) == 1


def test_a_429_beyond_patience_leaves_nothing_written(tmp_path: Path) -> None:
    halo = KeepingHalo(handlers={"/api/Projects": lambda _: answer("later", 429, **{"retry-after": str(10**12)})})
    with pytest.raises(RateLimited):
        _upsert(halo, tmp_path, "project", NEW_PROJECT)
    assert len(halo.posts()) == 1


def test_a_refused_token_is_healed_once_and_a_second_refusal_stops(tmp_path: Path) -> None:
    halo = KeepingHalo()
    halo.handlers["/api/Projects"] = lambda request: (
        httpx.Response(401) if request.headers["authorization"].endswith("-1") else halo.write(request)
    )
    assert _upsert(halo, tmp_path, "project", NEW_PROJECT).key == (4001,)
    assert (len(halo.posts()), len(halo.token_posts())) == (2, 2)
    halo = KeepingHalo(handlers={"/api/Projects": lambda _: httpx.Response(401)})
    with pytest.raises(AuthenticationError):
        _upsert(halo, tmp_path, "project", NEW_PROJECT)
    assert (len(halo.posts()), len(halo.token_posts())) == (2, 2)


def test_a_budget_ends_before_the_write_is_sent(tmp_path: Path) -> None:
    halo = KeepingHalo()
    with pytest.raises(BudgetSpent, match="HANDOFF_REQUEST_BUDGET=2"):
        _upsert(halo, tmp_path, "project", NEW_PROJECT, settings={"request_budget": 2})
    assert halo.posts() == []


def test_a_400_is_told_in_halopsas_own_words(tmp_path: Path) -> None:
    halo = KeepingHalo(handlers={"/api/Actions": lambda _: answer({"Message": "Please enter the outcome"}, 400)})
    with pytest.raises(WriteRefused, match=r"400: Please enter the outcome\. Nothing was written"):
        _upsert(halo, tmp_path, "action", NOTE)
    assert len(halo.posts()) == 1


def test_a_403_names_the_edit_scope(tmp_path: Path) -> None:
    halo = KeepingHalo(handlers={"/api/Actions": lambda _: httpx.Response(403)})
    with pytest.raises(PermissionMissing, match="the edit: scope"):
        _upsert(halo, tmp_path, "action", NOTE)


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
        _upsert(halo, tmp_path, "project", NEW_PROJECT)


@pytest.mark.parametrize(
    "fields", [{"ticket_id": 7, "note": "x"}, {"ticket_id": 7, "note": "x", "outcome": " "}, {"id": 3, "ticket_id": 7, "note": "x"}]
)
def test_an_action_without_its_outcome_is_refused_before_anything_is_sent(tmp_path: Path, fields: dict[str, Any]) -> None:
    halo = KeepingHalo()
    with pytest.raises(WriteRefused, match="outcome or outcome_id is missing"):
        _upsert(halo, tmp_path, "action", fields)
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
        _upsert(halo, tmp_path, kind, fields)
    assert halo.posts() == []


@pytest.mark.fact("H029")
def test_a_field_that_halopsa_ignores_is_named(tmp_path: Path) -> None:
    halo = KeepingHalo(ignored=frozenset({"milestone_id"}))
    number = halo.keep("/api/Tickets", summary="task")
    with pytest.raises(WriteIgnored, match="did not take milestone_id") as caught:
        _upsert(halo, tmp_path, "project", {"id": number, "summary": "task 1", "milestone_id": 12})
    assert (caught.value.fields, caught.value.key) == (("milestone_id",), (number,))


def test_a_write_that_cannot_be_read_back_is_uncertain_and_names_its_key(tmp_path: Path) -> None:
    halo = KeepingHalo(handlers={"/api/Tickets/4001": lambda _: httpx.Response(404)})
    with pytest.raises(WriteUncertain, match="could not be read back") as caught:
        _upsert(halo, tmp_path, "project", NEW_PROJECT)
    assert caught.value.key == (4001,)


def test_switches_of_the_call_are_said_not_to_be_compared(tmp_path: Path) -> None:
    halo = KeepingHalo(ignored=frozenset({"_dontfire", "dont_do_rules", "new_status"}))
    written = _upsert(halo, tmp_path, "action", NOTE | {"_dontfire": True, "dont_do_rules": True, "new_status": 27})
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

    keys = {written.key for written in _after(halo, tmp_path, use)}
    assert (most, len(keys)) == (1, 5)


def test_a_plan_is_the_very_request_and_sends_nothing(tmp_path: Path) -> None:
    halo = KeepingHalo()

    async def use(writer: HaloWriter) -> PlannedRequest:
        plan = writer.plan("action", NOTE | {"note": f"never show {WRITER_SECRET} or {TOKEN}-1"})
        assert halo.posts() == []
        await writer.upsert("action", NOTE)
        assert halo.posts()[0].content.decode() == writer.plan("action", NOTE).body
        assert str(halo.posts()[0].url) == plan.url
        return plan

    plan = _after(halo, tmp_path, use)
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

    _after(halo, tmp_path, use)


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

    _after(halo, tmp_path, use)


def test_the_writer_needs_a_credential_of_its_own(tmp_path: Path) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"halo_writer_client_id": None}, "HANDOFF_HALO_WRITER_CLIENT_ID is not set"),
        ({"halo_writer_client_secret": None}, "HANDOFF_HALO_WRITER_CLIENT_SECRET is not set"),
        ({"halo_writer_client_id": "Reader "}, "the reader's own"),
        ({"halo_client_secret": WRITER_SECRET}, "the reader's own"),
        ({"halo_writer_scope": "edit:tickets all"}, "HANDOFF_HALO_WRITER_SCOPE asks for the scope 'all'"),
    ]
    for overrides, words in cases:
        halo = KeepingHalo()
        with pytest.raises(SettingsError, match=re.escape(words)):
            _upsert(halo, tmp_path, "project", NEW_PROJECT, settings=overrides)
        assert halo.seen == []


def test_a_writer_whose_token_was_granted_everything_does_not_start(tmp_path: Path) -> None:
    halo = KeepingHalo(handlers={"/auth/token": lambda _: answer({"access_token": TOKEN, "scope": "edit:tickets all"})})
    with pytest.raises(SettingsError, match="was granted the scope 'all'"):
        _upsert(halo, tmp_path, "project", NEW_PROJECT)
    assert _upsert(halo, tmp_path, "project", NEW_PROJECT, settings={"allow_scope_all": True}).key == (4001,)


def test_no_failing_write_shows_a_secret_of_either_credential(tmp_path: Path) -> None:
    leak = f"{SECRET} {WRITER_SECRET} {TOKEN}-1 Bearer {TOKEN}-1"
    replies = [answer({"Message": leak}, 400), answer({"Message": leak}, 500), answer({"_warning": leak}, 201), httpx.ReadTimeout(leak)]
    while replies:
        halo = KeepingHalo(handlers={"/api/Projects": lambda _: replies.pop()})
        with pytest.raises(HaloError) as caught:
            _upsert(halo, tmp_path, "project", NEW_PROJECT)
        assert not any(secret in str(caught.value) for secret in (SECRET, WRITER_SECRET, f"{TOKEN}-1"))

"""What goes wrong on schedule: when it comes, and what exactly is wrong with the answer (section 5 of the reference)."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import pytest
from starlette.types import Message

from handoff_pipeline.simulator import Fault, Quirks
from handoff_pipeline.simulator.faults import BrokenOff
from handoff_pipeline.simulator.quirks import FaultKind
from handoff_pipeline.simulator.schedule import at_request, during, every, from_then_on
from tests.simulator.tenant import Tenant

PAGE: dict[str, str | int] = {"pageinate": "true", "page_size": 20, "order": "id"}
PATH = "/Projects"


def _statuses(fault: Fault, asked: int, path: str = "/Status") -> list[int]:
    tenant = Tenant(Quirks(faults=(fault,)))
    return [tenant.ask(path).status_code for _ in range(asked)]


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        (Fault("/Status", 2, "server_error_500"), [200, 500, 200, 200, 200]),
        (during("/Status", 2, 3, "server_error_500"), [200, 500, 500, 200, 200]),
        (from_then_on("/Status", 4, "forbidden_403"), [200, 200, 200, 403, 403]),
        (every("/Status", 2, "not_found_404"), [200, 404, 200, 404, 200]),
        (at_request(5, "unauthorized"), [200, 200, 200, 200, 401]),
        (Fault("GET /status", 1, "unavailable_503"), [503, 200, 200, 200, 200]),
        (Fault("POST /Status", 1, "server_error_500"), [200, 200, 200, 200, 200]),
    ],
)
def test_a_fault_comes_when_it_is_due(fault: Fault, statuses: list[int]) -> None:
    assert _statuses(fault, 5) == statuses


def test_the_run_s_requests_are_counted_whatever_they_ask_for() -> None:
    tenant = Tenant(Quirks(faults=(at_request(3, "server_error_500"),)))
    assert [tenant.ask(path).status_code for path in ("/Status", "/Team", "/TicketType", "/Status")] == [200, 200, 500, 200]


def _spoilt(kind: FaultKind, page: int = 2, **quirks: Any) -> Any:
    tenant = Tenant(Quirks(faults=(Fault(PATH, 1, kind),), **quirks))
    return tenant.ask(PATH, page_no=page, **PAGE)


def _ids(answer: Any) -> list[int]:
    return [row["id"] for row in answer["tickets"]]


def _right(page: int = 2) -> dict[str, Any]:
    whole: dict[str, Any] = Tenant().get(PATH, page_no=page, **PAGE)
    return whole


def test_an_envelope_can_be_missing() -> None:
    assert "tickets" not in _spoilt("missing_envelope").json()


def test_an_array_can_come_without_its_envelope() -> None:
    assert _spoilt("bare_array").json() == _right()["tickets"]


def test_a_row_can_be_twice_on_a_page() -> None:
    assert _ids(_spoilt("duplicate_in_page").json()) == [*_ids(_right())[:-1], _ids(_right())[0]]


def test_a_page_can_begin_with_the_last_row_of_the_page_before() -> None:
    assert _ids(_spoilt("duplicate_across_pages").json()) == [_ids(_right(1))[-1], *_ids(_right())[:-1]]


def test_a_page_can_lack_a_row() -> None:
    short = _spoilt("short_page").json()
    assert _ids(short) == _ids(_right())[:-1]
    assert short["record_count"] == _right()["record_count"]


def test_a_page_can_be_the_one_before() -> None:
    assert _spoilt("repeat_page").json()["tickets"] == _right(1)["tickets"]


def test_a_row_can_lack_its_id() -> None:
    assert [("id" in row) for row in _spoilt("row_without_id").json()["tickets"]] == [False, *[True] * 19]


def test_a_row_can_be_no_object() -> None:
    assert isinstance(_spoilt("row_not_an_object").json()["tickets"][0], str)


def test_a_key_can_come_twice_in_an_object() -> None:
    pairs: list[str] = []

    def noted(found: list[tuple[str, Any]]) -> dict[str, Any]:
        pairs.extend(key for key, _ in found)
        return dict(found)

    json.loads(_spoilt("duplicate_keys").content, object_pairs_hook=noted)
    assert pairs.count("id") == 21


def test_json_can_break_off() -> None:
    whole = Tenant().ask(PATH, page_no=2, **PAGE).content
    assert _spoilt("truncated_json").content == whole[: len(whole) // 2]


def test_json_can_be_malformed_at_its_end() -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(_spoilt("malformed_json").content)


def test_a_text_can_hold_half_a_surrogate_pair() -> None:
    assert b"\\ud83d" in _spoilt("lone_surrogate").content
    assert any("\ud83d" in str(value) for row in json.loads(_spoilt("lone_surrogate").content)["tickets"] for value in row.values())


def test_a_body_can_be_no_utf_8() -> None:
    with pytest.raises(UnicodeDecodeError):
        _spoilt("invalid_utf8").content.decode()


def test_good_json_can_come_under_a_wrong_content_type() -> None:
    answer = _spoilt("wrong_content_type")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.json() == _right()


def test_a_next_link_can_lead_to_another_host() -> None:
    assert _spoilt("next_link_elsewhere", foreign_host="http://other.test").json()["next"].startswith("http://other.test/api/Projects?")


@pytest.mark.parametrize(
    ("kind", "location"),
    [("redirect_elsewhere", "http://other.test/api/Projects?"), ("redirect_to_itself", "http://simulated.test/api/Projects?")],
)
def test_a_redirect_leads_where_it_says(kind: FaultKind, location: str) -> None:
    answer = _spoilt(kind, foreign_host="http://other.test")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(location)


@pytest.mark.parametrize(
    ("kind", "status", "start"),
    [
        ("html_200", 200, b"<!DOCTYPE html>"),
        ("html_502", 502, b"<html>"),
        ("error_body_200", 200, b'{"ClassName"'),
        ("server_error_500", 500, b'{"ClassName"'),
        ("empty_200", 200, b""),
        ("forbidden_403", 403, b""),
        ("plain_text_200", 200, b"An unexpected"),
        ("deep_nesting", 200, b"[[[["),
    ],
)
def test_an_answer_can_be_replaced(kind: FaultKind, status: int, start: bytes) -> None:
    answer = _spoilt(kind)
    assert (answer.status_code, answer.content[: len(start)]) == (status, start)
    assert answer.content or not start


def test_a_body_can_be_absurdly_long() -> None:
    assert len(_spoilt("huge_body", absurd_bytes=3_000_000).content) > 3_000_000


def test_a_small_body_can_unpack_to_an_absurd_size() -> None:
    tenant = Tenant(Quirks(faults=(Fault("/Status", 1, "gzip_bomb"),), absurd_bytes=1_000_000))
    tenant.ask("/Team")
    headers = {"Authorization": f"Bearer {tenant.token}"}
    with tenant.http.stream("GET", "/api/Status", headers=headers) as answer:
        packed = b"".join(answer.iter_raw())
    assert len(packed) < 20_000
    assert len(gzip.decompress(packed)) > 1_000_000


def test_a_connection_can_end_in_the_middle_of_a_body() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    asyncio.run(BrokenOff(b"0123456789")({"type": "http"}, receive, send))
    assert dict(sent[0]["headers"])[b"content-length"] == b"10"
    assert (sent[1]["body"], sent[1]["more_body"]) == (b"01234", True)


def test_an_unavailable_server_says_when_to_come_again() -> None:
    assert _spoilt("unavailable_503").headers["retry-after"] == "30"
    assert _spoilt("unavailable_503", retry_after_seconds=7).headers["retry-after"] == "7"


@pytest.mark.fact("H094")
@pytest.mark.parametrize(
    ("body", "start"), [("string", b'"Rate Limit'), ("object", b'{"error":"Rate'), ("text", b"Rate Limit"), ("empty", b"")]
)
def test_a_429_has_the_body_of_the_switch(body: Any, start: bytes) -> None:
    answer = _spoilt("rate_limited_429", rate_limit_body=body)
    assert (answer.status_code, answer.content[: len(start)]) == (429, start)
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("seconds", "3600"),
        ("date", "Mon, 28 Sep 2026 02:30:00 GMT"),
        ("absurd", "1000000000000"),
        ("negative", "-5"),
        ("words", "soon"),
    ],
)
def test_retry_after_has_the_form_of_the_switch(form: Any, value: str) -> None:
    answer = _spoilt("rate_limited_429", retry_after=True, retry_after_form=form, retry_after_seconds=3600)
    assert answer.headers["retry-after"] == value


@pytest.mark.parametrize(
    ("kind", "status", "change"),
    [
        ("invalid_client", 401, {}),
        ("server_error_500", 500, {}),
        ("html_200", 200, {}),
        ("no_expires_in", 200, {"expires_in": None}),
        ("expires_in_zero", 200, {"expires_in": 0}),
        ("no_access_token", 200, {"access_token": None}),
    ],
)
def test_the_token_endpoint_fails_on_schedule(kind: FaultKind, status: int, change: dict[str, Any]) -> None:
    tenant = Tenant(Quirks(faults=(Fault("/auth/token", 2, kind),)))
    assert tenant.sign_in().json()["expires_in"] == 3600
    answer = tenant.sign_in()
    assert answer.status_code == status
    assert all(answer.json().get(key) == value for key, value in change.items())


def test_tokens_can_be_refused_from_then_on() -> None:
    tenant = Tenant(Quirks(faults=(from_then_on("*", 2, "unauthorized"),)))
    assert tenant.ask("/Status").status_code == 200
    tenant.token = tenant.sign_in().json()["access_token"]
    assert [tenant.ask("/Status").status_code for _ in range(2)] == [401, 401]


def test_the_date_header_can_be_off() -> None:
    assert Tenant(Quirks(date_skew_seconds=-600)).ask("/Status").headers["date"] == "Mon, 28 Sep 2026 01:20:00 GMT"


def test_an_answer_can_be_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("handoff_pipeline.simulator.server.asyncio.sleep", sleep)
    tenant = Tenant(Quirks(faults=(Fault("/Status", 1, "slow"),), slow_seconds=31))
    assert [tenant.ask("/Status").status_code for _ in range(2)] == [200, 200]
    assert waited == [31]


def test_every_answer_can_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("handoff_pipeline.simulator.server.asyncio.sleep", sleep)
    Tenant(Quirks(delay_seconds=0.25)).ask("/Status")
    assert waited == [0.25, 0.25]

"""Error bodies in every shape that was seen, and what is no sound JSON."""

from __future__ import annotations

import base64
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff_pipeline.halo.bodies import error_text, sound_json
from handoff_pipeline.halo.envelope import key_of, rows_of, whole_number
from handoff_pipeline.halo.errors import ProtocolError, UnsoundBody
from handoff_pipeline.halo.redact import Redactor
from tests.halo.fake import SECRET

REDACTOR = Redactor(SECRET)


@pytest.mark.fact("H095")
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error":"invalid_client","error_description":"unknown client"}', "invalid_client: unknown client"),
        (b'{"error":"no such thing"}', "no such thing"),
        (
            b'{"ClassName":"System.Exception","Message":"Object reference not set","Data":null}',
            "System.Exception: Object reference not set",
        ),
        (b'{"resultCode":17,"errorMessage":"bad field"}', "17: bad field"),
        (b'{"Message":"An outcome must be entered"}', "An outcome must be entered"),
        (b'{"error":{"code":4,"message":"nested"}}', "nested"),
        (b'{"tickettype_id":"is mandatory"}', "tickettype_id: is mandatory"),
        (
            b'"Rate Limit Reached - 300 Requests per rolling 5 minute window"',
            "Rate Limit Reached - 300 Requests per rolling 5 minute window",
        ),
        (b'[{"Message":"in a list"}]', "in a list"),
        (b"plain\r\n text\x00", "plain text"),
        (b"<html><body>502</body></html>", "<html><body>502</body></html>"),
        (b"", ""),
        (b"{}", ""),
        (b"null", "None"),
    ],
)
def test_an_error_body_is_read_in_every_shape(body: bytes, said: str) -> None:
    assert error_text(body, REDACTOR) == said


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers(-9, 9) | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x), max_leaves=8).map(
        orjson.dumps
    )
)
def test_no_error_body_breaks_the_reader(body: bytes) -> None:
    assert len(error_text(body, REDACTOR)) <= 201


@pytest.mark.parametrize(
    "form",
    [SECRET, quote(SECRET, safe=""), base64.b64encode(SECRET.encode()).decode(), orjson.dumps(SECRET).decode(), "Bearer abc.def-ghi"],
)
def test_a_secret_is_masked_in_every_form_it_travels_in(form: str) -> None:
    said = REDACTOR.clean(f"the credential {form} was refused")
    assert "***" in said
    assert SECRET not in said
    assert "abc.def" not in said


def test_a_secret_across_the_cut_is_masked_too() -> None:
    assert SECRET[:4] not in REDACTOR.clean("x" * 75 + SECRET, 80)


def test_a_redactor_does_not_show_what_it_hides() -> None:
    assert SECRET not in repr(REDACTOR)


@pytest.mark.parametrize(
    "body", [b'{"tickets":[{"id":1', b'{"a":NaN}', b'{"a":1e400}', b'["\\ud800"]', b"\xef\xbb\xbf[]", b"[" * 100_000, b"", b"[1,]", b"'a'"]
)
def test_unsound_json_is_refused(body: bytes) -> None:
    with pytest.raises(UnsoundBody, match="not sound JSON"):
        sound_json(body, "application/json", "/Tickets", REDACTOR)


def test_html_with_200_is_named_with_its_first_80_safe_characters() -> None:
    body = f"<html>\n<title>Log in {SECRET}</title>".encode() + b"x" * 500
    with pytest.raises(UnsoundBody) as caught:
        sound_json(body, "text/html; charset=utf-8", "/Tickets", REDACTOR)
    assert "text/html" in caught.value.message
    assert "<html> <title>Log in ***</title>" in caught.value.message
    assert SECRET not in str(caught.value)
    assert len(caught.value.message) < 250


@pytest.mark.parametrize(
    "document",
    [
        {"error": "no"},
        {"ClassName": "X", "Message": "boom"},
        "just a string",
        None,
        5,
        {"rows": []},
        {"record_count": 3},
        {"tickets": None},
    ],
)
def test_an_answer_without_its_list_is_an_error_and_never_no_rows(document: object) -> None:
    with pytest.raises(ProtocolError, match="without its list"):
        rows_of(document, orjson.dumps(document), ("tickets",), "/Tickets", REDACTOR)


def test_an_empty_list_may_be_left_out_where_the_count_is_zero() -> None:
    assert rows_of({"record_count": 0, "page_no": 1}, b"", ("tickets",), "/Tickets", REDACTOR).rows == []


def test_more_rows_than_any_list_has_are_refused() -> None:
    with pytest.raises(ProtocolError, match="one answer holds 100001 rows"):
        rows_of([{}] * 100_001, b"", (), "/Status", REDACTOR)


def test_a_list_of_anything_but_objects_is_refused() -> None:
    with pytest.raises(ProtocolError, match="row 2 of the list is int"):
        rows_of([{"id": 1}, 2], b"", (), "/Status", REDACTOR)


@pytest.mark.fact("H056", "H100")
@pytest.mark.parametrize(
    ("value", "number"),
    [(12, 12), (12.0, 12), ("12", 12), ("12.0", 12), (" -3 ", -3), (1.5, None), ("a", None), (True, None), (None, None)],
)
def test_ids_are_read_as_numbers_text_and_decimals(value: object, number: int | None) -> None:
    assert whole_number(value) == number


def test_a_key_needs_all_its_parts() -> None:
    assert key_of({"ticket_id": 12.0, "id": "3"}, ("ticket_id", "id")) == (12, 3)
    assert key_of({"id": 3}, ("ticket_id", "id")) is None
    assert key_of({"id": "3e485768-7967"}, ("id",)) == ("3e485768-7967",)

"""Reading back: only what was set is compared, in the forms in which HaloPSA gives it back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_pipeline.halo.verify import not_taken, same


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"oppvalue": 1250.5}, {"oppvalue": "1250.50"}),
        ({"client_id": 12}, {"client_id": 12.0}),
        ({"client_id": "12"}, {"client_id": 12}),
        ({"estimate": 1e40}, {"estimate": 1e40}),
        ({"onhold": True}, {"onhold": "true"}),
        ({"onhold": False}, {}),
        ({"onhold": True}, {"onhold": 1}),
        ({"dateclosed": "2026-11-02T02:00:00"}, {"dateclosed": "2026-11-02T02:00:00.000Z"}),
        ({"dateclosed": "2026-11-02T02:00:00"}, {"dateclosed": "2026-11-02T03:00:00+01:00"}),
        ({"startdate": "2026-11-02T12:00:00"}, {"startdate": "2026-11-02T00:00:00"}),
        ({"dateclosed": None}, {"dateclosed": "1899-12-30T00:00:00"}),
        ({"dateclosed": ""}, {}),
        ({"note": "Kickoff  held\n&c."}, {"note": "<p>Kickoff held<br>&amp;c.</p>"}),
        ({"note": "Kickoff held"}, {"note_html": "<div>Kickoff</div><div>held</div>"}),
        ({"note": "margin < 5 % or > 90 %"}, {"note": "<p>margin &lt; 5 % or &gt; 90 %</p>"}),
        ({"note": "margin < 5 %"}, {"note": "<p>margin &lt; 5 %</p>"}),
        ({"note": "a < b > c"}, {"note": "a < b > c"}),
        ({"category_1": "Sales>New"}, {"category1": "Sales>New"}),
        ({"summary": "a\0b"}, {"summary": "ab"}),
        (
            {"customfields": [{"id": 7, "value": "x"}]},
            {"customfields": [{"id": 9, "value": "y"}, {"id": "7", "value": "x", "name": "CFa"}]},
        ),
        ({"customfields": [{"name": "CFa", "value": 2}]}, {"customfields": [{"id": 7, "name": "CFa", "value": "2"}]}),
        ({"customfields": [{"name": "CFa", "value": "Gold"}]}, {"customfields": [{"name": "CFa", "value": 3, "display": "Gold"}]}),
        ({"customfields": [{"name": "CFa", "value": [2, 1]}]}, {"customfields": [{"name": "CFa", "value": "1,2"}]}),
        ({"agents": [{"id": 3}]}, {"agents": [{"id": 4, "name": "b"}, {"id": 3, "name": "a"}]}),
        ({"_force": True, "new_status": 3, "dont_do_rules": True}, {}),
        ({}, {"summary": "not ours"}),
    ],
)
def test_what_took_is_known_in_every_form(sent: dict[str, Any], read: dict[str, Any]) -> None:
    assert not_taken(sent, read) == ()


@pytest.mark.parametrize(
    ("sent", "read", "lost"),
    [
        ({"milestone_id": 12}, {}, ("milestone_id",)),
        ({"milestone_id": 12}, {"milestone_id": 0}, ("milestone_id",)),
        ({"oppvalue": 1250.5}, {"oppvalue": 1250}, ("oppvalue",)),
        ({"dateclosed": "2026-11-02T02:00:00"}, {"dateclosed": "2026-11-02T03:00:00"}, ("dateclosed",)),
        ({"startdate": "2026-11-02T12:00:00"}, {"startdate": "2026-11-01T23:00:00"}, ("startdate",)),
        ({"dateclosed": None}, {"dateclosed": "2026-11-02T03:00:00"}, ("dateclosed",)),
        ({"summary": "a"}, {"summary": "b"}, ("summary",)),
        ({"note": "Kickoff held"}, {"note": "<p>Kickoff</p>"}, ("note",)),
        ({"onhold": True}, {"onhold": False}, ("onhold",)),
        ({"onhold": True}, {}, ("onhold",)),
        ({"customfields": [{"name": "CFa", "value": 2}]}, {}, ("customfields.CFa",)),
        ({"customfields": [{"id": 7, "value": 2}]}, {"customfields": [{"id": 7, "value": 3}, {"id": 8, "value": 2}]}, ("customfields.7",)),
        (
            {"customfields": [{"name": "CFa", "value": [1, 2]}]},
            {"customfields": [{"name": "CFa", "value": "1,2,3"}]},
            ("customfields.CFa",),
        ),
        ({"agents": [{"id": 3}]}, {"agents": [{"id": 4}]}, ("agents",)),
        ({"status_id": 3, "summary": "a"}, {"status_id": 1, "summary": "b"}, ("status_id", "summary")),
    ],
)
def test_what_did_not_take_is_named(sent: dict[str, Any], read: dict[str, Any], lost: tuple[str, ...]) -> None:
    assert not_taken(sent, read) == lost


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=30)))
def test_every_plain_value_is_the_same_as_itself(value: Any) -> None:
    assert same(value, value, "field")


@pytest.mark.timeout(10)
def test_a_megabyte_of_opened_tags_is_compared_at_once() -> None:
    assert not same("<" * 1_000_000, "<" * 999_999, "note")


@settings(max_examples=60, deadline=None)
@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.integers(-12, 14))
def test_a_moment_is_the_same_in_every_zone(moment: datetime, hours: int) -> None:
    from datetime import timedelta, timezone

    sent = moment.replace(microsecond=0)
    there = sent.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=hours)))
    assert same(sent.isoformat(), there.isoformat(), "dateclosed")
    assert not same(sent.isoformat(), (there + timedelta(seconds=1)).isoformat(), "dateclosed")

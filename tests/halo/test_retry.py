"""Waits: `Retry-After` in both forms, and full jitter within its bounds."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff_pipeline.halo.retry import CAP_SECONDS, backoff_seconds, http_date, retry_after_seconds
from tests.halo.fake import NOW


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "17"}, 17.0),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "1.5"}, 1.5),
        # Proxies add values of their own: the longest counts.
        ({"retry-after": "5, 120"}, 120.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": str(10**12)}, 1e12),
        ({"retry-after": "9" * 400}, float("inf")),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - NOW).total_seconds()),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=90))}, 90.0),
        ({"retry-after": format_datetime(NOW - timedelta(seconds=90))}, 0.0),
        # The date counts from the server's own clock, which may differ from ours by an hour.
        ({"retry-after": format_datetime(NOW + timedelta(hours=1, seconds=30)), "date": format_datetime(NOW + timedelta(hours=1))}, 30.0),
    ],
)
def test_retry_after_is_read_in_seconds_and_as_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers, NOW) == seconds


@given(tries=st.integers(1, 40), floor=st.sampled_from([0.0, 5.0]), seed=st.integers())
def test_jitter_stays_between_its_floor_and_its_cap(tries: int, floor: float, seed: int) -> None:
    wait = backoff_seconds(tries, random.Random(seed), floor=floor)  # noqa: S311
    assert floor <= wait <= min(CAP_SECONDS, max(floor, 1.0) * 2.0**tries)


@given(st.text(max_size=40))
def test_no_text_breaks_the_date_reader(text: str) -> None:
    moment = http_date(text)
    assert moment is None or moment.tzinfo is not None

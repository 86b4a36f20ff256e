"""What a pull keeps of a list while it reads it: keys in little room, and no page."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_pipeline.halo.keyset import KeySet, compact
from tests.halo.fake import FakeHalo, answer, pull_from

_IDS = st.integers(-3000, 3000) | st.integers(2**31 - 2, 2**31 + 2) | st.text("ab", max_size=2)
_KEYS = st.lists(st.tuples(_IDS) | st.tuples(_IDS, _IDS), max_size=40)


@settings(max_examples=80, deadline=None)
@given(_KEYS, _KEYS)
def test_a_key_set_holds_what_a_set_would_hold(first: list[tuple[int | str, ...]], second: list[tuple[int | str, ...]]) -> None:
    for length in (1, 2):
        plain: set[object] = set()
        little = KeySet()
        for keys in ([key for key in first if len(key) == length], [key for key in second if len(key) == length]):
            fresh = {compact(key) for key in keys}
            assert little.update(fresh) == len(fresh - plain)
            plain |= fresh
        assert (len(little), set(little)) == (len(plain), plain)
        assert all(key in little for key in plain)
        assert {compact(key) for key in first + second if len(key) == length} == plain


def _traced(pages: int, tmp_path: Path) -> tuple[int, int]:
    """Peak of a pull with so many pages of ten fat rows, and of the same keys in a key set; bytes."""
    text = "x" * 20_000

    def page(request: httpx.Request) -> httpx.Response:
        start = (int(request.url.params["page_no"]) - 1) * 10
        return answer({"record_count": pages * 10, "tickets": [{"id": start + place, "details": text} for place in range(1, 11)]})

    tracemalloc.start()
    try:
        report = pull_from(FakeHalo(handlers={"/api/Projects": page}), tmp_path, requests_per_window=10_000, concurrency=2)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        keys = KeySet()
        keys.update(range(1, pages * 1000))
        held = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert report.entities["project"].rows_seen == pages * 10
    return peak, held


@pytest.fixture
def _collected_as_usual() -> Iterator[None]:
    """How often the collector comes in a process of the product; the tests' own lets it come later."""
    late = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*late)


@pytest.mark.usefixtures("_collected_as_usual")
def test_a_list_of_a_hundred_pages_takes_the_memory_of_one_of_thirty(tmp_path: Path) -> None:
    (few, _), (many, held) = _traced(30, tmp_path), _traced(100, tmp_path)
    # Seventy pages more are 14 MB of text; how late the collector comes makes a few MB of difference.
    assert many - few < 9_000_000
    # A Python set of as many numbers takes 7 MB.
    assert held < 100_000

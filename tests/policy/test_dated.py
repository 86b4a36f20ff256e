"""Which policy is in force on which night: the one that it ran on, or the newest that has begun by its own date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from handoff_pipeline.policy import parse_policy
from handoff_pipeline.policy.dated import History, RanOn, history
from handoff_pipeline.policy.dated_frames import dated_frames

EXAMPLE = (Path(__file__).resolve().parents[2] / "handoff.yaml").read_text("utf-8")
FIRST = datetime(2026, 9, 1, 23, 30, tzinfo=UTC)  # half past midnight of 2 September in London


@cache
def text_of(version: str, since: date | None = None, cut: tuple[str, str] = ("", "")) -> str:
    """The example under another version, in force from a day where one is given."""
    text = EXAMPLE.replace('version: "2026-09"', f'version: "{version}"').replace(*cut)
    return text if since is None else f"{text}\nin_force_from: {since}\n"


@cache
def _hash(text: str) -> str:
    return parse_policy(text).hash


def told(*texts: str | None, unreadable: tuple[str, ...] = ()) -> History:
    """The history of nights that ran on these texts, one a night, batches 1 and up; None is a night of which nothing is kept."""
    documents = {_hash(text): (f"broken: [{text[:9]}" if text in unreadable else text) for text in texts if text}
    nights = [RanOn(number, FIRST + timedelta(days=number - 1), _hash(text) if text else "gone") for number, text in enumerate(texts, 1)]
    last = texts[-1]
    assert last is not None
    return history(nights, documents, parse_policy(last), last)


def shown(known: History) -> list[tuple[str, int, int | None]]:
    """Version, first batch and the batch after the last, of each stretch."""
    return [(stretch.dated.version, stretch.from_batch, stretch.to_batch) for stretch in known.stretches]


A, B, C = text_of("a"), text_of("b"), text_of("c")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([A], [("a", 1, None)]),
        ([A, A, A], [("a", 1, None)]),
        ([A, A, B], [("a", 1, 3), ("b", 3, None)]),
        ([A, B, A], [("a", 1, 2), ("b", 2, 3), ("a", 3, None)]),
        ([None, None, A, B], [("a", 1, 4), ("b", 4, None)]),
        ([A, None, None, B], [("a", 1, 4), ("b", 4, None)]),
        ([None, B], [("b", 1, None)]),
    ],
)
def test_a_night_is_judged_by_the_policy_that_it_ran_on(texts: list[str | None], expected: list[tuple[str, int, int | None]]) -> None:
    assert shown(told(*texts)) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        # A day to come: what was in force stays so until then, by the local day.
        (
            [A, text_of("b", date(2026, 9, 5)), text_of("b", date(2026, 9, 5)), text_of("b", date(2026, 9, 5))],
            [("a", 1, 4), ("b", 4, None)],
        ),
        # A day that is over: its nights are judged anew.
        ([A, A, A, text_of("b", date(2026, 9, 3))], [("a", 1, 2), ("b", 2, None)]),
        ([A, B, text_of("c", date(2026, 9, 2))], [("c", 1, None)]),
        # Of two that have begun the newer one judges, whatever their days.
        ([A, text_of("b", date(2026, 9, 3)), text_of("c", date(2026, 9, 4))], [("a", 1, 2), ("b", 2, 3), ("c", 3, None)]),
        # A newer one with a day to come does not end an older one.
        ([A, B, text_of("c", date(2026, 9, 30))], [("a", 1, 2), ("b", 2, None)]),
        # The only one there is judges, begun or not.
        ([text_of("a", date(2027, 1, 1))], [("a", 1, None)]),
    ],
)
def test_a_document_may_name_its_first_day(texts: list[str], expected: list[tuple[str, int, int | None]]) -> None:
    assert shown(told(*texts)) == expected


def test_a_document_that_cannot_be_read_is_replaced_by_the_next_newer_one_and_says_so() -> None:
    known = told(A, B, C, unreadable=(A,))
    assert shown(known) == [("b", 1, 2), ("b", 2, 3), ("c", 3, None)]
    (first, *others) = known.documents
    assert first.note is not None
    assert "version b judges in its place" in first.note
    assert (first.policy_hash, [each.note for each in others]) == (_hash(A), [None, None])


def test_the_newest_policy_always_counts_even_where_the_ledger_lost_everything() -> None:
    known = history([RanOn(4, FIRST, None), RanOn(9, FIRST + timedelta(days=1), None)], {}, parse_policy(B), B)
    assert shown(known) == [("b", 4, None)]


def test_before_any_night_there_is_one_policy() -> None:
    assert shown(history([], {}, parse_policy(A), A)) == [("a", 0, None)]


def test_what_a_policy_no_longer_holds_stays_retired_as_it_was_last() -> None:
    renamed = ("- id: dependencies\n      title: Dependencies", "- id: prerequisites\n      title: Prerequisites")
    known = told(text_of("a", cut=("weight: 10", "weight: 12")), text_of("b", cut=renamed))
    items = {row["item"]: row for row in dated_frames(known)["checklist_item"].to_dicts()}
    assert [item for item, row in items.items() if row["is_retired"]] == ["dependencies"]
    assert (items["dependencies"]["weight"], items["dependencies"]["policy_version"]) == (12.0, "a")
    assert (items["prerequisites"]["position"], items["prerequisites"]["policy_version"]) == (3, "b")


def test_an_item_of_a_policy_that_is_not_yet_in_force_has_no_row() -> None:
    renamed = ("- id: dependencies\n      title: Dependencies", "- id: prerequisites\n      title: Prerequisites")
    known = told(A, text_of("b", date(2026, 12, 1), renamed))
    items = dated_frames(known)["checklist_item"]
    assert ("prerequisites" in items["item"].to_list(), items["is_retired"].any()) == (False, False)


def test_tables_keep_their_columns_when_the_policy_names_nothing() -> None:
    policy = parse_policy(A)
    floors = policy.margin_floors.model_copy(update={"by_deal_type": {}})
    bare = policy.model_copy(update={"risks": [], "controls": [], "margin_floors": floors})
    full, empty = (dated_frames(history([], {}, one, A)) for one in (policy, bare))
    assert {name: frame.schema for name, frame in empty.items()} == {name: frame.schema for name, frame in full.items()}
    assert empty["risk"].is_empty()

"""Milestones: the whole array goes back, nobody's row is lost, and a change in between stops the write."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_pipeline.halo.errors import WriteConflict, WriteIgnored, WriteRefused
from handoff_pipeline.halo.milestones import merged
from handoff_pipeline.halo.written import Written
from tests.halo.fake import answer
from tests.halo.keeping import KeepingHalo, writer_to

ROWS: list[dict[str, Any]] = [
    {"id": 1, "name": "Kickoff", "sequence": 1, "target_date": "2026-11-09T12:00:00", "tickets": [{"id": 5, "ticket_id": 71}]},
    {"id": 2, "name": "Go live", "sequence": 2, "milestone_value": 500.0, "dependencies": [{"id": 9, "child": 2, "parent": 1}]},
]


def _project(*rows: dict[str, Any], **options: Any) -> KeepingHalo:
    halo = KeepingHalo(**options)
    halo.keep("/api/Tickets", id=70, summary="Onboarding", milestones=[dict(row) for row in rows])
    return halo


def _write(halo: KeepingHalo, tmp_path: Path, changes: list[dict[str, Any]], seen: list[dict[str, Any]] | None = None) -> Written:
    async def play() -> Written:
        async with writer_to(halo, tmp_path) as writer:
            return await writer.write_milestones(70, changes, seen)

    return asyncio.run(play())


def _now(halo: KeepingHalo) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in halo.records["/api/Tickets", 70]["milestones"]}


def test_a_change_to_one_row_posts_every_row_with_everything_that_was_read(tmp_path: Path) -> None:
    halo = _project(*ROWS)
    _write(halo, tmp_path, [{"id": 1, "target_date": "2026-11-16T12:00:00"}])
    assert halo.bodies() == [
        [
            {
                "id": 70,
                "milestones": [
                    {"id": 1, "name": "Kickoff", "sequence": 1, "target_date": "2026-11-16T12:00:00", "tickets_list": [{"id": 71}]},
                    {"id": 2, "name": "Go live", "sequence": 2, "milestone_value": 500.0, "milestone_dependencies": [{"id": 1}]},
                ],
            }
        ]
    ]


def test_a_new_row_stands_beside_the_old_ones(tmp_path: Path) -> None:
    halo = _project(*ROWS)
    written = _write(halo, tmp_path, [{"name": "Handover"}])
    assert [row["name"] for row in _now(halo).values()] == ["Kickoff", "Go live", "Handover"]
    assert (written.key, written.is_verified) == ((70,), True)


def test_a_project_without_milestones_gets_its_first(tmp_path: Path) -> None:
    halo = _project()
    del halo.records["/api/Tickets", 70]["milestones"]
    _write(halo, tmp_path, [{"name": "Kickoff"}])
    assert [row["name"] for row in _now(halo).values()] == ["Kickoff"]


def test_an_array_that_changed_since_the_decision_is_not_written(tmp_path: Path) -> None:
    halo = _project(*ROWS)
    with pytest.raises(WriteConflict, match="since the change was decided; nothing was written"):
        _write(halo, tmp_path, [{"name": "Handover"}], seen=ROWS[:1])
    assert halo.posts() == []


def test_an_array_that_changes_between_reading_and_writing_is_not_written(tmp_path: Path) -> None:
    halo, read = _project(*ROWS), []

    def ticket(request: httpx.Request) -> httpx.Response:
        read.append(request)
        rows = halo.records["/api/Tickets", 70]["milestones"]
        if len(read) == 2:
            rows.append({"id": 3, "name": "somebody else's"})
        return answer(halo.records["/api/Tickets", 70])

    halo.handlers["/api/Tickets/70"] = ticket
    with pytest.raises(WriteConflict, match="between reading and writing; nothing was written"):
        _write(halo, tmp_path, [{"name": "Handover"}])
    assert halo.posts() == []
    assert set(_now(halo)) == {1, 2, 3}


def test_two_changes_at_once_follow_each_other_and_both_are_kept(tmp_path: Path) -> None:
    halo = _project(*ROWS)

    async def play() -> None:
        async with writer_to(halo, tmp_path) as writer:
            await asyncio.gather(*(writer.write_milestones(70, [{"name": name}]) for name in ("Handover", "Review", "Close")))

    asyncio.run(play())
    assert [row["name"] for row in _now(halo).values()] == ["Kickoff", "Go live", "Handover", "Review", "Close"]


def test_a_row_that_was_lost_in_the_write_is_named(tmp_path: Path) -> None:
    halo = _project(*ROWS)

    def lose(request: httpx.Request) -> httpx.Response:
        reply = halo.write(request)
        halo.records["/api/Tickets", 70]["milestones"].pop(1)
        return reply

    halo.handlers["/api/Projects"] = lose
    with pytest.raises(WriteConflict, match="lost the rows 2"):
        _write(halo, tmp_path, [{"id": 1, "sequence": 3}])


def test_a_field_that_did_not_take_is_named_with_its_row(tmp_path: Path) -> None:
    halo = _project(*ROWS)

    def ignore(request: httpx.Request) -> httpx.Response:
        reply = halo.write(request)
        halo.records["/api/Tickets", 70]["milestones"][1]["milestone_value"] = 500.0
        return reply

    halo.handlers["/api/Projects"] = ignore
    with pytest.raises(WriteIgnored, match=r"2\.milestone_value"):
        _write(halo, tmp_path, [{"id": 2, "milestone_value": 900}])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([{"id": 9, "name": "x"}], "not among the project's"),
        ([{"sequence": 1}], "has no name"),
        ([{"id": 1, "tickets": []}], "read-only"),
    ],
)
def test_what_cannot_be_right_is_refused(tmp_path: Path, changes: list[dict[str, Any]], words: str) -> None:
    halo = _project(*ROWS)
    with pytest.raises(WriteRefused, match=words):
        _write(halo, tmp_path, changes)
    assert halo.posts() == []


def test_rows_that_cannot_be_told_apart_are_not_merged() -> None:
    with pytest.raises(WriteRefused, match="without an id of their own"):
        merged([{"id": 1, "name": "a"}, {"id": 1, "name": "b"}], [{"name": "c"}])


@settings(max_examples=40, deadline=None)
@given(
    ids=st.sets(st.integers(1, 20), max_size=6),
    changed=st.sets(st.integers(1, 20), max_size=4),
    new=st.integers(0, 3),
)
def test_a_merge_keeps_every_row_and_every_field(ids: set[int], changed: set[int], new: int) -> None:
    rows = [{"id": number, "name": f"m{number}", "sequence": number, "milestone_value": number * 1.5} for number in sorted(ids)]
    changes: list[dict[str, Any]] = [{"id": number, "sequence": 99} for number in sorted(ids & changed)]
    whole = merged(rows, [*changes, *({"name": f"new {number}"} for number in range(new))])
    assert len(whole) == len(rows) + new
    for row, kept in zip(rows, whole, strict=False):
        assert kept == row | ({"sequence": 99} if row["id"] in changed else {})

"""What a night saw counts from the first night on that saw everything: half a night's evidence would be judged as if it were whole."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

STATES = {
    "whole nights stand for themselves": (["complete", "complete"], [1, 2]),
    "an incomplete night waits for the next whole one": (["complete", "incomplete", "quarantined", "complete"], [1, 4, 4, 4]),
    "the newest stand for themselves until then": (["complete", "incomplete", "incomplete"], [1, 2, 3]),
    "what was never permitted is not waited for": (["not_permitted", "not_permitted", "complete"], [1, 2, 3]),
    "what is permitted no longer is": (["complete", "not_permitted", "complete"], [1, 3, 3]),
}


@pytest.mark.parametrize(("states", "counts_for"), STATES.values(), ids=STATES.keys())
def test_a_batch_counts_for_the_first_whole_night(checkout: Path, states: list[str], counts_for: list[int]) -> None:
    with duckdb.connect() as conn:
        conn.execute("create schema raw")
        conn.execute("create table raw.batch (batch_no bigint, as_of_utc timestamp)")
        conn.execute("create table raw.load_batch (batch_no bigint, entity varchar, state varchar)")
        for number, state in enumerate(states, start=1):
            conn.execute("insert into raw.batch values (?, timestamp '2026-01-01' + to_days(?))", [number, number])
            conn.execute("insert into raw.load_batch values (?, 'quotation', ?), (?, 'client', 'complete')", [number, state, number])
        rows = conn.execute((checkout / "sql" / "staging" / "night.sql").read_text("utf-8")).fetchall()
    assert sorted((batch, whole, moment.day - 1) for batch, whole, moment in rows) == [
        (batch, whole, whole) for batch, whole in enumerate(counts_for, start=1)
    ]

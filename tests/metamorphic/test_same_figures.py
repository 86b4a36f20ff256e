"""Another order, other ids, another year: the keys or the days move with it, and no figure does."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from handoff_pipeline.ledger import Baseline
from handoff_pipeline.tables import TABLES, UNKNOWN_DAY
from tests.metamorphic.building import FROZEN, Tables, build
from tests.metamorphic.comparing import ROWS, differences, key_of, paired, renamed
from tests.metamorphic.retelling import UNASSIGNED, Nights, later, renumbered, shuffled

BY = 100_000
YEAR = timedelta(weeks=52)
OWN_KEYS = {
    "fact_gap": ("handoff_key", "item_key", "detected_at_utc"),
    "fact_bypass": ("kind", "handoff_key", "project_key", "happened_at_utc"),
}
"""Facts whose key is made of more than an id: what tells one row of them from another."""


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.campaign), pytest.param(3, marks=pytest.mark.campaign)])
def test_the_order_in_which_rows_and_what_is_in_them_are_told_moves_nothing(nights: Nights, policy_text: str, base: Tables, seed: int):
    assert differences(base, build(shuffled(nights, seed), policy_text, FROZEN)) == {}


def test_other_ids_are_other_keys_and_the_same_figures(nights: Nights, policy_text: str, base: Tables):
    after = build(renumbered(nights, BY), policy_text, FROZEN)
    before = renamed(base, _new_keys(nights))
    for table, natural in OWN_KEYS.items():
        before = renamed(before, paired(before, after, table, natural))

    assert differences(_renumbered_reasons(before), after) == {
        "dim_handoff": {"handoff_id", "source_url"},
        "dim_project": {"project_id", "source_url"},
        "dim_client": {"halo_client_id"},
        "dim_agent": {"halo_agent_id"},
        "fact_handoff_check": {"evidence_url"},
        "fact_gap": {"source_url"},
        "fact_change_request": {"change_id", "source_url"},
        "fact_bypass": {"source_url"},
        "fact_approval": {"source_url"},
        "kpi_member": {"source_url"},
    }


def test_a_world_a_year_later_has_the_same_figures_a_year_later(nights: Nights, policy_text: str):
    """52 weeks, so that days of the week agree; without holidays and in a zone without summer time."""
    plain = re.sub(r"holidays: \[.*\]", "holidays: []", policy_text).replace("Europe/London", "UTC")
    before = _a_year_later(build(nights, plain, FROZEN))
    frozen = tuple(map(_baseline_later, FROZEN))
    after = build(later(nights, YEAR.days), _days_of_policy_later(plain), frozen)
    for table, natural in OWN_KEYS.items():
        before = renamed(before, paired(before, after, table, natural))

    # The evidence of a day is the day; and a year's calendar is other than the next one's.
    different = differences(before, after)
    assert set(different.pop("dim_date")) >= {ROWS, "year"}
    assert different == {"fact_handoff_check": {"evidence_hash"}}


def _new_keys(nights: Nights) -> dict[int, int]:
    """The key of each record before and after its ids grew."""
    last = nights[-1].rows
    told = {"handoff": "opportunity", "project": "project", "change": "change_request", "client": "client", "agent": "agent"}
    ids = {entity: [row["id"] for row in last[entity_told] if row["id"] > UNASSIGNED] for entity, entity_told in told.items()}
    keys = {key_of(entity, number): key_of(entity, number + BY) for entity, numbers in ids.items() for number in numbers}
    keys |= {
        key_of("approval", f"{row['ticket_id']}:{row['seq']}"): key_of("approval", f"{row['ticket_id'] + BY}:{row['seq']}")
        for row in last["approval"]
    }
    # An action is numbered within its ticket, from 2 on: that number is an id as well.
    hours = [(row["ticket_id"], row["id"]) for row in last["action"]]
    return keys | {key_of("time", f"{ticket}:{number}"): key_of("time", f"{ticket + BY}:{number + BY}") for ticket, number in hours}


def _renumbered_reasons(tables: Tables) -> Tables:
    """A copied text is told with the number of the handoff that had it first."""

    def told(reason: str) -> str:
        return re.sub(r"(?<=earlier handoff )\d+", lambda found: str(int(found[0]) + BY), reason)

    checks = tables["fact_handoff_check"]
    return {**tables, "fact_handoff_check": checks.with_columns(pl.col("reason").map_elements(told, return_dtype=pl.String))}


def _baseline_later(row: Baseline) -> Baseline:
    return replace(row, frozen_at=row.frozen_at + YEAR, window_start=row.window_start + YEAR, window_end=row.window_end + YEAR)


def _a_year_later(tables: Tables) -> Tables:
    def told(frame: pl.DataFrame) -> pl.DataFrame:
        days = {name: kind for name, kind in frame.schema.items() if kind.is_temporal() or name.endswith("date_key")}
        return frame.with_columns(_later(name, kind) for name, kind in days.items())

    return {name: told(frame) for name, frame in tables.items()}


def _later(name: str, kind: pl.DataType) -> pl.Expr:
    value = pl.col(name)
    if kind.is_temporal():
        # Row 0 of a dimension stays on the day that means none.
        return pl.when(value.dt.year() > UNKNOWN_DAY.year).then(value + YEAR).otherwise(value).alias(name)
    day = value.cast(pl.String).str.to_date("%Y%m%d", strict=False) + YEAR
    return pl.when(value > 0).then(day.dt.strftime("%Y%m%d").cast(pl.Int64)).otherwise(value).alias(name)


def _days_of_policy_later(text: str) -> str:
    """Every day that the policy names, comments aside."""

    def told(found: re.Match[str]) -> str:
        return (date.fromisoformat(found[0]) + YEAR).isoformat()

    return re.sub(r"\b20\d{2}-\d{2}-\d{2}\b", told, text)


def test_every_published_table_with_rows_is_compared(base: Tables):
    """What these tests stand on: they say nothing of a table that is empty."""
    filled = {name for name, frame in base.items() if frame.height}
    unfilled: set[Any] = set(TABLES) - filled
    assert unfilled == {
        "fact_control_test", "fact_decision", "fact_delivery", "fact_feedback", "fact_incident", "fact_override", "fact_review",
        "kpi_restatement", "meta_run", "meta_source_completeness",
    }  # fmt: skip

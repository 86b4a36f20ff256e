"""A policy that changes: the won stage keeps its judgement, the latest is judged anew, and gaps follow."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sql.tenant import FIRST_NIGHT, Tenant, later, opened

CHECK, GAP, HANDOFF, ITEM = "marts.fact_handoff_check", "marts.fact_gap", "marts.fact_handoff", "marts.dim_checklist_item"
VERSION = 'version: "2026-09"'
RENAMED = ("- id: dependencies\n      title: Dependencies", "- id: prerequisites\n      title: Prerequisites")


@pytest.fixture
def example(checkout: Path) -> str:
    """The example policy's text."""
    return (checkout / "handoff.yaml").read_text("utf-8")


@pytest.fixture
def sold(checkout: Path) -> Tenant:
    """A live deal won on the first night, with its quotation, four words of dependencies and nothing else."""
    tenant = opened(checkout)
    tenant.night(FIRST_NIGHT)
    tenant.deal(customfields=[{"name": "CFDependencies", "value": "the supplier delivers switches"}])
    tenant.sale()
    return tenant


def second(text: str, *changes: tuple[str, str]) -> str:
    """The example with changes, under another version."""
    for old, new in (*changes, (VERSION, 'version: "second"')):
        assert old in text
        text = text.replace(old, new)
    return text


def stages(tenant: Tenant, item: str) -> dict[str, dict[str, Any]]:
    """The item's checks by stage."""
    key = tenant.key("item", item)
    return {row["stage"]: row for row in tenant.built(CHECK).rows(CHECK, f"item_key = {key}")}


def gaps(tenant: Tenant, item: str) -> list[tuple[str, datetime, datetime | None]]:
    """State, detection and end of the item's gaps, by detection."""
    rows = tenant.built(GAP).rows(GAP, f"item_key = {tenant.key('item', item)}")
    return sorted((row["state"], row["detected_at_utc"], row["resolved_at_utc"]) for row in rows)


def moment(days: float) -> datetime:
    """The as-of of a night, as tables have it."""
    return later(days).replace(tzinfo=None)


def test_the_won_stage_keeps_its_policy_and_the_latest_is_judged_anew(sold: Tenant, example: str) -> None:
    sold.under(
        second(example, ("field: dependencies, minimum_words: 3", "field: dependencies, minimum_words: 9"), ("weight: 10", "weight: 50"))
    )
    sold.night(later(1))
    found = stages(sold, "dependencies")
    assert [(found[stage][name]) for stage in ("won", "latest") for name in ("result", "weight", "policy_version")] == [
        *("met", 10.0, "2026-09"),
        *("partial", 50.0, "second"),
    ]
    assert (found["won"]["checked_at_utc"], found["latest"]["checked_at_utc"]) == (moment(0), moment(1))


def test_a_stricter_policy_opens_the_gap_and_a_milder_one_closes_it(sold: Tenant, example: str) -> None:
    sold.under(second(example, ("field: dependencies, minimum_words: 3", "field: dependencies, minimum_words: 9")))
    sold.night(later(1))
    assert gaps(sold, "dependencies") == [("open", moment(1), None)]
    sold.under(example)
    sold.night(later(2))
    assert gaps(sold, "dependencies") == [("resolved", moment(1), moment(2))]


def test_the_same_words_under_another_hash_move_nothing(sold: Tenant, example: str) -> None:
    before = stages(sold, "dependencies")["latest"]
    sold.under(second(example))
    sold.night(later(1))
    assert stages(sold, "dependencies")["latest"] == before | {"policy_version": "second"}


def test_an_item_that_leaves_the_policy_ends_its_gap_moot_and_retires(sold: Tenant, example: str) -> None:
    sold.deal()
    assert gaps(sold, "dependencies") == [("open", moment(0), None)]
    sold.under(second(example, RENAMED))
    sold.night(later(1))
    items = {row["item"]: row for row in sold.built(ITEM).rows(ITEM)}
    assert gaps(sold, "dependencies") == [("moot", moment(0), moment(1))]
    assert gaps(sold, "prerequisites") == [("open", moment(1), None)]
    assert [(items[item]["is_retired"], items[item]["policy_version"]) for item in ("dependencies", "prerequisites")] == [
        (True, "2026-09"),
        (False, "second"),
    ]


def test_an_item_that_comes_back_opens_a_gap_of_its_own(sold: Tenant, example: str) -> None:
    sold.deal()
    sold.under(second(example, RENAMED))
    sold.night(later(1))
    sold.under(example)
    sold.night(later(2))
    assert gaps(sold, "dependencies") == [("moot", moment(0), moment(1)), ("open", moment(2), None)]


def test_a_policy_dated_back_judges_its_nights_anew_and_one_to_come_waits(sold: Tenant, example: str) -> None:
    strict = second(example, ("field: dependencies, minimum_words: 3", "field: dependencies, minimum_words: 9"))
    sold.under(f"{strict}\nin_force_from: 2026-07-20\n")
    sold.night(later(1))
    assert gaps(sold, "dependencies") == []
    sold.under(f"{strict}\nin_force_from: 2026-07-07\n")
    sold.night(later(2))
    assert gaps(sold, "dependencies") == [("open", moment(0), None)]
    assert stages(sold, "dependencies")["won"]["policy_version"] == "second"


def test_the_floor_and_the_score_at_the_win_are_those_of_the_policy_then(sold: Tenant, example: str) -> None:
    before = sold.built(HANDOFF).row(HANDOFF)
    sold.under(second(example, ("default_pct: 30", "default_pct: 60"), ("hard_cap: 60", "hard_cap: 5")))
    sold.night(later(1))
    after = sold.built(HANDOFF).row(HANDOFF)
    assert [after[name] for name in ("policy_version", "margin_floor_pct", "below_margin_floor", "score_at_won")] == [
        before[name] for name in ("policy_version", "margin_floor_pct", "below_margin_floor", "score_at_won")
    ]
    assert (after["score_at_won"] > 5, after["score_latest"]) == (True, 5.0)
    assert stages(sold, "margin_floor")["latest"]["result"] == "missing"


def test_an_item_that_becomes_hard_is_a_hard_gap_now_and_was_none_when_it_opened(sold: Tenant, example: str) -> None:
    sold.deal()
    assert sold.built(HANDOFF).row(HANDOFF)["hard_gaps"] == 1
    soft = "weight: 10\n      hard: false"
    sold.under(second(example, (soft, soft.replace("false", "true"))))
    sold.night(later(1))
    assert sold.built(HANDOFF, GAP).row(HANDOFF)["hard_gaps"] == 2
    assert sold.row(GAP, f"item_key = {sold.key('item', 'dependencies')}")["is_hard"] is False

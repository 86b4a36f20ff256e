"""The policy's tables say what the policy says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from handoff_pipeline.policy import Policy, load_policy
from handoff_pipeline.policy.frames import policy_frames
from handoff_pipeline.tables import METRICS


@pytest.fixture(scope="module")
def policy(checkout: Path) -> Policy:
    """The example policy."""
    return load_policy(checkout / "handoff.yaml")


@pytest.fixture(scope="module")
def frames(policy: Policy) -> dict[str, pl.DataFrame]:
    """Its tables."""
    return policy_frames(policy, tenant="acme", links_base="https://acme.example")


def test_setting_has_one_row_with_the_tenant_and_its_zone(frames: dict[str, pl.DataFrame]) -> None:
    (row,) = frames["setting"].to_dicts()
    assert (row["tenant"], row["time_zone"], row["go_live"]) == ("acme", "Europe/London", date(2026, 6, 1))


def test_names_are_folded_so_that_case_never_decides(frames: dict[str, pl.DataFrame]) -> None:
    won = frames["name_list"].filter(pl.col("meaning") == "won_status")["name"].to_list()
    assert won == ["closed won"]


def test_rates_keep_all_their_digits(frames: dict[str, pl.DataFrame]) -> None:
    rates = frames["exchange_rate"].filter(pl.col("currency") == "EUR").sort("valid_from")["rate"].to_list()
    assert rates == [Decimal("0.84"), Decimal("0.855")]


def test_every_metric_of_the_contract_has_an_owner(frames: dict[str, pl.DataFrame]) -> None:
    metrics = frames["metric"]
    assert set(metrics["metric"]) == {metric.metric for metric in METRICS}
    assert metrics["owner"].null_count() == 0


def test_the_calendar_covers_every_day_that_a_date_may_name(frames: dict[str, pl.DataFrame]) -> None:
    days = frames["calendar_day"]["day"]
    assert days.is_sorted()
    assert days.n_unique() == (date(2060, 12, 31) - date(1990, 1, 1)).days + 1


def test_tables_keep_their_columns_when_the_policy_names_nothing(policy: Policy) -> None:
    bare = policy.model_copy(
        update={
            "exchange_rates": {},
            "change_request": policy.change_request.model_copy(update={"origins": {}}),
        }
    )
    full, empty = policy_frames(policy, "a", "https://a"), policy_frames(bare, "a", "https://a")
    assert {name: frame.schema for name, frame in empty.items()} == {name: frame.schema for name, frame in full.items()}
    assert empty["exchange_rate"].is_empty()

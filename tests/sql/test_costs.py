"""What an hour costs: by HaloPSA's dated costs where they are read, else by the price that the nights saw."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.sql.tenant import FIRST_NIGHT, Tenant, at, later


@pytest.fixture
def worked(tenant: Tenant) -> Tenant:
    """One hour of the project manager (85 an hour on the first night) on each of three days."""
    tenant.night(FIRST_NIGHT)
    tenant.project()
    for key, day in enumerate((2, 12, 22), start=1):
        tenant.hours(2, 1, key=key, worked=at(7, day))
    tenant.night(later(10))
    tenant.put("agent", id=30, name="Dee Livery", team="Projects", costprice=90)
    return tenant


def costs(tenant: Tenant) -> list[Decimal | None]:
    rows = tenant.built("core.time_entry").rows("core.time_entry")
    return [row["cost"] for row in sorted(rows, key=lambda row: row["action_id"])]


def test_without_dated_costs_the_price_of_the_latest_night_up_to_the_day_counts(worked: Tenant) -> None:
    assert costs(worked) == [85, 85, 90]


def test_dated_costs_count_from_their_day_and_the_first_before_it(worked: Tenant) -> None:
    worked.put("agent_cost", agent_id=30, start_date=at(7, 10, 0), costprice=70)
    worked.put("agent_cost", agent_id=30, start_date="2026-07-21T23:00:00", costprice="75.5")

    assert costs(worked) == [70, 70, Decimal("75.5")]


def test_a_cost_without_a_day_holds_from_the_beginning(worked: Tenant) -> None:
    worked.put("agent_cost", agent_id=30, start_date="1900-01-01T00:00:00", costprice=60)
    worked.put("agent_cost", agent_id=30, start_date=at(7, 10, 0), costprice=70)

    assert costs(worked) == [60, 70, 70]


def test_a_cost_that_is_gone_counts_no_more(worked: Tenant) -> None:
    worked.put("agent_cost", agent_id=30, start_date=at(7, 10, 0), costprice=70)
    worked.night(later(11))
    worked.remove("agent_cost", f"30:{at(7, 10, 0)}")

    assert costs(worked) == [85, 85, 90]

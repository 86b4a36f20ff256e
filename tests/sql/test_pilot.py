"""dim_handoff.in_pilot: the policy's cohort."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.sql.tenant import FIRST_NIGHT, Tenant, at

HANDOFF = "marts.dim_handoff"
BACKUP = [{"name": "CFDealType", "value": "Backup"}]


def built(checkout: Path, pilot: dict) -> Tenant:
    """A live deal (1), one without seller, team or type (2), and a historic one (3), under a pilot."""
    data = yaml.safe_load((checkout / "handoff.yaml").read_text("utf-8"))
    data["rollout"] = {"pilot": pilot}
    tenant = Tenant.opened(yaml.safe_dump(data))
    tenant.night(FIRST_NIGHT)
    tenant.deal(team="Sales North", customfields=BACKUP)
    tenant.deal(2, agent_id=1)
    tenant.deal(3, team="Sales North", customfields=BACKUP, oppconverteddate=at(1, 6))
    return tenant.built(HANDOFF)


def cohort(tenant: Tenant) -> set[int]:
    return {row["handoff_id"] for row in tenant.rows(HANDOFF, "in_pilot")}


@pytest.mark.parametrize(
    ("pilot", "wanted"),
    [
        ({}, set()),
        ({"teams": [" sales NORTH"]}, {1}),
        ({"clients": ["acme"]}, {1, 2}),
        ({"clients": [11], "agents": ["Sam Seller"]}, {1}),
        ({"clients": [11, "Acme"], "agents": [10, "Sam Seller"]}, {1}),
        ({"agents": [30]}, set()),
        ({"clients": ["11"]}, set()),
        ({"agents": ["Sam"]}, set()),
        ({"deal_types": ["Backup"], "teams": ["Sales North"]}, {1}),
        ({"deal_types": ["Backup"], "teams": ["Sales South"]}, set()),
    ],
)
def test_the_cohort_is_every_live_handoff_that_fits_all_filled_lists(checkout, pilot, wanted):
    tenant = built(checkout, pilot)
    assert cohort(tenant) == wanted

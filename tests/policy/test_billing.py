"""The policy's section `billing`: what it refuses, and what it makes of itself for SQL."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.policy import Policy, parse_policy
from handoff_pipeline.policy.frames import policy_frames

SECTION = re.compile(r"(?m)^billing:\n(?: +.*\n)+")


def parsed(checkout: Path, *lines: str) -> Policy:
    """The example policy with these lines as its section `billing`; without any, it has none."""
    text = (checkout / "handoff.yaml").read_text(encoding="utf-8")
    section = "".join(f"  {line}\n" for line in lines)
    return parse_policy(SECTION.sub(lambda _: f"billing:\n{section}" if section else "", text, count=1))


def test_everything_is_a_fixed_price_by_default(checkout: Path) -> None:
    frames = policy_frames(parsed(checkout), "acme", "https://acme.halopsa.example")

    assert frames["name_list"].filter(frames["name_list"]["meaning"].str.starts_with("time_and_material")).is_empty()
    assert frames["setting"]["entry_invoice_field"].to_list() == [""]
    assert frames["charge_rate"].is_empty()


def test_charge_rates_keep_their_digits(checkout: Path) -> None:
    frames = policy_frames(parsed(checkout, 'charge_rates: {1: "95.10", 7: "140"}'), "acme", "https://acme.halopsa.example")

    assert frames["charge_rate"].rows() == [(1, Decimal("95.1000")), (7, Decimal("140.0000"))]


def test_the_field_of_the_billing_type_is_read_from_halopsa(checkout: Path) -> None:
    policy = parsed(checkout, "type_field: CFBillingType", "time_and_material: [T&M]")
    frames = policy_frames(policy, "acme", "https://acme.halopsa.example")

    assert ("project", "billing_type", "CFBillingType") in frames["custom_field"].rows()
    assert {"CFBillingType", "CFChangeHours"} <= policy.custom_field_names


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("time_and_material: [T&M]", "type_field and time_and_material belong together"),
        ("type_field: CFBillingType", "type_field and time_and_material belong together"),
        ('charge_rates: {1: "-5"}', "charge_rates"),
        ("entry_invoice_field: invoicenumber", "entry_invoice_field"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_key(checkout: Path, line: str, named: str) -> None:
    with pytest.raises(HandoffError, match=named):
        parsed(checkout, line)

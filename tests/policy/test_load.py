"""handoff.yaml is read strictly, and every refusal names the key, the value and the fix."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from handoff_pipeline.errors import PolicyError
from handoff_pipeline.policy import load_policy, parse_policy

NUMBER = {"kind": "number", "field": "dependencies"}


@pytest.fixture(scope="module")
def example(checkout: Path) -> str:
    """The example policy's text."""
    return (checkout / "handoff.yaml").read_text(encoding="utf-8")


def changed(example: str, path: str, value: Any) -> str:
    """The example with one value changed; `path` is dotted, list positions as numbers."""
    data = yaml.safe_load(example)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    here = data
    for part in parents:
        here = here[part]
    here[last] = value
    return yaml.safe_dump(data)


def test_the_example_policy_is_valid(example: str) -> None:
    policy = parse_policy(example)
    assert [item.id for item in policy.checklist.items] == [
        "signed_scope",
        "margin_floor",
        "delivery_assumptions",
        "dependencies",
        "acceptance_criteria",
        "signed_before_kickoff",
    ]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("tenant.time_zone", "Europe/Londn", ["tenant.time_zone", "Europe/Londn", "IANA"]),
        ("tenant.base_currency", "pounds", ["tenant.base_currency", "pounds"]),
        ("won.statuses", [], ["won.statuses"]),
        ("won.date_fields", ["dateoccurred"], ["won.date_fields.0", "dateoccurred"]),
        ("lost.statuses", ["closed won"], ["lost.statuses", "closed won", "won.statuses"]),
        ("checklist.hard_cap", 160, ["checklist.hard_cap", "160"]),
        ("checklist.items.0.weight", -1, ["checklist.items.0.weight", "-1"]),
        ("checklist.items.0.id", "margin_floor", ["margin_floor", "twice"]),
        ("checklist.items.0.rule.kind", "vibes", ["checklist.items.0.rule", "vibes"]),
        ("checklist.items.2.rule.field", "vibes", ["delivery_assumptions", "vibes", "fields.opportunity"]),
        ("checklist.items.0.control_ids", ["HC-99"], ["signed_scope", "HC-99"]),
        ("controls.0.risks", ["HR-99"], ["HC-01", "HR-99"]),
        ("fields.opportunity.scope", "CFScope", ["fields.opportunity", "scope", "signed_scope_link"]),
        ("fields.opportunity.won_day", "CFWon", ["fields.opportunity", "won_day", "needs no field"]),
        ("fields.opportunity.Scope2", "CFScope", ["fields.opportunity.Scope2"]),
        ("fields.project.scope", "CFScope", ["fields.project", "scope", "kickoff_recorded"]),
        ("checklist.items.3.cap", 20, ["dependencies", "cap is for hard items"]),
        ("checklist.items.0.cap", 101, ["checklist.items.0.cap", "101"]),
        ("checklist.items.3.rule", NUMBER, ["checklist.items.3.rule", "at_least"]),
        (
            "checklist.items.3.rule",
            {**NUMBER, "at_least": 3, "at_most": 2},
            ["at_least 3 is above at_most 2"],
        ),
        (
            "checklist.items.3.rule",
            {**NUMBER, "at_least": 3, "half_at_least": 3},
            ["half_at_least", "below"],
        ),
        ("checklist.items.3.rule", {"kind": "date_order", "earlier": "won_day", "later": "won_day"}, ["both won_day"]),
        ("checklist.items.3.rule", {"kind": "link", "field": "vibes"}, ["dependencies", "vibes", "fields.opportunity"]),
        ("checklist.items.3.rule", {"kind": "link", "field": "dependencies", "hosts": ["https://x"]}, ["hosts.0", "https://x"]),
        ("checklist.items.3.rule", {"kind": "any_of", "rules": [{"kind": "margin_floor"}]}, ["checklist.items.3.rule.rules"]),
        ("checklist.items.3.rule", {"kind": "attachment", "on": []}, ["checklist.items.3.rule.on"]),
        ("calendar.country", "Scotland", ["calendar", "Scotland", "GB"]),
        ("calendar.subdivision", "ENG", ["calendar", "ENG", "needs its country"]),
        ("margin_floors.by_deal_type", {"A": 1, " a": 2}, ["margin_floors.by_deal_type", "twice"]),
        ("signoff.results.accepted", 0, ["signoff.results", "three different numbers"]),
        ("signoff.delivery_teams", [], ["signoff", "nobody could sign off"]),
        ("calendar.working_hours", ["18:00", "09:00"], ["calendar", "09:00", "18:00"]),
        ("calendar.working_days", ["monday"], ["calendar.working_days.0", "monday"]),
        ("exchange_rates.EUR", {"2025-01-01": "0"}, ["exchange_rates.EUR", "greater than 0"]),
        ("margin_floors.default_pct", 300, ["margin_floors.default_pct", "300"]),
        ("kickoff.default_business_days", 0, ["kickoff.default_business_days", "0"]),
        ("chekclist", {}, ["chekclist"]),
    ],
)
def test_a_refusal_names_the_key_and_the_value(example: str, path: str, value: Any, words: list[str]) -> None:
    with pytest.raises(PolicyError) as refused:
        parse_policy(changed(example, path, value))
    assert [word for word in words if word not in refused.value.message] == []
    assert refused.value.fix


def test_a_key_given_twice_is_refused_with_its_line() -> None:
    with pytest.raises(PolicyError, match=r'line 2: the key "version" is there twice'):
        parse_policy('version: "1"\nversion: "2"\n')


@pytest.mark.parametrize("key", ["? [a, b]\n: 1", "? {a: b}\n: 1"])
def test_a_key_that_is_no_word_is_refused_with_its_line(key: str) -> None:
    with pytest.raises(PolicyError, match="line 2: a list or a mapping stands in place of a key"):
        parse_policy(f"version: '1'\n{key}\n")


@pytest.mark.parametrize("rate", ["0.000000001", "1e30", "12345678901.5"])
def test_a_rate_that_the_tables_cannot_hold_is_refused_and_never_rounded_to_nothing(example: str, rate: str) -> None:
    with pytest.raises(PolicyError, match="exchange_rates"):
        parse_policy(example.replace('"0.8400"', f'"{rate}"'))


def test_text_that_is_no_yaml_is_refused_with_its_line() -> None:
    with pytest.raises(PolicyError, match="line 2"):
        parse_policy("a: 1\n  b: [2\n")


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(PolicyError, match="holds no settings"):
        parse_policy("")


def test_a_missing_file_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"nowhere\.yaml cannot be read"):
        load_policy(tmp_path / "nowhere.yaml")


def test_yaml_cannot_build_objects() -> None:
    with pytest.raises(PolicyError):
        parse_policy("version: !!python/object/apply:os.getcwd []\n")


def test_the_hash_changes_with_the_content_and_not_with_comments(example: str) -> None:
    assert parse_policy(example).hash == parse_policy("# a comment\n" + example).hash
    assert parse_policy(example).hash != parse_policy(changed(example, "checklist.hard_cap", 61)).hash


def test_an_unquoted_time_is_read_as_a_time(example: str) -> None:
    opens, closes = parse_policy(example.replace('["09:00", "17:30"]', '["09:00", 17:30]')).calendar.working_hours
    assert (opens.hour, closes.hour, closes.minute) == (9, 17, 30)


def test_a_meaning_of_ones_own_needs_a_rule_and_an_overlays_rule_is_enough(example: str) -> None:
    mapped = example.replace("    deal_type: CFDealType\n", "    deal_type: CFDealType\n    risk_register: CFRisks\n")
    with pytest.raises(PolicyError, match="no rule reads risk_register"):
        parse_policy(mapped)
    rule = "      - {id: dependencies, rule: {kind: present, field: risk_register}}\n"
    read = parse_policy(mapped.replace("    items:\n      - id: accep", f"    items:\n{rule}      - id: accep"))
    assert read.fields.opportunity["risk_register"] == "CFRisks"


def test_an_item_that_goes_by_deal_type_needs_the_field(example: str) -> None:
    unmapped = example.replace("    deal_type: CFDealType\n", "")
    with pytest.raises(PolicyError, match=r'"signed_before_kickoff": it goes by deal_type, which fields\.opportunity does not map'):
        parse_policy(unmapped)


def test_a_countrys_holidays_are_added_to_those_listed(example: str) -> None:
    listed = parse_policy(example.replace("holidays: [2026-01-01", "holidays: [2027-02-02")).calendar
    both = parse_policy(example.replace("holidays: [2026-01-01", "country: GB\n  subdivision: ENG\n  holidays: [2027-02-02")).calendar
    easter, monday, own = date(2027, 3, 26), date(2027, 3, 29), date(2027, 2, 2)
    assert (easter in listed.closed_days, own in listed.closed_days) == (False, True)
    assert {easter, monday, own} <= both.closed_days


def test_the_part_of_a_country_decides(example: str) -> None:
    def closed(part: str) -> frozenset[date]:
        text = example.replace("  working_days:", f"  country: GB\n  subdivision: {part}\n  working_days:", 1)
        return parse_policy(text).calendar.closed_days

    assert date(2027, 11, 30) in closed("SCT") - closed("ENG")

"""What a rule may read of a handoff on a night: fields, documents, quotations, and whether anybody looked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.sql.tenant import FIRST_NIGHT, Tenant, at, later, opened

CHECK, HANDOFF = "marts.fact_handoff_check", "marts.fact_handoff"
ONE = "    - id: signed_scope\n"


def under(checkout: Path, rule: str, *, item: str = "", fields: str = "") -> Tenant:
    """A tenant whose first item, `it`, is judged by the rule."""
    extra = f"    - {{id: it, title: It, weight: 1, hard: false, fix: Do it., rule: {{{rule}}}{item}}}\n"
    text = (checkout / "handoff.yaml").read_text("utf-8")
    text = text.replace(ONE, extra + ONE).replace("    deal_type: CFDealType\n", f"    deal_type: CFDealType\n{fields}")
    tenant = Tenant.opened(text)
    tenant.night(FIRST_NIGHT, complete=("opportunity", "attachment"))
    return tenant


def document(tenant: Tenant, key: int = 900, *, on: int = 1, kind: int = 0, name: str = "scope.pdf") -> None:
    """A file as a list shows it: its type and the number of what it hangs on."""
    tenant.put("attachment", id=key, filename=name, type=kind, unique_id=on)


def latest(tenant: Tenant, handoff: int = 1) -> dict[str, Any]:
    """The last judgement of `it`."""
    where = f"stage = 'latest' and item_key = {tenant.key('item', 'it')} and handoff_key = {tenant.key('handoff', handoff)}"
    return tenant.built(CHECK).row(CHECK, where)


ANY_FILE = "kind: attachment"
SIGNED = "kind: signed_quote, half_when: [unsigned]"


def test_a_file_counts_from_the_night_that_first_saw_it(checkout: Path) -> None:
    tenant = under(checkout, ANY_FILE)
    tenant.deal()
    assert latest(tenant)["result"] == "missing"
    tenant.night(later(1), complete=("opportunity", "attachment"))
    document(tenant)
    assert (latest(tenant)["result"], latest(tenant)["checked_at_utc"]) == ("met", later(1).replace(tzinfo=None))


@pytest.mark.parametrize(("complete", "result"), [(("opportunity",), "not_applicable"), (("opportunity", "attachment"), "missing")])
def test_documents_that_were_not_read_are_not_missing(checkout: Path, complete: tuple[str, ...], result: str) -> None:
    tenant = under(checkout, ANY_FILE)
    tenant.night(later(1), complete=complete)
    tenant.deal()
    assert latest(tenant)["result"] == result


def test_the_documents_of_a_historic_deal_are_not_observed(checkout: Path) -> None:
    tenant = under(checkout, ANY_FILE)
    tenant.deal(oppconverteddate=at(5, 6))
    assert (latest(tenant)["result"], latest(tenant)["reason"][:12]) == ("not_applicable", "not observed")


@pytest.mark.parametrize(
    ("kind", "on", "status", "result"),
    [(66, 501, 1, "met"), (66, 501, 0, "missing"), (66, 502, 1, "missing"), (50, 501, 1, "missing"), (0, 501, 1, "missing")],
)
def test_a_signed_copy_counts_while_its_quotation_is_accepted(checkout: Path, kind: int, on: int, status: int, result: str) -> None:
    tenant = under(checkout, ANY_FILE)
    tenant.deal()
    tenant.put("quotation", id=501, ticket_id=1, status=status, lines=[])
    document(tenant, on=on, kind=kind)
    assert latest(tenant)["result"] == result


def test_a_document_of_an_id_that_is_another_record_now_is_nobodys(checkout: Path) -> None:
    tenant = under(checkout, ANY_FILE)
    tenant.deal()
    document(tenant)
    tenant.night(later(1), complete=("opportunity", "attachment"))
    tenant.remove("opportunity", 1)
    tenant.night(later(2), complete=("opportunity", "attachment"))
    tenant.deal(dateoccurred=at(7, 8), oppconverteddate=at(7, 8, 12))
    assert latest(tenant)["result"] == "missing"


@pytest.mark.parametrize(
    ("quotation", "result"),
    [
        ({"status": 1, "approvaldatetime": at(7, 5)}, "met"),
        ({"status": 1, "approvaldatetime": "1900-01-01T00:00:00"}, "partial"),
        ({"status": 1}, "partial"),
        ({"status": 1, "approvalname": "Jo Client"}, "partial"),
        ({"status": 2, "approvaldatetime": at(7, 5)}, "missing"),
    ],
)
def test_a_signed_quotation_is_accepted_with_a_date(checkout: Path, quotation: dict[str, Any], result: str) -> None:
    tenant = under(checkout, SIGNED)
    tenant.deal()
    tenant.put("quotation", id=501, ticket_id=1, lines=[], **quotation)
    assert latest(tenant)["result"] == result


def test_a_quotation_that_moves_to_another_deal_is_no_longer_this_ones(checkout: Path) -> None:
    tenant = under(checkout, SIGNED)
    tenant.deal()
    tenant.deal(2)
    tenant.put("quotation", id=501, ticket_id=1, status=1, lines=[])
    assert (latest(tenant)["result"], latest(tenant, 2)["result"]) == ("partial", "missing")
    tenant.night(later(1))
    tenant.put("quotation", id=501, ticket_id=2, status=1, lines=[])
    assert (latest(tenant)["result"], latest(tenant, 2)["result"]) == ("missing", "partial")


@pytest.mark.parametrize(
    ("value", "result"), [("12.50", "met"), ("12.49", "missing"), ("1,250", "missing"), ("twelve", "missing"), ("", "missing"), (13, "met")]
)
def test_a_meaning_of_ones_own_is_read_in_the_form_that_its_rule_needs(checkout: Path, value: object, result: str) -> None:
    tenant = under(checkout, 'kind: number, field: onsite_hours, at_least: "12.5"', fields="    onsite_hours: CFOnsite\n")
    tenant.deal(customfields=[{"name": "CFOnsite", "value": value}])
    assert latest(tenant)["result"] == result


def test_a_field_of_ones_own_that_is_filled_later_cuts_the_evidence_there(checkout: Path) -> None:
    tenant = under(checkout, "kind: present, field: risk_register", fields="    risk_register: CFRisks\n")
    tenant.deal()
    tenant.night(later(1))
    tenant.deal(customfields=[{"name": "CFRisks", "value": "on file"}])
    assert (latest(tenant)["result"], latest(tenant)["checked_at_utc"]) == ("met", later(1).replace(tzinfo=None))


def test_the_day_of_the_win_is_the_tenants_local_day(checkout: Path) -> None:
    tenant = under(checkout, "kind: date_order, earlier: signed_scope_date, later: won_day")
    signed = [{"name": "CFSignedScopeDate", "value": "2026-07-07T00:00:00"}]
    tenant.deal(oppconverteddate="2026-07-06T23:30:00", customfields=signed)
    tenant.deal(2, oppconverteddate="2026-07-06T22:30:00", customfields=signed)
    assert (latest(tenant)["result"], latest(tenant, 2)["result"]) == ("met", "missing")


def test_an_item_that_stops_applying_leaves_the_score_and_its_gap_is_moot(checkout: Path) -> None:
    tenant = under(checkout, "kind: present, field: dependencies", item=", applies_to: {deal_types: [Cloud Migration]}")
    tenant.deal(customfields=[{"name": "CFDealType", "value": "3", "display": "Cloud Migration"}])
    tenant.night(later(1))
    tenant.deal(customfields=[{"name": "CFDealType", "value": "4", "display": "Security Project"}])
    (gap,) = tenant.built("marts.fact_gap").rows("marts.fact_gap", f"item_key = {tenant.key('item', 'it')}")
    assert (latest(tenant)["result"], latest(tenant)["quality"], gap["state"]) == ("not_applicable", None, "moot")


def test_where_nothing_applies_there_is_no_score(checkout: Path) -> None:
    text = (checkout / "handoff.yaml").read_text("utf-8").replace("  owners: {signed_before_kickoff: delivery}\n", "")
    start, end, overlays = (text.index(mark) for mark in ("  items:\n", "\ncontrols:", "\noverlays:"))
    item = "{id: it, title: It, weight: 1, hard: true, fix: F., rule: {kind: present, field: dependencies}, applies_to: {deal_types: [X]}}"
    tenant = Tenant.opened(f"{text[:start]}  items:\n    - {item}\n{text[end:overlays]}")
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    row = tenant.built(HANDOFF).row(HANDOFF)
    assert (row["score_at_won"], row["score_latest"], row["open_gaps"]) == (None, None, 0)


def test_the_lowest_cap_of_the_hard_items_below_one_counts(checkout: Path) -> None:
    tenant = opened(checkout, changed=("weight: 30\n      hard: true", "weight: 30\n      hard: true\n      cap: 15"))
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.sale()
    assert tenant.built(HANDOFF).row(HANDOFF)["score_latest"] == 15.0

"""Each kind of rule says of each kind of evidence what docs/definitions.md says of it, and hostile text is text."""

from __future__ import annotations

from datetime import date
from fnmatch import fnmatch
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.governance.evidence_rows import PAGE, verdict

LINK = "https://acme.sharepoint.example/scope.pdf"


def quality(rule: dict[str, Any], **row: Any) -> float | None:
    """The quality of one row by one rule."""
    found: float | None = verdict(rule, **row)["quality"]
    return found


@pytest.mark.parametrize(
    ("text", "plain", "half"),
    [
        (None, 0.0, 0.0),
        ("", 0.0, 0.0),
        (" \t\n ", 0.0, 0.0),
        ("<p>&nbsp;</p>", 0.0, 0.0),
        ("TBC", 0.0, 0.5),
        ("  to be\tConfirmed... ", 0.0, 0.5),
        ("!!!", 0.0, 0.5),
        ("x", 1.0, 1.0),
        ("'; drop table raw.batch; --", 1.0, 1.0),
        ('=HYPERLINK("https://evil.example")', 1.0, 1.0),
        ("{{7*7}} ${jndi:ldap://x}", 1.0, 1.0),
    ],
)
def test_present_is_anything_but_a_placeholder(text: str | None, plain: float, half: float) -> None:
    assert quality({"kind": "present", "field": "it"}, it=text) == plain
    assert quality({"kind": "present", "field": "it", "half_when": ["placeholder"]}, it=text) == half


@pytest.mark.parametrize(
    ("text", "any_host", "listed"),
    [
        (None, 0.0, 0.0),
        ("see the mail", 0.0, 0.0),
        ("javascript:alert(1)", 0.0, 0.0),
        ("ftp://acme.sharepoint.example/x", 0.0, 0.0),
        ("https://localhost/x", 0.0, 0.0),
        (LINK, 1.0, 1.0),
        (f"  {LINK}\n", 1.0, 1.0),
        ("HTTPS://ACME.SharePoint.example:443/x", 1.0, 1.0),
        ("https://sharepoint.example", 1.0, 1.0),
        ("https://sharepoint.example./x", 1.0, 1.0),
        ("https://sharepoint.example.evil.example/x", 1.0, 0.0),
        ("https://notsharepoint.example/x", 1.0, 0.0),
        ("https://sharepoint.example@evil.example/x", 1.0, 0.0),
        ("https://evil.example\\@sharepoint.example/x", 1.0, 0.0),
        ("https://evil.example\\.sharepoint.example/x", 1.0, 0.0),
        ("https://jo@acme.sharepoint.example/x", 1.0, 0.0),
        ("https://evil.example/?https://sharepoint.example", 1.0, 0.0),
        ("https://evil.example#.sharepoint.example", 1.0, 0.0),
    ],
)
def test_a_link_is_an_address_with_a_host_of_the_list(text: str | None, any_host: float, listed: float) -> None:
    assert quality({"kind": "link", "field": "it"}, it=text) == any_host
    assert quality({"kind": "link", "field": "it", "hosts": ["SharePoint.example"]}, it=text) == listed


def test_an_address_on_another_host_may_be_half_and_never_becomes_the_evidence_link() -> None:
    found = verdict(
        {"kind": "link", "field": "it", "hosts": ["sharepoint.example"], "half_when": ["other_host"]}, it="https://evil.example/x"
    )
    assert (found["quality"], found["result"], found["evidence_url"]) == (0.5, "partial", PAGE)


@pytest.mark.parametrize(
    ("deal", "quotation", "rule", "expected"),
    [
        ([], [], {}, 0.0),
        (["a.txt"], [], {}, 1.0),
        (["Scope.PDF"], [], {"names": ["*.pdf"]}, 1.0),
        (["scope.pdf.exe"], [], {"names": ["*.pdf"]}, 0.0),
        (["a\nscope.pdf"], [], {"names": ["*.pdf"]}, 1.0),
        (["scopeXpdf"], [], {"names": ["scope.pdf"]}, 0.0),
        (["scope1.pdf"], [], {"names": ["scope?.pdf"]}, 1.0),
        (["a.pdf"], [], {"names": ["*.pdf"], "minimum": 2}, 0.0),
        (["a.pdf"], [], {"names": ["*.pdf"], "minimum": 2, "half_when": ["too_few"]}, 0.5),
        ([], [], {"minimum": 2, "half_when": ["too_few"]}, 0.0),
        (["a.pdf"], ["b.pdf"], {"minimum": 2}, 1.0),
        ([], ["b.pdf"], {"on": ["deal"]}, 0.0),
        ([], ["b.pdf"], {"on": ["quotation"]}, 1.0),
        (["(a+)+$", "[z]"], [], {"names": ["(a+)+$"]}, 1.0),
    ],
)
def test_attachments_are_files_whose_names_fit(deal: list[str], quotation: list[str], rule: dict[str, Any], expected: float) -> None:
    assert quality({"kind": "attachment", **rule}, deal=deal, quotation=quotation) == expected


def test_documents_that_nobody_read_are_neither_met_nor_missing() -> None:
    found = verdict({"kind": "attachment"}, is_documented=False, deal=["a.pdf"])
    assert (found["result"], found["quality"], found["evidence_text"]) == ("not_applicable", None, None)
    assert found["reason"].startswith("not observed")
    assert "Do it." not in found["reason"]


@settings(max_examples=40, deadline=None)
@given(
    name=st.text("ab.*?[(\\^$|", min_size=1, max_size=8).filter(str.strip),
    pattern=st.text("ab.*?(\\^$|", min_size=1, max_size=5).filter(str.strip),
)
def test_a_pattern_fits_as_a_shell_would_fit_it(name: str, pattern: str) -> None:
    expected = 1.0 if fnmatch(name, pattern) else 0.0
    assert quality({"kind": "attachment", "names": [pattern]}, deal=[name]) == expected


@pytest.mark.parametrize(
    ("signs", "rule", "expected"),
    [
        ({}, {}, 0.0),
        ({"has_accepted_quotation": True}, {}, 0.0),
        ({"has_accepted_quotation": True}, {"half_when": ["unsigned"]}, 0.5),
        ({"has_accepted_quotation": True, "has_accepted_day": True}, {}, 1.0),
        ({"has_accepted_quotation": True, "has_accepted_by": True}, {}, 0.0),
        ({"has_accepted_quotation": True, "has_accepted_by": True}, {"signed_by": ["date", "name"]}, 1.0),
        ({"has_accepted_quotation": True, "has_signed_copy": True}, {"signed_by": ["document"]}, 1.0),
        ({"has_accepted_day": True}, {}, 0.0),
    ],
)
def test_a_signed_quote_is_accepted_and_shows_a_sign(signs: dict[str, bool], rule: dict[str, Any], expected: float) -> None:
    assert quality({"kind": "signed_quote", **rule}, **signs) == expected


@pytest.mark.parametrize(
    ("earlier", "later", "rule", "expected"),
    [
        (date(2026, 9, 1), date(2026, 9, 1), {}, 1.0),
        (date(2026, 9, 1), date(2026, 9, 2), {}, 1.0),
        (date(2026, 9, 2), date(2026, 9, 1), {}, 0.0),
        (date(2026, 9, 2), date(2026, 9, 1), {"days": 1}, 1.0),
        (date(2026, 9, 3), date(2026, 9, 1), {"days": 1}, 0.0),
        (date(2026, 9, 1), date(2026, 9, 7), {"days": -7}, 0.0),
        (date(2026, 9, 1), date(2026, 9, 8), {"days": -7}, 1.0),
        (date(2026, 2, 28), date(2026, 3, 1), {"days": -1}, 1.0),
        (None, date(2026, 9, 1), {}, 0.0),
        (date(2026, 9, 1), None, {"half_when": ["date_missing"]}, 0.5),
        (None, None, {"half_when": ["date_missing"]}, 0.5),
        (date(2026, 9, 2), date(2026, 9, 1), {"half_when": ["date_missing"]}, 0.0),
        (date(2026, 9, 2), date(2026, 9, 1), {"half_when": ["wrong_order"]}, 0.5),
    ],
)
def test_dates_are_in_order_give_or_take(earlier: date | None, later: date | None, rule: dict[str, Any], expected: float) -> None:
    assert quality({"kind": "date_order", "earlier": "a", "later": "b", **rule}, a=earlier, b=later) == expected


def test_the_day_of_the_win_may_be_one_of_the_dates() -> None:
    rule = {"kind": "date_order", "earlier": "a", "later": "won_day"}
    assert quality(rule, a=date(2026, 9, 1), won_day=date(2026, 9, 1)) == 1.0
    assert quality(rule, a=date(2026, 9, 2), won_day=date(2026, 9, 1)) == 0.0


@pytest.mark.parametrize(
    ("value", "rule", "expected"),
    [
        (None, {"at_least": 1}, 0.0),
        ("about ten", {"at_least": 1}, 0.0),
        (10, {"at_least": 10}, 1.0),
        (0.1, {"at_least": "0.1"}, 1.0),
        (9.9999, {"at_least": 10}, 0.0),
        (10, {"at_most": 10}, 1.0),
        (10.0001, {"at_most": 10}, 0.0),
        (7, {"at_least": 10, "half_at_least": 5}, 0.5),
        (4, {"at_least": 10, "half_at_least": 5}, 0.0),
        (12, {"at_least": 1, "at_most": 10, "half_at_most": 12}, 0.5),
        (0, {"at_least": 1, "at_most": 10, "half_at_most": 12}, 0.0),
        (-5, {"at_least": -5}, 1.0),
    ],
)
def test_a_number_keeps_its_limits(value: float | str | None, rule: dict[str, Any], expected: float) -> None:
    assert quality({"kind": "number", "field": "it", **rule}, it=value) == expected


@pytest.mark.parametrize(("margin", "expected"), [(None, 0.0), (24.99, 0.0), (25.0, 0.5), (29.99, 0.5), (30.0, 1.0)])
def test_a_margin_near_its_floor_may_be_half(margin: float | None, expected: float) -> None:
    assert quality({"kind": "margin_floor", "half_within_pp": 5}, sold_margin_pct=margin) == expected


EITHER = {"kind": "any_of", "rules": [{"kind": "link", "field": "it"}, {"kind": "attachment"}]}
BOTH = {**EITHER, "kind": "all_of"}


@pytest.mark.parametrize(
    ("row", "either", "both"),
    [
        ({}, 0.0, 0.0),
        ({"it": LINK}, 1.0, 0.0),
        ({"deal": ["a"]}, 1.0, 0.0),
        ({"it": LINK, "deal": ["a"]}, 1.0, 1.0),
        ({"is_documented": False}, None, 0.0),
        ({"it": LINK, "is_documented": False}, 1.0, None),
    ],
)
def test_what_was_not_observed_decides_nothing_that_another_part_does(
    row: dict[str, Any], either: float | None, both: float | None
) -> None:
    assert (quality(EITHER, **row), quality(BOTH, **row)) == (either, both)


def test_a_combination_tells_the_reason_and_the_evidence_of_its_parts() -> None:
    found = verdict(EITHER, it=LINK, deal=["b.pdf", "a.pdf"])
    assert (found["reason"], found["evidence_url"], found["evidence_text"]) == ("the link is there", LINK, f"{LINK}\na.pdf\nb.pdf")
    assert verdict(BOTH, deal=["a.pdf"])["reason"] == "the link is missing. Do it."


HOSTILE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=12, max_size=40)


@settings(max_examples=40, deadline=None)
@given(text=HOSTILE)
def test_no_rule_puts_a_customers_words_into_a_reason(text: str) -> None:
    rule = {
        "kind": "all_of",
        "rules": [
            {"kind": "present", "field": "it"},
            {"kind": "link", "field": "it", "hosts": ["acme.example"]},
            {"kind": "number", "field": "it", "at_least": 1},
        ],
    }
    found = verdict(rule, it=text, deal=[text])
    assert text not in found["reason"]
    assert found["quality"] == 0.0

"""The checklist of hand-made deals: every kind of rule, to which deals an item applies, caps, and policies that change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from handoff_pipeline.simulator.truth import Attachment, Deal, Quote, Timeline, Truth
from tests.oracle import checklist
from tests.oracle.expectation import look
from tests.oracle.gaps import gaps_of
from tests.oracle.hand_made import DEAL, LONG_TEXT, QUOTE, SCOPE, WEB, always, at, night, world

NIGHTS = [night(7, 7)]
Judge = Callable[..., tuple[float | None, str | None]]


@pytest.fixture
def judge(policy: dict[str, Any]) -> Judge:
    """Quality and evidence of one rule, for the deal of a world, on the last of some nights."""

    def of(rule: dict[str, Any], deal: Deal = DEAL, truth: Truth | None = None, nights: Any = NIGHTS) -> tuple[float | None, str | None]:
        known = truth or world(deals=(deal,), quotes=(QUOTE,))
        judged = checklist.judge(look(known, policy, nights, WEB), deal, {"id": "it", "rule": rule})
        return judged.quality, judged.evidence

    return of


def with_items(policy: dict[str, Any], *items: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """The policy with these items alone."""
    whole = [{"weight": 1, "hard": False, "title": "It", "mode": "shadow", "control_ids": [], "fix": "Do it", **item} for item in items]
    return {**policy, "checklist": {**policy["checklist"], "items": whole}, **parts}


PRESENT = {"kind": "present", "field": "dependencies"}


@pytest.mark.parametrize(
    ("text", "half", "quality"),
    [
        ("Line", [], 1.0),
        ("<p>&nbsp;</p>", ["placeholder"], 0.0),
        ("  TBC. ", [], 0.0),
        ("...", ["placeholder"], 0.5),
        ("To  be   confirmed", ["placeholder"], 0.5),
    ],
)
def test_present_is_any_text_that_is_no_placeholder(judge: Judge, text: str, half: list[str], quality: float) -> None:
    assert judge({**PRESENT, "half_when": half}, replace(DEAL, dependencies=always(text))) == (quality, text)


@pytest.mark.parametrize(
    ("address", "quality"),
    [
        ("https://acme.sharepoint.com/x", 1.0),
        ("https://SharePoint.com./x", 1.0),
        ("https://notsharepoint.com/x", 0.5),
        ("https://sharepoint.com@evil.example/x", 0.5),
        ("see mail", 0.0),
    ],
)
def test_a_link_is_on_a_host_or_below_it(judge: Judge, address: str, quality: float) -> None:
    rule = {"kind": "link", "field": "signed_scope_link", "hosts": ["sharepoint.com"], "half_when": ["other_host"]}

    assert judge(rule, replace(DEAL, signed_scope_link=always(address))) == (quality, address)


FILES = (
    Attachment(1, 1, None, "Scope-1.PDF", at(7, 6)),
    Attachment(2, 1, None, "mail.msg", at(7, 6)),
    Attachment(3, None, 501, "quotation-signed.pdf", at(7, 6), is_signed_quotation=True),
    Attachment(4, None, 501, "quotation.pdf", at(7, 6)),
    Attachment(5, 1, None, "scope-late.pdf", at(7, 9)),
)


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ({}, (1.0, "Scope-1.PDF\nmail.msg\nquotation-signed.pdf")),
        ({"names": ["*scope*"]}, (1.0, "Scope-1.PDF")),
        ({"names": ["*.pdf"], "on": ["quotation"]}, (1.0, "quotation-signed.pdf")),
        ({"names": ["scope-?.pdf"], "minimum": 2, "half_when": ["too_few"]}, (0.5, "Scope-1.PDF")),
        ({"names": ["[Ss]cope*"]}, (0.0, None)),
    ],
)
def test_attachments_count_from_the_night_that_saw_them(judge: Judge, rule: dict[str, Any], found: tuple[float, str | None]) -> None:
    assert judge({"kind": "attachment", **rule}, truth=world(deals=(DEAL,), quotes=(QUOTE,), attachments=FILES)) == found


def test_nobody_looked_at_the_documents_of_a_historic_deal(judge: Judge) -> None:
    early = replace(DEAL, status=Timeline(((at(5, 1), "open"), (at(5, 20), "won"))), created_at=at(5, 1))

    assert judge({"kind": "attachment"}, early, world(deals=(early,), attachments=FILES)) == (None, None)


@pytest.mark.parametrize(("signs", "name", "quality"), [(["date"], None, 1.0), (["name"], None, 0.5), (["name"], "Kim", 1.0)])
def test_a_signed_quotation_shows_one_of_the_signs(judge: Judge, signs: list[str], name: str | None, quality: float) -> None:
    quote = replace(QUOTE, accepted_by=name)
    found = judge({"kind": "signed_quote", "signed_by": signs, "half_when": ["unsigned"]}, truth=world(deals=(DEAL,), quotes=(quote,)))

    assert found == (quality, f"501|2026-07-06|{name or ''}")


def test_a_signed_copy_signs_only_the_quotation_that_it_hangs_on(judge: Judge) -> None:
    rule = {"kind": "signed_quote", "signed_by": ["document"]}
    other: Quote = replace(QUOTE, quote_id=502)

    assert judge(rule, truth=world(deals=(DEAL,), quotes=(QUOTE,), attachments=FILES))[0] == 1
    assert judge(rule, truth=world(deals=(DEAL,), quotes=(other,), attachments=FILES))[0] == 0
    assert judge(rule, truth=world(deals=(DEAL,))) == (0, None)


@pytest.mark.parametrize(
    ("earlier", "later", "rule", "found"),
    [
        (date(2026, 7, 3), "won_day", {}, (1.0, "2026-07-03|2026-07-06")),
        (date(2026, 7, 7), "won_day", {}, (0.0, "2026-07-07|2026-07-06")),
        (date(2026, 7, 7), "won_day", {"days": 1}, (1.0, "2026-07-07|2026-07-06")),
        (date(2026, 7, 9), "won_day", {"days": 1, "half_when": ["wrong_order"]}, (0.5, "2026-07-09|2026-07-06")),
        (None, "won_day", {"half_when": ["date_missing"]}, (0.5, "|2026-07-06")),
        (None, "kickoff_committed", {}, (0.0, "|2026-07-15")),
    ],
)
def test_dates_stand_in_their_order(judge: Judge, earlier: date | None, later: str, rule: dict[str, Any], found: tuple[float, str]) -> None:
    deal = replace(DEAL, signed_scope_date=always(earlier) if earlier else Timeline())

    assert judge({"kind": "date_order", "earlier": "signed_scope_date", "later": later, **rule}, deal) == found


@pytest.mark.parametrize(("text", "quality"), [("40", 1.0), ("39.99", 0.5), ("20", 0.5), ("19", 0.0), ("1,000", 0.0), ("forty", 0.0)])
def test_a_number_keeps_its_limits(judge: Judge, text: str, quality: float) -> None:
    rule = {"kind": "number", "field": "dependencies", "at_least": 40, "half_at_least": 20}

    assert judge(rule, replace(DEAL, dependencies=always(text))) == (quality, text)


def test_the_margin_may_miss_its_floor_by_a_little(judge: Judge, policy: dict[str, Any]) -> None:
    # 16 of 50 thousand: 40 % sold; the floor of the fixture is moved around it.
    qualities = []
    for floor in ("40", "41", "43"):
        rules = {**policy, "margin_floors": {"default_pct": floor}}
        seen = look(world(deals=(DEAL,), quotes=(QUOTE,)), rules, NIGHTS, WEB)
        qualities.append(checklist.judge(seen, DEAL, {"id": "it", "rule": {"kind": "margin_floor", "half_within_pp": 2}}).quality)

    assert qualities == [1.0, 0.5, 0.0]


def test_any_of_takes_the_best_and_all_of_the_worst(judge: Judge) -> None:
    scope = {"kind": "link", "field": "signed_scope_link"}
    parts = [scope, {"kind": "text", "field": "dependencies", "minimum_words": 99}]

    assert judge({"kind": "any_of", "rules": parts}) == (1.0, f"{SCOPE}\nClient orders the new line")
    assert judge({"kind": "all_of", "rules": parts})[0] == 0.5


@pytest.mark.parametrize(
    ("kind", "text", "quality"), [("any_of", "Line", 1.0), ("any_of", "", None), ("all_of", "", 0.0), ("all_of", "Line", None)]
)
def test_what_nobody_looked_at_leaves_the_whole_open_unless_another_part_decides(
    judge: Judge, kind: str, text: str, quality: float | None
) -> None:
    early = replace(
        DEAL, status=Timeline(((at(5, 1), "open"), (at(5, 20), "won"))), created_at=at(5, 1), dependencies=always(text, at(5, 2))
    )

    assert judge({"kind": kind, "rules": [{"kind": "attachment"}, PRESENT]}, early, world(deals=(early,)))[0] == quality


COPY = {"kind": "text", "field": "delivery_assumptions", "minimum_words": 3, "copied": "half"}
LATER = replace(DEAL, deal_id=2, status=Timeline(((at(7, 1), "open"), (at(7, 6, 12), "won"))))


def test_copied_words_are_those_of_a_handoff_that_was_won_before(judge: Judge) -> None:
    shouted = replace(LATER, delivery_assumptions=always(LONG_TEXT.upper().replace(" ", "  - ") + "!"))
    truth = world(deals=(DEAL, shouted))

    assert judge(COPY, shouted, truth)[0] == 0.5
    assert judge({**COPY, "copied": "refuse"}, shouted, truth)[0] == 0
    assert judge({**COPY, "copied": "allow"}, shouted, truth)[0] == 1
    assert judge({**COPY, "copied_minimum_words": 99}, shouted, truth)[0] == 1
    assert judge(COPY, DEAL, truth)[0] == 1


def test_words_that_stood_here_first_are_no_copy(judge: Judge) -> None:
    nights = [night(7, 7), night(7, 8), night(7, 9)]
    copied_back = replace(DEAL, delivery_assumptions=Timeline(((at(7, 1), "TBC"), (at(7, 8), LONG_TEXT))))

    assert judge(COPY, LATER, world(deals=(copied_back, LATER)), nights)[0] == 1


@pytest.mark.parametrize(
    ("applies", "quality"),
    [
        ({"applies_to": {"deal_types": ["cloud migration "]}}, 1.0),
        ({"applies_to": {"deal_types": ["Security Project"]}}, None),
        ({"applies_to": {"deal_types": ["Cloud Migration"], "service_templates": ["M365"]}}, None),
        ({"except_for": {"deal_types": ["CLOUD MIGRATION"]}}, None),
        ({"except_for": {"service_templates": ["M365"]}}, 1.0),
    ],
)
def test_an_item_applies_by_deal_type_and_template(policy: dict[str, Any], applies: dict[str, Any], quality: float | None) -> None:
    deal = replace(DEAL, deal_type="Cloud Migration")
    seen = look(world(deals=(deal,)), policy, NIGHTS, WEB)

    assert checklist.judge(seen, deal, {"id": "it", "rule": PRESENT, **applies}).quality == quality


def test_what_does_not_apply_is_in_no_score_and_the_lowest_cap_counts(policy: dict[str, Any]) -> None:
    deal = replace(DEAL, dependencies=Timeline())
    met = {"id": "met", "weight": 9, "rule": {"kind": "present", "field": "acceptance_criteria"}}
    lacking = {"id": "lacking", "hard": True, "cap": 40, "rule": PRESENT}
    also = {"id": "also", "hard": True, "rule": PRESENT}
    other = {"id": "other", "rule": PRESENT, "applies_to": {"deal_types": ["Security Project"]}}

    def score(*items: dict[str, Any]) -> float | None:
        return checklist.score(look(world(deals=(deal,)), with_items(policy, *items), NIGHTS, WEB), deal)

    assert (score(met, other), score(met, lacking, also), score(met, also), score(other)) == (100, 40, 60, None)


def test_a_sector_changes_items_caps_and_registers(policy: dict[str, Any]) -> None:
    deal = replace(DEAL, acceptance_criteria=Timeline())
    plain, finance = (
        look(world(deals=(deal,), quotes=(QUOTE,), attachments=FILES), {**policy, **more}, NIGHTS, WEB)
        for more in ({}, {"sector": "finance"})
    )

    assert plain.policy.items[0] == finance.policy.items[0]
    assert checklist.item_of(plain, "source_documents") is None
    source = checklist.item_of(finance, "source_documents")
    assert source is not None
    assert checklist.judge(finance, deal, source).evidence == "Scope-1.PDF\nquotation-signed.pdf\n501|2026-07-06|"
    assert (checklist.score(plain, deal), checklist.score(finance, deal)) == (85, 50)


def test_each_night_is_judged_by_the_policy_in_force_then(policy: dict[str, Any]) -> None:
    deal = replace(DEAL, dependencies=Timeline())
    strict = with_items(policy, {"id": "dependencies", "hard": True, "rule": PRESENT}, version="1")
    without = with_items(policy, {"id": "other", "rule": {"kind": "present", "field": "acceptance_criteria"}}, version="2")
    nights = [night(7, 7), night(7, 8), night(7, 9)]
    seen = look(world(deals=(deal,)), without, nights, WEB, documents=[(nights[0], strict), (nights[2], without)])
    [gap] = gaps_of(seen, deal)

    assert [seen.by(each).policy.version for each in nights] == ["1", "1", "2"]
    assert [checklist.score(seen.by(each), deal) for each in nights] == [0, 0, 100]
    assert (gap.item, gap.is_hard, gap.state, gap.ended_at) == ("dependencies", True, "moot", nights[2])


def test_a_policy_may_name_the_day_from_which_it_is_in_force(policy: dict[str, Any]) -> None:
    nights = [night(7, 7), night(7, 8), night(7, 9)]
    back, ahead = (
        {**policy, "version": "2", "in_force_from": date(2026, 7, 8)},
        {**policy, "version": "2", "in_force_from": date(2026, 7, 30)},
    )
    versions = [
        [
            look(world(), each, nights, WEB, documents=[(nights[0], policy), (nights[2], each)]).by(moment).policy.version
            for moment in nights
        ]
        for each in (back, ahead)
    ]

    assert versions == [[policy["version"], "2", "2"], [policy["version"]] * 3]

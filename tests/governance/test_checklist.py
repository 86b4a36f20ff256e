"""Scoring judges evidence by the policy's rules, row by row, and leaks nothing that a customer wrote."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_pipeline.governance.checklist import CHECK_SCHEMA
from tests.governance.evidence_rows import PAGE, POLICY, judged, scored


@pytest.mark.parametrize(
    ("link", "signed", "quality", "result"),
    [
        ("https://acme.example/scope.pdf", date(2026, 8, 1), 1.0, "met"),
        (" https://acme.example/scope.pdf ", date(2026, 8, 1), 1.0, "met"),
        ("https://acme.example/scope.pdf", None, 0.5, "partial"),
        (None, date(2026, 8, 1), 0.5, "partial"),
        ("see the mail", date(2026, 8, 1), 0.5, "partial"),
        ("javascript:alert(1)", None, 0.0, "missing"),
        ("https://", None, 0.0, "missing"),
        ("https://nohost", None, 0.0, "missing"),
        (None, None, 0.0, "missing"),
        ("   ", None, 0.0, "missing"),
    ],
)
def test_signed_scope_needs_a_link_and_a_date(link: str | None, signed: date | None, quality: float, result: str) -> None:
    row = judged("signed_scope", signed_scope_link=link, signed_scope_date=signed)
    assert (row["quality"], row["result"]) == (quality, result)


def test_a_link_that_is_none_never_becomes_the_evidence_link() -> None:
    assert judged("signed_scope", signed_scope_link="javascript:alert(1)")["evidence_url"] == PAGE


@pytest.mark.parametrize(
    ("text", "quality"),
    [
        (None, 0.0),
        ("", 0.0),
        (" \n\t", 0.0),
        ("<p>&nbsp;</p>", 0.0),
        ("TBC", 0.0),
        ("tbc.", 0.0),
        ("  To  be\nconfirmed.!", 0.0),
        ("?", 0.0),
        ("...", 0.0),
        ("the client gives us access", 0.5),
        ("- - - - - - - -", 0.5),
        ("<b>one</b> <i>two</i> <u>three</u>", 0.5),
        ("the client gives us access by Friday", 1.0),
        ("客户 提供 管理员 访问 权限 星期五 之前", 1.0),
    ],
)
def test_assumptions_need_words_and_no_placeholder(text: str | None, quality: float) -> None:
    assert judged("delivery_assumptions", delivery_assumptions=text)["quality"] == quality


@pytest.mark.parametrize(("margin", "quality"), [(None, 0.0), (29.99, 0.0), (30.0, 1.0), (45.0, 1.0), (-5.0, 0.0)])
def test_the_margin_reaches_its_floor_or_does_not(margin: float | None, quality: float) -> None:
    assert judged("margin_floor", sold_margin_pct=margin)["quality"] == quality


def test_an_unknown_margin_says_that_it_is_unknown() -> None:
    assert "no margin is known" in judged("margin_floor")["reason"]


def test_what_is_lacking_says_what_to_do_and_what_is_met_does_not() -> None:
    fix = next(item.fix for item in POLICY.checklist.items if item.id == "dependencies")
    assert judged("dependencies", dependencies="TBC")["reason"] == f"a placeholder is written. {fix}"
    assert judged("dependencies", dependencies="the supplier delivers switches")["reason"] == "4 words"


def test_every_item_is_judged_on_every_row_in_the_declared_columns() -> None:
    checks = scored({}, {"slice_batch": 2})
    assert checks.schema == CHECK_SCHEMA
    assert checks.height == 2 * len(POLICY.checklist.items)


def test_no_evidence_gives_no_judgement_and_keeps_the_columns() -> None:
    checks = scored()
    assert checks.schema == CHECK_SCHEMA
    assert checks.is_empty()


def test_the_items_weight_and_hardness_come_from_the_policy() -> None:
    rows = scored({}).select("item", "weight", "is_hard").rows()
    assert rows == [(item.id, item.weight, item.hard) for item in POLICY.checklist.items]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)


@settings(max_examples=150, deadline=None)
@given(text=TEXT)
def test_text_is_judged_as_a_plain_reader_would(text: str) -> None:
    """An independent reading in plain Python of the rule in docs/definitions.md."""
    plain = re.sub(r"&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);", " ", re.sub(r"<[^>]*>", " ", text))
    words = [word for word in re.split(r"\s+", plain) if any(unicodedata.category(letter)[0] in "LN" for letter in word)]
    quality = judged("delivery_assumptions", delivery_assumptions=text)["quality"]
    if len(words) >= 6:
        assert quality == 1.0
    elif quality == 1.0:
        pytest.fail(f"{len(words)} words were judged enough")


@settings(max_examples=60, deadline=None)
@given(secret=st.text(st.characters(categories=("Lu", "Ll")), min_size=12, max_size=30))
def test_a_reason_never_repeats_what_a_customer_wrote(secret: str) -> None:
    checks = scored({"delivery_assumptions": secret, "signed_scope_link": secret, "dependencies": f"{secret} {secret}"})
    assert not any(secret in reason for reason in checks["reason"])


@settings(max_examples=40, deadline=None)
@given(order=st.permutations(range(6)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    rows = [{"handoff_id": number, "dependencies": "word " * number, "sold_margin_pct": number * 10.0} for number in range(6)]
    assert scored(*(rows[place] for place in order)).equals(scored(*rows))

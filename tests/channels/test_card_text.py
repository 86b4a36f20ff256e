"""Customers' text in a card is text: whatever it holds, it formats nothing, links nowhere, mentions nobody and turns no line around."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_pipeline.channels.card_elements import buttons, https_only, linked
from handoff_pipeline.channels.card_text import escaped, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("App_Pool_01 *new* [x](y) ~~z~~ `c`", r"App\_Pool\_01 \*new\* \[x\]\(y\) \~\~z\~\~ \`c\`"),
        ("a\\", "a\\\\"),
        ("<at>Boss</at>", "‹at›Boss‹/at›"),
        ("{{DATE(2026-01-01)}} ${x} @{y}", r"{ {DATE\(2026-01-01\)}} $ {x} @ {y}"),
        ("one\r\ntwo\ttab\x00\u2028three", "one two tab three"),
        ("\u202eevil\u202c \u2066a\u2069 \ufeff\u200bb", "evil a b"),
        ("see https://evil.example and www.evil.example", "see https:/ /evil.example and www. evil.example"),
        ("javascript:alert", "javascript: alert"),
        ("&lt;b&gt; R&D", r"\&lt;b\&gt; R&D"),
        ("- a", r"\- a"),
        ("# a", r"\# a"),
        ("--- a", r"\--- a"),
        ("12. a", r"12\. a"),
        ("-5 % of 1.5", "-5 % of 1.5"),
        ("half \ud83d", "half"),
        ("👩\u200d🔧 fixed", "👩\u200d🔧 fixed"),
    ],
)
def test_nothing_of_a_text_is_read_as_markdown(text, shown):
    assert escaped(text, 200) == shown


def test_a_pile_of_marks_covers_no_line_above():
    assert plain("a" + "\u0336" * 40, 200).count("\u0336") == 4


def test_a_text_is_cut_before_it_is_escaped_and_says_so():
    assert escaped("*" * 50, 5) == r"\*\*\*\*…"


@settings(max_examples=100, deadline=None)
@given(st.text(), st.integers(1, 60))
def test_no_text_leaves_its_line_or_opens_a_markup(text, most):
    line = escaped(text, most)
    assert len(plain(text, most)) <= most
    assert not any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter in "<>\u202a\u202e\u2066" for letter in line)
    assert "{{" not in line
    assert "//" not in line
    bare = line.replace("\\\\", "")
    assert all(bare[place - 1 : place] == "\\" for place, letter in enumerate(bare) if letter in "*_[]()~`")


@pytest.mark.parametrize(
    "address",
    [
        "http://acme.halopsa.com/x",
        "javascript:alert(1)",
        "https://",
        "https:///x",
        "https://ann@acme.halopsa.com/x",
        "https://acme.halopsa.com/x) [y](https://evil.example",
        "https://acme.halopsa.com/x\n",
        "https://[::1",
        "https://acme.halopsa.com/" + "x" * 1000,
        "",
    ],
)
def test_an_address_that_is_not_plain_https_gets_no_link(address):
    assert https_only(address) == ""
    assert linked("title", address) == "title"
    assert buttons([("Open", address)]) == []


def test_an_https_address_gets_its_link():
    address = "https://acme.halopsa.com/opportunity?id=4711&tab=2"
    assert linked("title", address) == f"[title]({address})"
    assert buttons([("Open", address)]) == [{"type": "Action.OpenUrl", "title": "Open", "url": address}]

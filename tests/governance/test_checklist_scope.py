"""To which deals an item applies, what a text owes to an earlier handoff, and which policy judges which night."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.governance.evidence_rows import POLICY, policy_of, scored, verdict

TEXT = {"kind": "text", "field": "said", "minimum_words": 3, "copied": "refuse"}
WORDS = "All users sign in before Friday noon"


@pytest.mark.parametrize(
    ("item", "deal_type", "template", "applies"),
    [
        ({}, None, None, True),
        ({"applies_to": {"deal_types": ["Cloud"]}}, " cloud ", None, True),
        ({"applies_to": {"deal_types": ["Cloud"]}}, "Clouds", None, False),
        ({"applies_to": {"deal_types": ["Cloud"]}}, None, None, False),
        ({"applies_to": {"service_templates": ["Gold"]}}, "Cloud", "GOLD", True),
        ({"applies_to": {"deal_types": ["Cloud"], "service_templates": ["Gold"]}}, "Cloud", "Silver", False),
        ({"except_for": {"deal_types": ["Cloud"]}}, "Cloud", None, False),
        ({"except_for": {"deal_types": ["Cloud"]}}, None, None, True),
        ({"except_for": {"deal_types": ["Cloud"], "service_templates": ["Gold"]}}, "Server", "Gold", False),
        ({"applies_to": {"deal_types": ["Cloud"]}, "except_for": {"service_templates": ["Gold"]}}, "Cloud", "Gold", False),
        ({"applies_to": {"deal_types": ["Cloud"]}, "except_for": {"service_templates": ["Gold"]}}, "Cloud", None, True),
    ],
)
def test_an_item_applies_to_the_deals_that_it_names(
    item: dict[str, Any], deal_type: str | None, template: str | None, applies: bool
) -> None:
    found = verdict({"kind": "present", "field": "it"}, item, it="yes", deal_type=deal_type, service_template=template)
    assert (found["result"], found["quality"]) == (("met", 1.0) if applies else ("not_applicable", None))


def test_what_does_not_apply_shows_no_evidence_and_asks_for_nothing() -> None:
    found = verdict({"kind": "present", "field": "it"}, {"applies_to": {"deal_types": ["Cloud"]}}, it="secret")
    assert (found["evidence_text"], "Do it." in found["reason"]) == (None, False)


@pytest.mark.parametrize(
    ("item", "cap"), [({"hard": False}, None), ({"hard": True}, 60.0), ({"hard": True, "cap": 20}, 20.0), ({"hard": True, "cap": 0}, 0.0)]
)
def test_a_hard_item_has_its_own_cap_or_the_checklists(item: dict[str, Any], cap: float | None) -> None:
    assert verdict({"kind": "present", "field": "it"}, item)["cap"] == cap


def copies(*rows: dict[str, Any], rule: dict[str, Any] = TEXT) -> dict[tuple[int, int], float]:
    """Handoff and stretch of nights to the quality of what it says."""
    found = scored(*rows, policy=policy_of(rule))
    return {(row["handoff_id"], row["slice_batch"]): row["quality"] for row in found.to_dicts()}


def said(handoff: int, text: str | None, batch: int = 1, order: int | None = None) -> dict[str, Any]:
    """What a handoff says from a night on; without an order, the lower id was won first."""
    return {"handoff_id": handoff, "slice_batch": batch, "said": text, "won_order": handoff if order is None else order}


@pytest.mark.parametrize(
    ("text", "is_copy"),
    [
        (WORDS, True),
        (WORDS.upper().replace(" ", "  ") + "!", True),
        (f"<p>{WORDS.replace(' ', '&nbsp;')}</p>", True),
        ("All users sign-in before: Friday, noon.", True),
        ("All users sign in before Friday noo n", True),
        (f"{WORDS} 7", False),
        ("Friday noon before in sign users All", False),
    ],
)
def test_the_same_words_are_a_copy_and_nearly_the_same_are_none(text: str, is_copy: bool) -> None:
    assert copies(said(1, WORDS), said(2, text)) == {(1, 1): 1.0, (2, 1): 0.0 if is_copy else 1.0}


def test_a_copy_may_be_half_and_names_the_handoff_it_was_taken_from() -> None:
    rows = scored(said(1, WORDS), said(2, WORDS), said(3, WORDS), policy=policy_of({**TEXT, "copied": "half"})).to_dicts()
    assert [row["quality"] for row in rows] == [1.0, 0.5, 0.5]
    assert [row["reason"] for row in rows[1:]] == ["the same words as in the earlier handoff 1. Do it."] * 2


def test_the_win_says_who_was_earlier_and_not_the_id() -> None:
    assert copies(said(1, WORDS, order=2), said(2, WORDS, order=1)) == {(1, 1): 0.0, (2, 1): 1.0}


def test_words_that_an_earlier_handoff_takes_over_later_make_no_copy() -> None:
    rows = [said(1, "something else entirely written down", 1), said(1, WORDS, 3), said(2, WORDS, 2), said(2, f"{WORDS}.", 4)]
    assert copies(*rows) == {(1, 1): 1.0, (1, 3): 1.0, (2, 2): 1.0, (2, 4): 1.0}


def test_a_copy_stays_one_until_the_words_change_and_original_words_stay_original() -> None:
    rows = [
        said(1, WORDS, 1),
        said(1, "quite other words stand here now", 2),
        said(2, WORDS, 1),
        said(2, f"{WORDS}.", 4),
        said(2, "my own few words here", 5),
    ]
    assert copies(*rows) == {(1, 1): 1.0, (1, 2): 1.0, (2, 1): 0.0, (2, 4): 0.0, (2, 5): 1.0}


def test_words_that_come_back_are_judged_anew() -> None:
    rows = [said(2, WORDS, 1), said(2, None, 2), said(1, WORDS, 2), said(2, WORDS, 3)]
    assert copies(*rows) == {(2, 1): 1.0, (2, 2): 0.0, (1, 2): 1.0, (2, 3): 0.0}


def test_short_texts_are_never_copies_and_placeholders_stay_placeholders() -> None:
    assert copies(said(1, "No risks known"), said(2, "No risks known")) == {(1, 1): 1.0, (2, 1): 1.0}
    assert copies(said(1, "TBC"), said(2, "TBC")) == {(1, 1): 0.0, (2, 1): 0.0}
    rule = {**TEXT, "copied_minimum_words": 3}
    assert copies(said(1, "No risks known"), said(2, "No risks known"), rule=rule) == {(1, 1): 1.0, (2, 1): 0.0}


def test_copies_are_looked_for_only_where_the_rule_asks() -> None:
    assert copies(said(1, WORDS), said(2, WORDS), rule={**TEXT, "copied": "allow"}) == {(1, 1): 1.0, (2, 1): 1.0}


TOLD = st.lists(
    st.tuples(st.integers(1, 5), st.integers(1, 4), st.sampled_from([None, WORDS, WORDS.upper(), "these are quite other words here"])),
    unique_by=lambda one: one[:2],
    min_size=1,
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(told=TOLD)
def test_copies_are_those_that_a_plain_search_finds(told: list[tuple[int, int, str | None]]) -> None:
    """An independent search in plain Python, handoff by handoff and night by night."""

    def letters(text: str | None) -> str:
        return "".join(sign for sign in (text or "").lower() if sign.isalnum())

    found = copies(*(said(handoff, text, batch) for handoff, batch, text in told))
    for handoff, batch, text in told:
        own = sorted((night, letters(words)) for one, night, words in told if one == handoff and night <= batch)
        since = batch
        for night, words in reversed(own):
            if words != letters(text):
                break
            since = night
        earlier = [1 for one, night, words in told if one < handoff and night <= since and words and letters(words) == letters(text)]
        assert found[handoff, batch] == (0.0 if text is None or earlier else 1.0)


def test_each_stretch_is_judged_by_its_own_policy() -> None:
    strict = policy_of({"kind": "present", "field": "it"}, weight=9, hard=True)
    rows = scored({"it": "x"}, {"it": "x", "slice_batch": 2, "policy_no": 2}, policy=strict, others={2: POLICY}).to_dicts()
    assert [(row["slice_batch"], row["item"], row["weight"]) for row in rows][:2] == [(1, "it", 9.0), (2, "signed_scope", 30.0)]
    assert len(rows) == 1 + len(POLICY.checklist.items)

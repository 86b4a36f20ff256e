"""Cards: valid by Microsoft's schema, within their size, and honest about what they leave out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft6Validator

from handoff_pipeline.channels.card_content import CardError, Content, Fact, Head, Link, Row, read
from handoff_pipeline.channels.card_people import Person
from handoff_pipeline.channels.card_trim import MOST_BYTES, SMALLER_BYTES
from handoff_pipeline.channels.cards import draw
from handoff_pipeline.channels.teams_message import message
from tests.channels.card_examples import CARDS, HOSTILE, NOW, READER, drawn, size_of

SCHEMA = json.loads((Path(__file__).parent / "schema" / "adaptive-card-1.5.json").read_text("utf-8"))
VALIDATOR = Draft6Validator(SCHEMA)
REFERENCE = "0f3c1a9b" * 4


def texts(element: object) -> list[str]:
    """Every text of a card."""
    if isinstance(element, dict):
        own = [element["text"]] if element.get("type") == "TextBlock" else []
        own += [element["title"], element["value"]] if set(element) == {"title", "value"} else []
        return own + [words for item in element.values() for words in texts(item)]
    return [words for item in element for words in texts(item)] if isinstance(element, list) else []


def said(name: str) -> str:
    return "\n".join(texts(drawn(name)["body"]))


def invalid(card: dict) -> list[str]:
    """What the schema says; `msteams` is Teams' own and unknown to it."""
    return [error.message[:200] for error in VALIDATOR.iter_errors({name: value for name, value in card.items() if name != "msteams"})]


@pytest.mark.parametrize("name", CARDS)
def test_the_card_is_valid_by_the_schema_of_1_5(name):
    assert invalid(drawn(name)) == []


FIELDS = {
    "title": lambda said: {"title": said},
    "summary": lambda said: {"summary": said},
    "answer": lambda said: {"answer": said},
    "name of a fact": lambda said: {"facts": (Fact(name=said, value="v"),)},
    "value of a fact": lambda said: {"facts": (Fact(name="n", value=said),)},
    "title of a row": lambda said: {"rows": (Row(title=said),)},
    "title of a row with a link": lambda said: {"rows": (Row(title=said, url="https://acme.halopsa.com/x"),)},
    "detail of a row": lambda said: {"rows": (Row(title="r", detail=said),)},
    "fix of a row": lambda said: {"rows": (Row(title="r", fix=said),)},
    "group of a row": lambda said: {"rows": (Row(title="r", group=said),)},
}


@pytest.mark.parametrize("field", FIELDS)
def test_customers_text_is_escaped_in_every_field_of_a_card(field):
    content = Content.model_validate({"card": "daily_card", "title": "t", "to": 7} | FIELDS[field](HOSTILE))
    shown = draw(content, READER, REFERENCE, size_of).card
    (hostile,) = [words for words in texts(shown["body"]) if "Everyone" in words]
    assert r"\[free\]\(https:/ /evil.example\) \*\*bold\*\* \_it" in hostile
    assert not [mark for mark in ("<at>", "{{", "\u202e", "\n", "\r", "https://evil") if mark in hostile]
    assert [entity["text"] for entity in shown["msteams"]["entities"]] == ["<at>Ann Bell</at>"]


@pytest.mark.parametrize("place", ["fallbackText", "button"])
def test_what_reads_no_markdown_gets_plain_letters_all_the_same(place):
    link = Link(title=HOSTILE, url="https://acme.halopsa.com/x")
    shown = draw(Content(card="daily_card", title=HOSTILE, links=(link,)), READER, REFERENCE, size_of).card
    said = shown["fallbackText"] if place == "fallbackText" else shown["actions"][0]["title"]
    assert not [mark for mark in ("<at>", "{{", "\u202e", "\n", "\r") if mark in said]


def test_the_schema_sees_what_is_wrong():
    card = drawn("owner")
    assert invalid({**card, "body": [{"type": "TextBlock"}]}) != []
    assert invalid({**card, "version": 1.5}) != []


@pytest.mark.parametrize("name", CARDS)
def test_the_content_comes_back_from_the_ledger_as_it_was(name):
    assert read(json.dumps(CARDS[name].document())) == CARDS[name]


@pytest.mark.parametrize("name", CARDS)
def test_the_card_says_what_it_is_and_which_intent_it_came_from(name):
    from handoff_pipeline.channels.card_kinds import look_of

    assert texts(drawn(name)["body"])[0] == look_of(CARDS[name]).label
    assert "reference 0f3c1a9b0f3c" in said(name)


def test_an_escalation_names_its_level_and_that_it_is_late():
    assert "Escalation, level 2" in said("escalation")
    assert "Was due Mon 23 Nov 2026, 17:00 GMT" in said("escalation")


def test_a_card_in_time_names_its_due_date_in_local_time():
    summer = replace(READER, now=NOW - timedelta(days=150))
    content = Content(card="owner_card", title="x", due=NOW - timedelta(days=140))
    card = draw(content, summer, REFERENCE, size_of).card
    assert "Due Wed 8 Jul 2026, 10:00 BST" in texts(card["body"])


def test_the_mention_has_its_entity():
    card = drawn("owner")
    assert "<at>Ann Bell</at>, this one is yours." in texts(card["body"])
    assert card["msteams"]["entities"][0]["mentioned"] == {"id": "ann.bell@msp.example", "name": "Ann Bell"}


def test_nobody_but_the_person_meant_is_mentioned():
    assert len(drawn("digest")["msteams"].get("entities", [])) == 0
    assert [entity["mentioned"]["id"] for entity in drawn("hostile")["msteams"]["entities"]] == ["ann.bell@msp.example"]


def test_the_digest_carries_the_whole_head_of_the_audit_chain():
    assert "18231:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" in said("head")


def test_a_heading_stands_once_over_neighbours_of_one_group():
    assert said("daily").count("Brightwater Dental") == 1


def test_a_card_that_is_too_large_loses_its_last_rows_and_says_how_many():
    found = draw(CARDS["crowded"], READER, REFERENCE, size_of)
    shown = sum(element.get("type") == "Container" for element in found.card["body"]) - 1
    assert size_of(found.card) <= MOST_BYTES
    assert 10 < shown < 40
    assert found.rows_left_out == 240 - shown
    assert f"{240 - shown} more rows not shown here: a Teams message is limited in size." in texts(found.card["body"])
    assert any("Gap 0:" in words for words in texts(found.card["body"]))


def test_a_row_more_would_have_been_too_large():
    found = draw(CARDS["crowded"], READER, REFERENCE, size_of)
    shown = 240 - found.rows_left_out
    more = CARDS["crowded"].model_copy(update={"rows": CARDS["crowded"].rows[: shown + 1]})
    assert draw(more, READER, REFERENCE, size_of).rows_left_out == found.rows_left_out


def test_facts_are_left_out_after_all_rows_and_counted():
    content = Content(
        card="digest", title="x", facts=tuple(Fact(name=str(number), value="ü" * 240) for number in range(90)), rows=(Row(title="y"),)
    )
    found = draw(content, READER, REFERENCE, size_of)
    assert found.rows_left_out == 1
    assert f"1 row and {found.facts_left_out} more facts not shown here: a Teams message is limited in size." in texts(found.card["body"])


def test_a_whole_card_says_nothing_of_missing_rows():
    assert "not shown" not in said("daily")


_WORDS = st.one_of(st.text(max_size=400), st.just(HOSTILE), st.just("\\*" * 400), st.just("𝔘" * 400))
_ROWS = st.builds(
    Row, title=_WORDS, detail=_WORDS, fix=_WORDS, group=_WORDS, weight=st.sampled_from([None, "hard", "good"]), owner=st.integers(0, 30)
)
_CONTENTS = st.builds(
    Content,
    card=st.just("digest"),
    title=_WORDS,
    to=st.sampled_from([0, 7, 23, 99]),
    summary=st.one_of(_WORDS, st.just("\\*" * 4000), st.just("𝔘" * 4000)),
    facts=st.lists(st.builds(Fact, name=_WORDS, value=_WORDS), max_size=60).map(tuple),
    rows=st.lists(_ROWS, max_size=60).map(tuple),
    links=st.lists(st.builds(Link, title=_WORDS, url=st.just("https://a.example/" + "x" * 980)), max_size=6).map(tuple),
    due=st.sampled_from([None, NOW]),
    head=st.one_of(st.none(), st.builds(Head, seq=st.integers(1, 10**9), row_hash=st.just("f" * 64))),
)


@settings(max_examples=25, deadline=None)
@given(_CONTENTS, st.sampled_from([MOST_BYTES, SMALLER_BYTES]))
def test_every_content_makes_a_valid_card_within_its_size(content, most):
    found = draw(content, replace(READER, people={**READER.people, 99: Person(99, "𝔘" * 90)}), REFERENCE, size_of, most)
    assert size_of(found.card) <= most
    assert invalid(found.card) == []
    assert 0 <= found.rows_left_out <= len(content.rows)
    json.loads(message(found.card, "workflow_template").decode("utf-8"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "content"),
        ("[]", "content"),
        ('{"card":"owner_card"}', "title"),
        ('{"card":"poem","title":"x"}', "card"),
        ('{"card":"digest","title":"x","rows":[{"titel":"y"}]}', r"rows\.0"),
        ('{"card":"digest","title":"x","due":"2026-11-23T09:00:00"}', "due"),
        ('{"card":"digest","title":"x","to":"7"}', "to"),
    ],
)
def test_what_is_no_card_is_refused_by_its_field(text, words):
    with pytest.raises(CardError, match=words):
        read(text)

"""Only people of the identity map are mentioned, and the map is checked against HaloPSA's agents."""

from __future__ import annotations

import pytest

from handoff_pipeline.channels.card_people import Agent, Person, is_identity, mention, name_of, people_of, problems_of

AGENTS = [
    Agent(7, "Ann Bell"),
    Agent(12, "Kofi Mensah"),
    Agent(13, "Lee Park"),
    Agent(14, "Lee Park"),
    Agent(15, "Gone Away", is_active=False),
]


def test_an_agent_is_found_by_name_or_by_number():
    people = people_of(AGENTS, {"ann bell ": "ann@msp.example", 12: "0b8f2a50-1111-2222-3333-444455556666"})
    assert people[7].identity == "ann@msp.example"
    assert people[12].identity == "0b8f2a50-1111-2222-3333-444455556666"


def test_a_name_that_two_agents_share_mentions_neither():
    people = people_of(AGENTS, {"Lee Park": "lee@msp.example"})
    assert [people[13].identity, people[14].identity] == ["", ""]


def test_what_is_no_identity_is_never_mentioned():
    assert people_of(AGENTS, {7: "<at>everyone</at>"})[7].identity == ""


@pytest.mark.parametrize("text", ["ann@msp.example", "ann.bell+x@msp.co.uk", "0B8F2A50-1111-2222-3333-444455556666"])
def test_a_sign_in_name_or_an_object_id_is_an_identity(text):
    assert is_identity(text)


@pytest.mark.parametrize("text", ["", "Ann Bell", "ann@", "@msp.example", "ann@msp example", "ann@@msp.example", "channel"])
def test_anything_else_is_none(text):
    assert not is_identity(text)


@pytest.mark.parametrize(
    ("identities", "wanted", "words"),
    [
        ({"Nobody": "n@msp.example"}, (), "no agent is called 'Nobody'"),
        ({"Lee Park": "lee@msp.example"}, (), r"2 agents are called 'Lee Park'. Use the agent's id \(13, 14\)"),
        ({"Gone Away": "g@msp.example"}, (), "'Gone Away' is not active"),
        ({"Ann Bell": "Ann"}, (), "what stands for 'Ann Bell' is no identity"),
        ({7: "ann@msp.example", 12: "ANN@msp.example"}, (), "12 and 7 have the same identity"),
        ({}, (7,), r"Ann Bell \(agent 7\) gets cards and has no identity"),
        ({}, (99,), "agent 99 gets cards and is not among HaloPSA's agents"),
    ],
)
def test_the_check_of_the_map_names_the_entry_and_the_fix(identities, wanted, words):
    found = problems_of(AGENTS, identities, wanted)
    assert len(found) == 1
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(found[0])


def test_a_sound_map_has_no_problems():
    assert problems_of(AGENTS, {"Ann Bell": "ann@msp.example", 13: "lee@msp.example"}, (7, 13, 0)) == []


def test_the_text_of_a_mention_is_the_entitys_to_the_letter():
    text, entities = mention(7, {7: Person(7, "Ann_*Bell*</at>[x]", "ann@msp.example")})
    assert text == "<at>Ann Bell at x</at>"
    assert entities == [{"type": "mention", "text": text, "mentioned": {"id": "ann@msp.example", "name": "Ann Bell at x"}}]


def test_a_person_without_identity_is_named_and_not_mentioned():
    assert mention(7, {7: Person(7, "Ann_Bell")}) == (r"**Ann\_Bell**", [])


def test_an_agent_whom_nobody_knows_has_his_number():
    assert name_of(99, {}) == "agent 99"
    assert name_of(0, {}) == ""

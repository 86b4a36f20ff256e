"""Who is who in Teams: HaloPSA agent ids to names and to the identities that a mention needs, and the check of that map.

Who is to be told is decided elsewhere. The one thing to know: only a person of this map is ever mentioned. A name out of a record is text,
and an agent without an identity is named and not mentioned, so that the card still goes out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from handoff_pipeline.channels.card_text import escaped, plain
from handoff_pipeline.policy.people import folded

MOST_NAME = 60
_UPN = re.compile(r"[^@\s<>\"'(),;:\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_OBJECT_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as HaloPSA has him."""

    agent_id: int
    name: str
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Person:
    """An agent with his identity in Teams: a user principal name or an Entra object id; empty where nobody has named it."""

    agent_id: int
    name: str
    identity: str = ""


def is_identity(text: str) -> bool:
    """Whether Teams can mention it: a user principal name (ann@example.com) or an object id."""
    return bool(_UPN.fullmatch(text) or _OBJECT_ID.fullmatch(text))


def people_of(agents: Iterable[Agent], identities: Mapping[int | str, str]) -> dict[int, Person]:
    """Every agent with the identity that the policy names for him, by his id or by his name; a name that two agents share names nobody."""
    known = list(agents)
    names = [folded(agent.name) for agent in known]
    named = {folded(key): value.strip() for key, value in identities.items()}

    def identity(agent: Agent) -> str:
        name = folded(agent.name)
        found = named.get(agent.agent_id) or (named.get(name, "") if names.count(name) == 1 else "")
        return found if is_identity(found) else ""

    return {agent.agent_id: Person(agent.agent_id, agent.name, identity(agent)) for agent in known}


def problems_of(agents: Iterable[Agent], identities: Mapping[int | str, str], wanted: Collection[int] = ()) -> list[str]:
    """What is wrong with the map, a sentence each with its fix.

    Entries that name nobody or two, that are no identity, that are given twice, that belong to an agent who has left; and agents of
    `wanted` (who get cards) that have none.
    """
    known = list(agents)
    found: list[str] = []
    users: dict[str, int | str] = {}
    for key, value in sorted(identities.items(), key=lambda entry: str(entry[0])):
        matching = [agent for agent in known if folded(key) in (folded(agent.name), agent.agent_id)]
        if not matching:
            found.append(f"teams.people: no agent is called {key!r}. Use the name as HaloPSA shows it, or the agent's id.")
        elif len(matching) > 1:
            ids = ", ".join(str(agent.agent_id) for agent in matching)
            found.append(f"teams.people: {len(matching)} agents are called {key!r}. Use the agent's id ({ids}).")
        elif not matching[0].is_active:
            found.append(f"teams.people: {key!r} is not active in HaloPSA any more. Take the entry out.")
        if not is_identity(value.strip()):
            found.append(f"teams.people: what stands for {key!r} is no identity. Use the sign-in name (ann@example.com) or the object id.")
        elif (before := users.setdefault(value.strip().casefold(), key)) != key:
            found.append(f"teams.people: {before!r} and {key!r} have the same identity. A mention of one would reach the other.")
    people = people_of(known, identities)
    for agent_id in sorted(set(wanted) - {0}):
        person = people.get(agent_id)
        if person is None:
            found.append(f"teams.people: agent {agent_id} gets cards and is not among HaloPSA's agents. Look at the policy's owners.")
        elif not person.identity:
            found.append(f"teams.people: {person.name} (agent {agent_id}) gets cards and has no identity: named, not mentioned. Add one.")
    return found


def name_of(agent_id: int, people: Mapping[int, Person]) -> str:
    """The agent's name for a text with markdown; empty for nobody."""
    if not agent_id:
        return ""
    person = people.get(agent_id)
    return escaped(person.name, MOST_NAME) if person and person.name.strip() else f"agent {agent_id}"


def mention(agent_id: int, people: Mapping[int, Person]) -> tuple[str, list[dict[str, Any]]]:
    """The text that addresses the agent and the entities that it needs: one for a person with an identity, else none and a bold name.

    The text in the body and in the entity must be the same to the letter, so the name in it has no sign that markdown reads.
    """
    person = people.get(agent_id)
    if person is None or not person.identity:
        return f"**{name_of(agent_id, people)}**", []
    letters = "".join(letter if letter.isalnum() or letter in " .-'’" else " " for letter in plain(person.name, MOST_NAME))
    name = " ".join(letters.split()) or f"agent {agent_id}"
    text = f"<at>{name}</at>"
    return text, [{"type": "mention", "text": text, "mentioned": {"id": person.identity, "name": name}}]

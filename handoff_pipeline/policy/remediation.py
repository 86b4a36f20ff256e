"""Who is told of a gap and by when it is to be closed: owners, those in their place, deadlines, quiet hours, cards, and what people answer.

Escalation past the deadline is `escalation.py`'s, deciding governance's. The one thing to know: hours are business hours of the calendar,
and the words that people write in notes are compared case aside, so no two of them may be one.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from handoff_pipeline.policy.people import AgentId, AgentName, People, Person
from handoff_pipeline.policy.sections import Section

SELLER: Final = "seller"
DELIVERY: Final = "delivery"
Owner = AgentId | AgentName
"""`seller` (the deal's agent), `delivery` (the project's agent), or an agent by name or number."""

BusinessHours = Annotated[float, Field(gt=0, le=2000, allow_inf_nan=False)]
Word = Annotated[str, Field(min_length=2, max_length=40, pattern=r"^\S(.*\S)?$")]
_Name = Annotated[str, Field(min_length=1)]


class SlaHours(Section):
    """Business hours within which a gap is to be closed, from the night or hour that found it."""

    hard: BusinessHours = Field(default=8.0, description="Gaps of hard items.")
    soft: BusinessHours = Field(default=24.0, description="Gaps of other items.")


class Cards(Section):
    """How often one person is told."""

    per_person_per_day: Annotated[int, Field(ge=1, le=24)] = Field(
        default=1, description="Cards that one person gets on one local day at most, single ones for hard gaps aside."
    )
    single_for_hard: bool = Field(default=True, description="Whether a gap of a hard item is told at once, with a card of its own.")
    announce_closure: bool = Field(default=True, description="Whether the owner is told that a gap was closed.")


class Acknowledge(Section):
    """What at HaloPSA says that the owner has seen the gap: a status of the opportunity, a word in a note, or a filled custom field."""

    statuses: list[_Name] = Field(default_factory=list, description="Statuses of the opportunity that acknowledge its gaps.")
    note_word: Word | None = Field(default="ACK", description="A note that begins with this word acknowledges.")
    field: _Name | None = Field(default=None, description="Custom field of the opportunity that acknowledges when it is filled.")


class Snooze(Section):
    """How an owner puts a gap off: a note with the word, the last day and a reason, or `handoff snooze`."""

    note_word: Word | None = Field(default="SNOOZE", description="A note that begins with this word, a day and a reason puts off.")
    maximum_days: Annotated[int, Field(ge=1, le=90)] = Field(default=14, description="Longest time to put a gap off, in days.")


class Appeal(Section):
    """How a seller says that a gap is none: kept as feedback on the item, and judged by people."""

    note_word: Word | None = Field(
        default="FALSE POSITIVE", description="A note that begins with this word appeals; the rest is the reason."
    )
    field: _Name | None = Field(default=None, description="Custom field of the opportunity that appeals when it is filled.")


class Absence(Section):
    """Days on which somebody is not there to be asked. HaloPSA shows who has left, and not who is on leave."""

    who: Person = Field(description="The agent, by name or number.")
    first_day: date = Field(description="The first local day away.")
    last_day: date = Field(description="The last local day away.")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError(
                f"{self.who} would be back on {self.last_day}, before leaving on {self.first_day}; swap first_day and last_day"
            )
        return self


class Remediation(Section):
    """Owners, deadlines, cards, and what people answer."""

    owner: Owner = Field(default=SELLER, description="Who owns a gap: seller, delivery, or an agent by name or number.")
    owners: dict[str, Owner] = Field(default_factory=dict, description="Item of the checklist to its owner, where that is another one.")
    managers: dict[_Name, Person] = Field(
        default_factory=dict, description="Team to who stands in for its absent people, by name or number."
    )
    fallback: People = Field(
        default_factory=list, description="Who stands in next, in this order, where the owner is absent and so is the team's manager."
    )
    last_resort: Person | None = Field(default=None, description="Who gets the gaps that are left without anybody.")
    absences: list[Absence] = Field(
        default_factory=list, description="Who is on leave, and when: gaps, escalations and approvals go to others meanwhile."
    )
    sla_hours: SlaHours = Field(default=SlaHours(), description="Business hours within which a gap is to be closed.")
    quiet_hours: Literal["outside_working_hours", "never"] = Field(
        default="outside_working_hours", description="When owners get no card: outside the calendar's working hours, or never."
    )
    cards: Cards = Field(default=Cards(), description="How often one person is told.")
    acknowledge: Acknowledge = Field(default=Acknowledge(), description="What says that the owner has seen the gap.")
    snooze: Snooze = Field(default=Snooze(), description="How an owner puts a gap off.")
    appeal: Appeal = Field(default=Appeal(), description="How a seller says that a gap is none.")

    @model_validator(mode="after")
    def _words_differ(self) -> Self:
        words = [("acknowledge", self.acknowledge.note_word), ("snooze", self.snooze.note_word), ("appeal", self.appeal.note_word)]
        told = [(key, word.casefold()) for key, word in words if word is not None]
        for key, word in told:
            for other, begun in told:
                if other != key and word.startswith(begun):
                    raise ValueError(
                        f'{key}.note_word "{word}" begins with {other}.note_word "{begun}": one note would say both; take another word'
                    )
        return self

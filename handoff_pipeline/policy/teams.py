"""Microsoft Teams: which channel gets what, who is who there, how a message is wrapped, and the cards that come by the calendar.

Webhook addresses are secrets and stand in the settings, never here; cards are the channel's. The one thing to know: a channel's name is the
name that HANDOFF_TEAMS_WEBHOOKS gives its address; what no channel is named for goes to `default`, the address in HANDOFF_TEAMS_WEBHOOK.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self, get_args

from pydantic import Field, model_validator

from handoff_pipeline.policy.people import Person, folded
from handoff_pipeline.policy.remediation import BusinessHours
from handoff_pipeline.policy.sections import Section

Purpose = Literal["owners", "escalations", "digest", "alerts"]
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)
DEFAULT_CHANNEL: Final = "default"
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

ChannelName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=60)]
Upn = Annotated[str, Field(pattern=r"^[^@\s<>\"']+@[^@\s<>\"']+\.[^@\s<>\"']+$", max_length=254)]


class Digest(Section):
    """When the week's digest is sent: local time of the tenant."""

    weekday: Weekday = Field(default="mon", description="Day of the week.")
    hour: Annotated[int, Field(ge=0, le=23)] = Field(default=8, description="Full hour, local time.")


class Teams(Section):
    """Channels, people, envelope, and cards by the calendar."""

    channels: dict[ChannelName, list[Purpose]] = Field(
        default_factory=dict,
        description="Channel to what it gets: owners, escalations, digest, alerts (in several, if you like); else default.",
    )
    people: dict[Person, Upn] = Field(
        default_factory=dict, description="Agent of HaloPSA, by name or number, to the person's sign-in name (UPN) in Microsoft 365."
    )
    envelope: Literal["workflow_template", "raw_card"] = Field(
        default="workflow_template",
        description="workflow_template: a message with the card attached, as Microsoft's template flow wants it; raw_card: the card alone.",
    )
    heartbeat_days: Annotated[int, Field(ge=1, le=60)] = Field(
        default=14, description="Days between signs of life: Microsoft turns a flow off that was not used for 90 days."
    )
    digest: Digest = Field(default=Digest(), description="When the week's digest is sent.")
    fold_after_hours: BusinessHours = Field(
        default=8.0, description="Business hours that a card waits for Teams at most; those that waited longer become one digest."
    )
    cards_per_hour: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=60, description="Cards that one channel gets within any hour at most; alerts have a bound of their own."
    )
    dead_man_hours: Annotated[int, Field(ge=2, le=24 * 14)] = Field(
        default=36, description="Hours without a successful night after which an alarm is sent."
    )

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        problems = []
        for purpose in PURPOSES:
            named = self.channels_for(purpose)
            if len(named) > 1 and purpose != "alerts":
                problems.append(f"channels: {', '.join(named)} all get {purpose}; leave it with one of them")
        for title, words in (
            ("people", [str(folded(person)) for person in self.people]),
            ("people, sign-in names", [upn.casefold() for upn in self.people.values()]),
        ):
            twice = sorted({word for word in words if words.count(word) > 1})
            if twice:
                problems.append(f"{title}: {', '.join(twice)} is there twice; keep one line for each person")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def channel_for(self, purpose: Purpose) -> str:
        """The name of the channel that gets cards of this purpose; of alerts, the first one."""
        return self.channels_for(purpose)[0]

    def channels_for(self, purpose: Purpose) -> list[str]:
        """The names of all channels of this purpose: several for alerts alone, which must not hang on one flow."""
        return [channel for channel, purposes in self.channels.items() if purpose in purposes] or [DEFAULT_CHANNEL]

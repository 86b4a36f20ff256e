"""What a card says, as data that knows no channel: the shape of `Intent.content` for Teams, written by governance and read back at sending.

How it looks is in cards; who may get it was decided before. People are HaloPSA agent ids here, their names are looked up at sending.
The one thing to know: rows come in the order of their weight, because a card that grows too large loses its last rows first.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from handoff_pipeline.errors import HandoffError

CardKind = Literal["owner_card", "daily_card", "escalation_card", "closure_card", "digest", "heartbeat", "alert_card", "dead_man_card"]
Alert = Literal["run", "check", "freshness", "tick"]
Weight = Literal["hard", "soft", "good", "warning", "attention"]


class CardError(HandoffError):
    """An intent's content is no card; the message names the field."""


class _Part(BaseModel):
    """Immutable, and a field that is not known is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Fact(_Part):
    """A name and a value, in the card's short table."""

    name: str
    value: str


class Link(_Part):
    """A button that opens a page. An address that is not https gets no button."""

    title: str
    url: str


class Row(_Part):
    """One thing of a list: a gap, a delivery whose end nobody knows, a line of the digest."""

    title: str
    detail: str = ""
    fix: str = ""
    group: str = Field(default="", description="The heading under which it stands, together with its neighbours of the same group.")
    weight: Weight | None = Field(default=None, description="Its colour and its word.")
    owner: int = Field(default=0, description="Agent id; 0 is nobody.")
    due: AwareDatetime | None = None
    url: str = Field(default="", description="The record in HaloPSA; its title becomes a link where this is https.")


class Head(_Part):
    """The audit chain's head, as the digest carries it off this host."""

    seq: int
    row_hash: str


class Content(_Part):
    """A whole card."""

    card: CardKind
    title: str
    to: int = Field(default=0, description="Agent id of the one who is mentioned; 0 is nobody.")
    summary: str = ""
    facts: tuple[Fact, ...] = ()
    rows: tuple[Row, ...] = Field(default=(), description="The most important first.")
    links: tuple[Link, ...] = ()
    due: AwareDatetime | None = None
    answer: str = Field(default="", description="How the one who is meant can answer, at the card's foot.")
    level: int | None = Field(default=None, description="Escalation level, on an escalation card.")
    channel: str = Field(default="", description="A name of HANDOFF_TEAMS_WEBHOOKS; empty or default is HANDOFF_TEAMS_WEBHOOK.")
    alert: Alert | None = Field(default=None, description="What failed, on an alert card.")
    total: int | None = Field(default=None, description="How many rows there are, where the sender has already left some out.")
    head: Head | None = None

    def document(self) -> dict[str, Any]:
        """As it goes into `Intent.content`: plain JSON values, defaults left out."""
        return self.model_dump(mode="json", exclude_defaults=True)


def read(text: str) -> Content:
    """The content of an intent, from its JSON.

    Raises:
        CardError: not JSON, not an object, or a field that `Content` does not have or has otherwise; no value is repeated.
    """
    try:
        return Content.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "content"
        raise CardError(f"The card's {field} cannot be used: {first['msg']}.", "Write it with Content(...).document().") from None

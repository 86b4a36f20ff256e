"""How the kinds of card differ: the label above the title, the colour of the head, and what is said to the person who is named.

The anatomy that they share is in cards. The one thing to know: colour never says anything alone; the label says it in words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from handoff_pipeline.channels.card_content import Alert, CardKind, Content


@dataclass(frozen=True, slots=True)
class Look:
    """`label` stands above the title, `style` is the head's container style, `colour` the label's, `address` follows the person's name."""

    label: str
    style: str
    colour: str
    address: str


LOOKS: Final[dict[CardKind, Look]] = {
    "owner_card": Look("Gap in a handoff", "warning", "Warning", ", this one is yours."),
    "daily_card": Look("Your open gaps", "accent", "Accent", ", these are yours today."),
    "escalation_card": Look("Escalation", "attention", "Attention", ", nobody has acted on this in time."),
    "closure_card": Look("Gap closed", "good", "Good", ", this is done."),
    "digest": Look("Digest", "accent", "Accent", ", please read this one."),
    "heartbeat": Look("Heartbeat", "emphasis", "Default", ", nothing to do."),
    "alert_card": Look("Alert", "attention", "Attention", ", please look at this."),
    "dead_man_card": Look("Alarm: no night has succeeded", "attention", "Attention", ", please look at this now."),
}

ALERT_LABELS: Final[dict[Alert, str]] = {
    "run": "Alert: a run failed",
    "check": "Alert: a check failed",
    "freshness": "Alert: out of date",
    "tick": "Alert: a sensor or schedule failed",
}


def look_of(content: Content) -> Look:
    """The look of this card; an escalation names its level, an alert what failed."""
    look = LOOKS[content.card]
    if content.alert is not None:
        return replace(look, label=ALERT_LABELS[content.alert])
    if content.level is not None:
        return replace(look, label=f"{look.label}, level {content.level}")
    return look

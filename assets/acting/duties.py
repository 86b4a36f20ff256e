"""What the product says of itself: a sign of life, alerts of what failed, and the alarm that no night succeeds. Pure.

When a run, check or tick failed is found by `sensing.failures`; how a card looks is the channel's. The one thing to know: these cards name
no customer and go out in every phase, each once: its key holds what failed, or the period that it is for.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Final

from assets.sensing.failures import Failure
from handoff_pipeline.channels.card_content import Alert, Content, Fact
from handoff_pipeline.governance.proposals import Proposal, expiry
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.actions import Action
from handoff_pipeline.policy.teams import PURPOSES

LONGEST: Final = 600


def heartbeats(policy: Policy, now: datetime, open_gaps: int, last_night: datetime | None, connected: Collection[str]) -> list[Proposal]:
    """The sign of life of the present period of `teams.heartbeat_days` days, in every channel that the policy uses.

    Each has a flow of its own, which Microsoft turns off if nobody uses it for 90 days; the rarest ones need it most.
    """
    day = policy.business_calendar.local_day(now)
    number = (day - date(1970, 1, 1)).days // policy.teams.heartbeat_days
    night = f"{last_night:%Y-%m-%d %H:%M} UTC" if last_night else "none yet"
    used = {channel for purpose in PURPOSES for channel in policy.teams.channels_for(purpose)}
    content = Content(
        card="heartbeat", title="The handoff pipeline is alive",
        facts=(Fact(name="Last night", value=night), Fact(name="Open gaps", value=str(open_gaps))),
    )  # fmt: skip
    channels = [*alert_channels(policy, connected), *sorted(used & set(connected))]
    return _alerts(policy, now, "heartbeat", f"heartbeat|{policy.teams.heartbeat_days}d-{number}", content, channels)


def alert_channels(policy: Policy, connected: Collection[str]) -> list[str]:
    """The channels that get alerts: those that the policy names and that have an address.

    Where none of these has one, every channel with an address: an alarm must not wait for a setting that nobody has made.
    """
    named = policy.teams.channels_for("alerts")
    return [channel for channel in named if channel in connected] or sorted(connected) or named


def alert_key(kind: Alert, key: str) -> str:
    """The card's key for one failure; `key` is what makes it this one and no other."""
    return f"alert|{kind}|{key}"


def alert_cards(policy: Policy, now: datetime, failure: Failure, connected: Collection[str]) -> list[Proposal]:
    """The cards of one failure, one in each channel for alerts."""
    content = Content(card="alert_card", title=failure.title, summary=failure.said[:LONGEST], alert=failure.kind)
    key = alert_key(failure.kind, failure.key)
    return _alerts(policy, now, "alert_card", key, content, alert_channels(policy, connected))


def further_cards(policy: Policy, now: datetime, number: int, connected: Collection[str]) -> list[Proposal]:
    """The card that counts what failed over the hour's bound; one an hour."""
    content = Content(
        card="alert_card", title=f"{number} further failure{'s' if number > 1 else ''}",
        summary="More failed than one hour has cards for. Each stands in alerts.jsonl, in the home on the pipeline's machine.",
    )  # fmt: skip
    return _alerts(policy, now, "alert_card", f"alert|further|{now:%Y-%m-%dT%H}", content, alert_channels(policy, connected))


def dead_man_cards(policy: Policy, now: datetime, since: datetime, connected: Collection[str]) -> list[Proposal]:
    """The alarm that no night has succeeded for too long, in each channel for alerts; once a local day while that goes on."""
    day = policy.business_calendar.local_day(now)
    hours = int((now - since).total_seconds() // 3600)
    content = Content(
        card="dead_man_card", title=f"No night has succeeded for {hours} hours",
        summary="Nothing is proposed meanwhile. Look at the last failed run, or run `handoff run`.",
        facts=(Fact(name="Since", value=f"{since:%Y-%m-%d %H:%M} UTC"),),
    )  # fmt: skip
    return _alerts(policy, now, "alert_card", f"dead_man|{day:%Y-%m-%d}", content, alert_channels(policy, connected))


def _alerts(policy: Policy, now: datetime, action: Action, key: str, content: Content, channels: Sequence[str]) -> list[Proposal]:
    """One proposal for each channel; the first has the key itself, so that it does not change where a channel is added."""
    every = list(dict.fromkeys(channels))
    return [
        Proposal(
            dedupe_key=key if number == 0 else f"{key}|{channel}", target="teams", action=action, effect="alert", mode="shadow",
            is_shadow=False, handoff_id=None, content=content.model_copy(update={"channel": channel}).document(), shown=content.title,
            not_before=now, expires_at=expiry(now, policy),
        )
        for number, channel in enumerate(every)
    ]  # fmt: skip

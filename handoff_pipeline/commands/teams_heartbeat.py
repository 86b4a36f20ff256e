"""`handoff teams heartbeat`: the sign of life, shown; and sent by hand, through the outbox, with --send.

The regular one is the jobs'. The one thing to know: it goes the way of every other card (proposed, claimed, posted once, kill switch
asked), so what it shows of a new address is what the next real card will meet.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from handoff_pipeline.clock import clock_for
from handoff_pipeline.commands.at_hand import open_ledger
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.screen import Json, emit, out, plain
from handoff_pipeline.commands.teams_people import gateway_for
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from handoff_pipeline.channels.card_content import Content
    from handoff_pipeline.ledger import Intent
    from handoff_pipeline.policy import Policy

EXAMPLES = """Examples:\n
handoff teams heartbeat\n
handoff teams heartbeat --send\n
handoff teams heartbeat --send --json
"""
LIFE: Final = timedelta(hours=1)
"""How long a sign of life that could not be sent is worth sending."""


def heartbeat(
    send: Annotated[bool, typer.Option("--send", help="Post one card to every channel; without it nothing is sent.")] = False,
    as_json: Json = False,
) -> None:
    """Show the sign of life of every channel; with --send, post it. Exits with 1 where a channel did not take it.

    It keeps a flow awake (Microsoft turns off one that was not used for 90 days) and proves a new address.
    """
    from handoff_pipeline.channels.teams import webhooks_of
    from handoff_pipeline.policy import load_policy

    settings = load_settings()
    policy = load_policy(settings.policy_file)
    channels = sorted(webhooks_of(settings))
    gateway = gateway_for(settings, policy)
    if gateway is None:
        raise HandoffError("Teams is not connected.", "Set HANDOFF_TEAMS_WEBHOOK; docs/operations.md says how to make the workflow.")
    intents = {channel: _intent(settings, policy, channel) for channel in channels}
    if not send:
        planned = {channel: gateway.plan(intent) for channel, intent in intents.items()}
        if as_json:
            emit({"sent": False, "requests": {channel: vars(request) for channel, request in planned.items()}})
            return
        for channel, request in planned.items():
            out().print(plain(f"{channel}: {request.method} {request.url}, {len(str(request.body).encode())} bytes"), soft_wrap=True)
        out().print(
            plain("Nothing was sent. `handoff teams heartbeat --send` posts them; `handoff teams preview` shows the card."), soft_wrap=True
        )
        return
    ended = _send(settings, policy, intents)
    if as_json:
        emit({"sent": True, "channels": ended})
    else:
        for channel, (state, detail) in ended.items():
            out().print(plain(f"{channel}: {state}{f', {detail}' if detail else ''}"), soft_wrap=True)
        out().print(
            plain("`accepted` means that the flow took it. Whether the card is there, only a look into the channel tells."), soft_wrap=True
        )
    raise typer.Exit(Exit.DONE if all(state == "accepted" for state, _ in ended.values()) else Exit.FAILED)


def sign_of_life(settings: Settings, policy: Policy, channel: str) -> Content:
    """The card."""
    from handoff_pipeline.channels.card_content import Content, Fact
    from handoff_pipeline.channels.card_rows import due_text
    from handoff_pipeline.warehouse.home import Home
    from handoff_pipeline.warehouse.read import published_manifest

    manifest = published_manifest(Home.of(settings))
    zone = policy.business_calendar.time_zone
    last = "none yet" if manifest is None else due_text(manifest.published_at_utc, zone).replace("\\", "")
    return Content(
        card="heartbeat",
        title="The pipeline can post here",
        summary="Sent by hand, to show that this channel's workflow takes cards.",
        facts=(Fact(name="Last published night", value=last),),
        channel=channel,
    )


def _intent(settings: Settings, policy: Policy, channel: str) -> Intent:
    """A heartbeat of its own for this second, so that it can be sent as often as a person likes."""
    from handoff_pipeline.governance.rollout import action_class
    from handoff_pipeline.ledger import Intent, canonical, intent_id_of, sha256_of
    from handoff_pipeline.policy.teams import DEFAULT_CHANNEL

    now = clock_for(settings.as_of).now()
    content = canonical(sign_of_life(settings, policy, "" if channel == DEFAULT_CHANNEL else channel).document())
    key, of_content = f"heartbeat|{channel}|by hand|{now:%Y-%m-%dT%H:%M:%S}", sha256_of(content)
    return Intent(
        intent_id=intent_id_of(settings.tenant_name, key),
        dedupe_key=key,
        target="teams",
        action="heartbeat",
        action_class=action_class("heartbeat", None, is_policy_exception=False, policy=policy),
        handoff_id=None,
        project_id=None,
        requested_by=0,
        content=content,
        content_hash=of_content,
        precondition="{}",
        precondition_hash=sha256_of("{}"),
        shown=f"Sign of life to channel {channel} [{of_content[:16]}]",
        amount_base=None,
        proposed_at=now,
        expires_at=now + LIFE,
    )


def _send(settings: Settings, policy: Policy, intents: dict[str, Intent]) -> dict[str, tuple[str, str | None]]:
    """Propose, approve and deliver these and nothing else; how each ended, with the reason."""
    from handoff_pipeline.channels.consent import Rules
    from handoff_pipeline.channels.deliver import deliver
    from handoff_pipeline.channels.kill_switch import kill_switch
    from handoff_pipeline.channels.sole import one_at_a_time

    clock = clock_for(settings.as_of)
    gateway = gateway_for(settings, policy)
    gateways: dict[str, Any] = {} if gateway is None else {"teams": gateway}
    is_thrown = kill_switch(settings)
    if is_thrown():
        raise HandoffError("The kill switch is thrown, so nothing is sent.", "`handoff kill-switch status` says by whom and why.")
    with open_ledger(settings) as ledger, one_at_a_time(settings.home, ledger) as still_held:
        ledger.intents.propose(intents.values())
        for intent in ledger.intents.by_state("proposed"):
            if intent.intent_id in {one.intent_id for one in intents.values()} and intent.action_class == "automatic":
                ledger.intents.approve(intent.intent_id, clock.now())
        chosen = frozenset(intent.intent_id for intent in intents.values())
        run_id = f"by-hand-{min(chosen)[:12]}"
        report = asyncio.run(deliver(ledger, gateways, Rules.of(policy), clock, run_id, is_thrown, still_held=still_held, only=chosen))
        ended: dict[str, tuple[str, str | None]] = {}
        for channel, intent in intents.items():
            found = ledger.intents.get(intent.intent_id) or intent
            ended[channel] = (found.state, found.detail or report.held.get(found.intent_id))
    return ended

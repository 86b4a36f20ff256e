"""`handoff outbox settle`: a person's word on a delivery of which nobody knows whether it arrived, where no look can tell.

What can be looked up is settled by the delivery. The one thing to know: HaloPSA is looked at here once more before a word counts, and what
a person has settled is at its end: it is never sent again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from handoff_pipeline.clock import clock_for
from handoff_pipeline.commands.at_hand import IntentId, Reason, Yes, intent_named, may_write, need_reason, open_ledger, os_user
from handoff_pipeline.commands.outbox import show_before, told
from handoff_pipeline.commands.screen import Json
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from handoff_pipeline.ledger import Intent

EXAMPLES = """Examples:\n
handoff outbox settle 5c0ffee01234 --as accepted --reason "the card is in the channel, 09:12"\n
handoff outbox settle 5c0ffee01234 --as failed --reason "no such card in the channel" --yes
"""
UNREADABLE: Final = frozenset({"teams", "power_automate", "zapier", "make"})
"""Targets at which nobody can look an effect up, so a person says what became of it."""
HALOPSA: Final = "halopsa"


def settle(
    intent: IntentId,
    as_state: Annotated[
        Literal["accepted", "failed"], typer.Option("--as", help="accepted: you have seen it there; failed: it is not there.")
    ],
    reason: Reason,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Say what became of an uncertain delivery that cannot be looked up. It is never sent again.

    Of HaloPSA that is so where a look of this moment cannot tell, for example among too many notes of one ticket.
    """
    settings = load_settings()
    need_reason(reason)
    with open_ledger(settings) as ledger:
        found = intent_named(ledger, intent)
        is_seen_nowhere = found.target in UNREADABLE
        if found.state != "uncertain" or not (is_seen_nowhere or found.target == HALOPSA):
            raise HandoffError(
                f"Intent {found.intent_id} is {found.state} at {found.target}; only what is uncertain and cannot be looked up is settled.",
                "`handoff outbox list --state uncertain` lists what waits for you or for the next delivery.",
            )
        blind = "" if is_seen_nowhere else f" (looked himself; the product cannot: {_why_blind(settings, found)})"
        show_before(found, as_json=as_json)
        is_written = may_write(f"Have you looked yourself? Settle it as {as_state}?", yes=yes, as_json=as_json)
        if is_written:
            detail = f"said by os:{os_user()}: {reason.strip()}{blind}"
            found = ledger.intents.settle(found.intent_id, as_state, clock_for(settings.as_of).now(), detail)
    told(found, f"Settled as {as_state}.", as_json=as_json, is_written=is_written)


def _why_blind(settings: Settings, found: Intent) -> str:
    """Why a look at HaloPSA cannot tell whether the effect is there.

    Raises:
        HandoffError: it can tell, or HaloPSA cannot be looked at now, which passes.
    """
    from handoff_pipeline.channels.gateway import Unfit
    from handoff_pipeline.halo.errors import ProtocolError

    try:
        state = asyncio.run(_look(settings, found))
    except (Unfit, ProtocolError) as blind:
        return blind.message
    raise HandoffError(
        f"Intent {found.intent_id} can be looked up in HaloPSA (its effect is {state}), so nobody's word is needed.",
        "The next delivery settles it: what is absent once its request can no longer be under way may be sent again.",
    )


async def _look(settings: Settings, found: Intent) -> str:
    from handoff_pipeline.channels.halo_gateway import HaloGateway
    from handoff_pipeline.channels.halo_writes import HaloForms
    from handoff_pipeline.halo.writer import writing
    from handoff_pipeline.policy import load_policy

    async with writing(settings, clock_for(settings.as_of)) as writer:
        gateway = HaloGateway(writer, HaloForms.of(load_policy(settings.policy_file)))
        return (await gateway.look(found)).state

"""Delivering: the gateways that the settings allow, one run of the outbox, and what follows in the ledger once something has arrived.

How a thing is sent, and when it is not, is channels'. The one thing to know: a far side that cannot be reached is left out of the run, and
what is meant for it waits; the others are served all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from typing import Final

from assets.acting.consents import has_writer, place_questions
from assets.acting.deciding import has_teams
from handoff_pipeline.channels import card_content
from handoff_pipeline.channels.card_people import Agent as Reader
from handoff_pipeline.channels.consent import Rules
from handoff_pipeline.channels.deliver import deliver
from handoff_pipeline.channels.delivered import Delivered
from handoff_pipeline.channels.gateway import Gateway
from handoff_pipeline.channels.halo_gateway import HaloGateway
from handoff_pipeline.channels.halo_writes import HaloForms
from handoff_pipeline.channels.held_fields import FOLDER, HeldFields
from handoff_pipeline.channels.kill_switch import kill_switch, throw
from handoff_pipeline.channels.recover import LEFT_BEHIND
from handoff_pipeline.channels.sole import one_at_a_time
from handoff_pipeline.channels.teams import teams_gateway, webhooks_of
from handoff_pipeline.clock import Clock
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.governance.cards_due import TOLD
from handoff_pipeline.governance.escalation import escalation_row
from handoff_pipeline.governance.remediation_rows import People
from handoff_pipeline.halo.writer import writing
from handoff_pipeline.ledger import AuditHead, Ledger
from handoff_pipeline.policy import Policy
from handoff_pipeline.settings import Settings

HALOPSA: Final = "halopsa"
TEAMS: Final = "teams"


def targets_of(settings: Settings) -> frozenset[str]:
    """The far sides that something may be sent to."""
    return frozenset(([HALOPSA] if has_writer(settings) else []) + ([TEAMS] if has_teams(settings) else []))


def readers_of(people: People) -> list[Reader]:
    """The agents as cards name them."""
    return [Reader(agent.agent_id, agent.name, agent.is_active) for agent in people.agents.values()]


async def drain(ledger: Ledger, people: People, settings: Settings, policy: Policy, clock: Clock, run_id: str) -> Delivered:
    """Deliver what is due, and write down what follows from it.

    Raises:
        DeliveryUnderWay: another process delivers, or may. HandoffError: the ledger refuses a move. SettingsError: an address of Teams
            that nothing may be sent to; what is meant for HaloPSA was delivered before it is raised, and cards wait. FieldsLost: HaloPSA
            emptied custom fields that were not written; the kill switch is thrown.
    """
    with one_at_a_time(settings.home, ledger) as still_held:
        is_thrown = kill_switch(settings)
        if is_thrown():
            return Delivered(run_id, stopped="the kill switch is thrown")
        wanted = {one.target for one in (*ledger.intents.due(clock.now()), *ledger.intents.by_state(*LEFT_BEHIND))}
        held = HeldFields(settings.home.absolute() / FOLDER, lambda reason: throw(settings, "handoff", reason, clock.now()))
        async with AsyncExitStack() as stack:
            gateways, troubles = await _gateways(stack, wanted, people, settings, policy, clock, held)
            report = await deliver(ledger, gateways, Rules.of(policy), clock, run_id, is_thrown, still_held=still_held)
        report.troubles.extend(troubles)
        follow_up(ledger, clock)
        held.alarm()
        if TEAMS in wanted:
            webhooks_of(settings)
    return report


async def _gateways(
    stack: AsyncExitStack, wanted: Iterable[str], people: People, settings: Settings, policy: Policy, clock: Clock, held: HeldFields
) -> tuple[Mapping[str, Gateway], list[str]]:
    """The gateways that have something to do, open until the stack closes, and why one is missing."""
    found: dict[str, Gateway] = {}
    troubles: list[str] = []
    targets = set(wanted) & targets_of(settings)
    if HALOPSA in targets:
        try:
            found[HALOPSA] = HaloGateway(await stack.enter_async_context(writing(settings, clock)), HaloForms.of(policy), held)
        except HandoffError as trouble:
            troubles.append(f"HaloPSA could not be reached for writing: {trouble}")
    if TEAMS in targets:
        try:
            teams = teams_gateway(settings, policy.teams, readers_of(people), policy.business_calendar.time_zone, clock)
        except HandoffError as trouble:
            troubles.append(trouble.message)
        else:
            found |= {} if teams is None else {TEAMS: teams}
    return found, troubles


def follow_up(ledger: Ledger, clock: Clock) -> None:
    """What the ledger keeps of things that have arrived: where questions stand, whom escalations reached, which audit heads are kept."""
    place_questions(ledger, clock)
    kept = {(head.seq, head.row_hash) for head in ledger.audit.heads()}
    # All that ever arrived is looked through; only what is new is written, which costs a commit each.
    reached = {(one.gap_id, one.level, one.to_agent_id) for one in ledger.people.escalations()}
    for intent in ledger.intents.by_state(*TOLD):
        escalation = escalation_row(intent)
        if escalation is not None:
            if (escalation.gap_id, escalation.level, escalation.to_agent_id) not in reached:
                ledger.people.escalated(escalation)
        elif intent.action == "audit_head" and intent.state == "accepted":
            head = card_content.read(intent.content).head
            if head is not None and (head.seq, head.row_hash) not in kept:
                ledger.audit.keep_head(AuditHead(head.seq, head.row_hash, intent.settled_at or clock.now(), intent.target, intent.far_ref))

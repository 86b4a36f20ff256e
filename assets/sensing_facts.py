"""What the sensors' ticks look at: the manifest, the ledger, and the published copy where there is anything to do about it.

What follows from it is decided in `assets/sensing`. The one thing to know: the work file is never opened here, and a ledger that does not
exist yet is not made, so a tick waits for nobody and changes nothing by looking.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from assets.acting import work
from assets.acting.consents import has_writer
from assets.acting.deciding import state_of
from assets.acting.delivering import targets_of
from assets.acting.freshness import why_not
from assets.acting.work import Installation
from assets.sensing.approvals import ApprovalFacts
from assets.sensing.deliveries import DeliveryFacts
from assets.sensing.escalations import EscalationFacts
from assets.sensing.gaps import GapFacts
from handoff_pipeline.channels.consent import Rules
from handoff_pipeline.channels.kill_switch import kill_switch
from handoff_pipeline.channels.lanes import READ, Lanes
from handoff_pipeline.channels.recover import LATE, LEFT_BEHIND
from handoff_pipeline.governance.escalation import escalation_cards
from handoff_pipeline.governance.situation import situation_of
from handoff_pipeline.ledger import Intent, is_ledger
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse.home import Home

TICK: Final = "tick"


@contextmanager
def looked_at(settings: Settings) -> Iterator[Installation | None]:
    """The installation for one tick; None where it has no ledger yet."""
    if not is_ledger(Home.of(settings).ledger):
        yield None
        return
    with work.installation(settings, TICK) as at:
        yield at


def gap_facts(at: Installation | None, *, under_way: bool) -> GapFacts:
    """The publication and its open gaps."""
    if at is None or at.manifest is None:
        return GapFacts(None, None, is_done=False, gap_ids=(), is_under_way=under_way)
    publication = work.period_of(at.manifest)
    done = at.ledger.calendar.is_done(work.REMEDIATED, publication)
    opened = () if done else tuple(gap.gap_id for gap in at.rows.gaps if gap.is_open)
    return GapFacts(publication, why_not(at.manifest, at.policy, at.now), is_done=done, gap_ids=opened, is_under_way=under_way)


def escalation_facts(at: Installation | None, *, under_way: bool) -> EscalationFacts:
    """The escalation cards that are due and not proposed."""
    why = "there is no ledger yet" if at is None else why_not(at.manifest, at.policy, at.now)
    if at is None or why is not None:
        return EscalationFacts(why, (), (), under_way)
    state = state_of(at.ledger, at.settings, at.policy, at.now)
    cards = list(escalation_cards(situation_of(at.rows.gaps, at.rows.people, state, at.policy, at.now)))
    new = [card.dedupe_key for card in cards if card.dedupe_key not in state.by_key]
    gaps = ["|".join(key.removeprefix("shadow|").split("|")[1:4]) for key in new]
    return EscalationFacts(None, new, gaps, under_way)


def approval_facts(at: Installation | None, *, under_way: bool) -> ApprovalFacts:
    """What waits for an approver: intents, and exceptions that somebody asked for."""
    if at is None:
        return ApprovalFacts((), (), has_writer=False, is_under_way=under_way)
    waiting = [one.approval_id for one in at.ledger.approvals.all() if one.result == "pending" and one.kind in {"intent", "override"}]
    proposed = [one for one in at.ledger.intents.by_state("proposed") if one.action_class != "automatic" and not one.is_shadow]
    requested = [one for one in at.ledger.people.overrides() if one.state == "requested" and at.policy.rollout.is_acting]
    ends = {one.intent_id: one.expires_at for one in proposed} | {one.override_id: one.expires_at for one in requested}
    unasked = [subject for subject, end in ends.items() if end > at.now and not at.ledger.approvals.of(subject)]
    return ApprovalFacts(waiting, unasked, has_writer=has_writer(at.settings), is_under_way=under_way)


def delivery_facts(at: Installation | None, *, under_way: bool) -> DeliveryFacts:
    """What is due, and what of it may go out."""
    if at is None:
        return DeliveryFacts((), 0, (), is_killed=False, is_under_way=under_way)
    targets, rules = targets_of(at.settings), Rules.of(at.policy)
    due = at.ledger.intents.due(at.now)
    lanes = Lanes.of(at.ledger.intents.by_state(*READ) if due else (), at.now)
    out = [one for one in due if one.target in targets and (rules.held_back(one, at.now) or lanes.objection(one)) is None]
    left = [one for one in at.ledger.intents.by_state(*LEFT_BEHIND) if one.target in targets and _may_be_concluded(one, at.now)]
    return DeliveryFacts(
        due=[one.intent_id for one in out],
        held=len(due) - len(out),
        left_behind=[one.intent_id for one in left],
        is_killed=kill_switch(at.settings)(),
        is_under_way=under_way,
    )


def _may_be_concluded(one: Intent, now: datetime) -> bool:
    """Whether a delivery could make anything of an intent that was left behind: a card whose end nobody knows is for a person."""
    if one.state == "uncertain" and one.target == "teams":
        return False
    return one.claimed_at is None or now - one.claimed_at >= LATE

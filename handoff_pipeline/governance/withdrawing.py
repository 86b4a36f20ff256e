"""Intents that wait and are not to be sent any more: what they say is no longer true, or something else says it. Pure.

What is proposed in their place is decided in the other modules. The one thing to know: a resolved gap never gets a card, so between
proposal and sending (quiet hours, an approver, an outage) every waiting intent is asked again whether it still holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import orjson

from handoff_pipeline.governance.asking import ACTION as ASKING
from handoff_pipeline.governance.catching_up import CATCH_UP, covered_by, waiting
from handoff_pipeline.governance.catching_up_rows import OF_A_GAP, gap_id_of
from handoff_pipeline.governance.releasing import RELEASE, held_again
from handoff_pipeline.governance.rollout import EFFECT_OF, Effect, Mode, allowed
from handoff_pipeline.governance.situation import Situation
from handoff_pipeline.governance.writeback import strongest_mode
from handoff_pipeline.ledger.records_action import Intent

Why = Callable[[Situation, Intent], str | None]
_EFFECTS: Final[Mapping[str, Effect]] = {action: effect for action, effect in EFFECT_OF.items()}  # noqa: C416 - widens the key's type
_ALWAYS: Final = frozenset(action for action, effect in EFFECT_OF.items() if effect == "alert")


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An intent that is not to be sent any more, and why."""

    intent_id: str
    detail: str


def withdrawn(situation: Situation) -> list[Withdrawal]:
    """Every waiting intent that is to be taken back, by id."""
    return _taken_back(situation, _why)


def lowered(situation: Situation) -> list[Withdrawal]:
    """Those of them that the rollout alone takes back: asked before every delivery, also where no figures are fresh."""
    return _taken_back(situation, _lowered)


def _taken_back(situation: Situation, why: Why) -> list[Withdrawal]:
    found = ((one.intent_id, why(situation, one)) for one in waiting(situation))
    return sorted((Withdrawal(intent_id, said) for intent_id, said in found if said is not None), key=lambda each: each.intent_id)


def _why(situation: Situation, one: Intent) -> str | None:
    if one.dedupe_key.startswith(RELEASE):
        return held_again(situation, one)
    said = _lowered(situation, one)
    untrue = _WHY.get(one.action)
    if said is None and untrue is not None and one.rollback_of is None:
        said = untrue(situation, one)
    if said is not None:
        return said
    digest = covered_by(situation, one)
    return None if digest is None else f"Waited too long; digest {digest.intent_id} holds what is still open."


def _lowered(situation: Situation, one: Intent) -> str | None:
    """What was approved when more was allowed is not sent: phase, pilot and modes are those of today. What undoes goes its way."""
    rollout = situation.policy.rollout
    if one.action in _ALWAYS or one.rollback_of is not None:
        return None
    if not rollout.is_acting:
        return f"The rollout is back in phase {rollout.phase}, in which nothing acts."
    if one.action == ASKING:
        return _asks_for_nothing(situation, one, _lowered)
    effect, about = _EFFECTS.get(one.action), _about(situation, one)
    if effect is None or not about or any(allowed(rollout.phase, *each, effect) == "act" for each in about):
        return None
    return "Its items, or the pilot, were changed since: by today's policy it is only recorded."


def _about(situation: Situation, one: Intent) -> list[tuple[Mode, bool]]:
    """Mode, and membership of the pilot, of everything that an intent is about."""
    if one.action == "digest":
        return [(strongest_mode(situation.policy), True)]  # as it is proposed: its gaps are those of its lane at the time
    if one.action == "daily_card":
        gaps = [each.gap for each in situation.gaps if str(each.owner_id) == one.dedupe_key.split("|")[1]]
    elif one.action in {*OF_A_GAP, "closure_card"}:
        gaps = [each.gap for each in situation.gaps if each.gap.gap_id == gap_id_of(one)]
    else:
        gaps = [each.gap for each in situation.gaps if each.gap.handoff_id == one.handoff_id]
    if one.action == "halo_score_fields":
        return [(strongest_mode(situation.policy), gap.in_pilot) for gap in gaps]
    return [(gap.mode, gap.in_pilot) for gap in gaps]


def _asks_for_nothing(situation: Situation, one: Intent, why: Why) -> str | None:
    """Nobody is asked about what has ended, or ends now for the reason that `why` finds."""
    asked = orjson.loads(one.content).get("subject_id")
    subject = next((each for each in situation.state.intents if each.intent_id == asked), None)
    if subject is None or (subject.state == "proposed" and why(situation, subject) is None):
        return None
    return f"Nothing waits for it any more: intent {subject.intent_id} has its end."


def _not_open(situation: Situation, one: Intent) -> str | None:
    is_asked = any(each.gap.gap_id == gap_id_of(one) for each in situation.working)
    return None if is_asked else "The gap was closed or put off before the card was sent."


def _not_closed(situation: Situation, one: Intent) -> str | None:
    is_open = any(each.gap.is_open and each.gap.gap_id == gap_id_of(one) for each in situation.gaps)
    return "The gap is open again." if is_open else None


def _not_blocked(situation: Situation, one: Intent) -> str | None:
    is_asked = any(each.gap.handoff_id == one.handoff_id and each.gap.mode == "enforce" for each in situation.working)
    return None if is_asked else "No gap is left to block the deal for."


def _not_the_last(situation: Situation, one: Intent) -> str | None:
    """A later note, value or head says what is true now."""
    rivals = [
        each for each in situation.state.intents
        if (each.action, each.handoff_id, each.is_shadow, each.rollback_of) == (one.action, one.handoff_id, False, None)
    ]  # fmt: skip
    last = max(rivals, key=lambda each: (each.proposed_at, each.intent_id))
    return None if last.intent_id == one.intent_id else f"Superseded by {last.intent_id}."


def _told_later(situation: Situation, one: Intent) -> str | None:
    """A digest counts from the last one that was taken, so a later one says all that this one does; only the week's has the owners."""
    is_weekly = "-W" in one.dedupe_key
    later = [
        each for each in situation.state.intents
        if each.action == "digest" and not each.is_shadow and not each.dedupe_key.startswith(CATCH_UP)
        and each.proposed_at > one.proposed_at and ("-W" in each.dedupe_key or not is_weekly)
    ]  # fmt: skip
    return f"Superseded by {later[0].intent_id}." if later and not one.dedupe_key.startswith(CATCH_UP) else None


_WHY: Final[Mapping[str, Why]] = MappingProxyType(
    {
        **dict.fromkeys(OF_A_GAP, _not_open),
        "closure_card": _not_closed,
        "halo_blocking": _not_blocked,
        "halo_note": _not_the_last,
        "halo_score_fields": _not_the_last,
        "audit_head": _not_the_last,
        ASKING: lambda situation, one: _asks_for_nothing(situation, one, _why),
        "digest": _told_later,
    }
)

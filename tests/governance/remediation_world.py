"""A small world of gaps, agents and policy for remediation: every moment and deadline here can be counted by eye."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from handoff_pipeline.channels.card_content import Content
from handoff_pipeline.governance.proposals import Proposal, as_intent
from handoff_pipeline.governance.remediation import decide
from handoff_pipeline.governance.remediation_rows import Agent, GapRow, GapState, People, RecordRow, RemediationState
from handoff_pipeline.ledger.canonical import canonical
from handoff_pipeline.ledger.intent_states import FINAL, State
from handoff_pipeline.ledger.records_action import Intent
from handoff_pipeline.policy import Policy, load_policy
from handoff_pipeline.policy.rollout import Rollout

ALICE, BEN, GRACE, IVY, LAURA = 11, 12, 13, 14, 15
PEOPLE = People.of(
    [
        Agent(ALICE, "Alice Archer", "Sales North"),
        Agent(BEN, "Ben Okafor", "Sales North"),
        Agent(GRACE, "Grace Lee", "Sales Enterprise"),
        Agent(IVY, "Ivy Chen", "Projects"),
        Agent(LAURA, "Laura Svensson", "Management"),
        Agent(16, "Oscar Diaz", "Projects"),
        Agent(17, "Quentin Blake", "Finance"),
    ]
)
EXAMPLE = load_policy(Path(__file__).parents[2] / "handoff.yaml")
TENANT = "msp"
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""Monday, an hour before opening; London is on UTC and works from 9:00 to 17:30."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def policy(phase: str = "operate", mode: str = "warn", **sections: dict[str, Any]) -> Policy:
    """The example policy in a phase, all items in one mode, with some keys of its sections changed."""
    rollout = {"phase": phase, "pilot": {"teams": ["Sales North"]}, "moved_by": LAURA, "moved_on": date(2026, 11, 2)}
    items = [item.model_copy(update={"mode": mode}) for item in EXAMPLE.checklist.items]
    update: dict[str, Any] = {
        "rollout": Rollout.model_validate(rollout),
        "checklist": EXAMPLE.checklist.model_copy(update={"items": items}),
    }
    for name, keys in sections.items():
        section = update.get(name, getattr(EXAMPLE, name))
        update[name] = type(section).model_validate(section.model_dump() | keys)
    return EXAMPLE.model_copy(update=update)


def gap(handoff_id: int = 1, item: str = "signed_scope", detected: str = "2026-11-23T02:00:00", **changed: Any) -> GapRow:
    moment = at(detected)
    row = GapRow(
        gap_id=f"{handoff_id}|{item}|{moment:%Y-%m-%dT%H:%M:%S}", handoff_id=handoff_id, item=item,
        title=item.replace("_", " ").capitalize(), is_hard=item in {"signed_scope", "margin_floor"}, mode="warn", state="open",
        reason=f"Nothing is entered. Fill in {item}.", fix=f"Fill in {item}.", detected_at=moment, seller_id=BEN, delivery_id=IVY,
        client_name="Harbour Dental", handoff_title="Managed onboarding", source_url=f"https://halo.example/tickets?id={handoff_id}",
    )  # fmt: skip
    return replace(row, **changed)


def closed(row: GapRow, when: str, state: GapState = "resolved") -> GapRow:
    return replace(row, state=state, resolved_at=at(when))


def record(handoff_id: int = 1, **changed: Any) -> RecordRow:
    row = RecordRow(
        handoff_id=handoff_id, seen_at=MONDAY, score=60.0, open_gaps=1, signoff_state="none", status_id=21, blocking_status_id=40,
        fields_seen={"CFHandoffScore": "", "CFHandoffGaps": "", "CFHandoffSignoff": ""}, amount_base=Decimal(9_000),
    )  # fmt: skip
    return replace(row, **changed)


def kept(state: RemediationState, proposals: Iterable[Proposal], now: datetime, of: Policy, settle: State = "approved") -> RemediationState:
    """The state after the proposals were put into the ledger; real ones are brought into the state named."""
    new: list[Intent] = []
    for one in proposals:
        intent = as_intent(one, TENANT, of, now)
        settled_at = now if settle in {*FINAL, "uncertain"} else None
        new.append(intent if intent.is_shadow else replace(intent, state=settle, settled_at=settled_at))
    return replace(state, intents=(*state.intents, *new))


def of_action(proposals: Sequence[Proposal], action: str) -> list[Proposal]:
    return [one for one in proposals if one.action == action]


OPERATE = policy()
NOTHING = RemediationState()
HARD, SOFT = gap(), gap(item="dependencies")


def card(proposal: Proposal) -> Content:
    """What the card of a proposal says."""
    return Content.model_validate_json(canonical(proposal.content))


def keys(
    gaps: Sequence[GapRow], state: RemediationState, now: datetime, of: Policy = OPERATE, action: str | None = None, **more: Any
) -> list[str]:
    """Keys of what is decided, of one action where it is named."""
    return [one.dedupe_key for one in decide(gaps, PEOPLE, state, of, now, **more) if action in {None, one.action}]


def after(
    gaps: Sequence[GapRow], state: RemediationState, now: datetime, of: Policy = OPERATE, settle: State = "accepted"
) -> RemediationState:
    """The state once all that is decided was brought into a state."""
    return kept(state, decide(gaps, PEOPLE, state, of, now), now, of, settle)

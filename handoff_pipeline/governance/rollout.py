"""Which effect may happen: the table of phase, item mode, pilot and effect, and the class of an action.

Phase, cohort and classes are the policy's, who is in the cohort is `sql/marts/dim_handoff.sql`'s; proposing and delivering are other
modules'. The one thing to know: what may not act is not forgotten but recorded, as an intent that is marked shadow and never sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import product
from types import MappingProxyType
from typing import Final, Literal, get_args

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.actions import ACTIONS, Action, ActionClass
from handoff_pipeline.policy.rollout import PHASES, Phase

Mode = Literal["shadow", "warn", "enforce"]
Effect = Literal["owner_card", "note", "score_field", "status", "escalation", "digest", "provision", "client_visible", "alert"]
Allowance = Literal["act", "record"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
EFFECTS: Final[tuple[Effect, ...]] = get_args(Effect)

_REACH: Final[Mapping[Phase, frozenset[bool]]] = MappingProxyType(
    {
        "shadow": frozenset(),
        "freeze": frozenset(),
        "pilot": frozenset({True}),
        "expand": frozenset({True, False}),
        "operate": frozenset({True, False}),
    }
)
"""Phase to the handoffs that it acts for: True those in the pilot, False all others."""

_TELLING: Final = frozenset[Mode]({"warn", "enforce"})
_CHANGING: Final = frozenset[Mode]({"enforce"})
_ACTING_MODES: Final[Mapping[Effect, frozenset[Mode]]] = MappingProxyType(
    {
        "owner_card": _TELLING,
        "note": _TELLING,
        "score_field": _TELLING,
        "escalation": _TELLING,
        "digest": _TELLING,
        "status": _CHANGING,
        "provision": _CHANGING,
        "client_visible": _CHANGING,
    }
)
"""Effect to the item modes in which it may act. An alert is of no item: it tells of the pipeline itself and of no customer."""

Cell = tuple[Phase, Mode, bool, Effect]


def _cell(phase: Phase, mode: Mode, is_in_pilot: bool, effect: Effect) -> Allowance:
    if effect == "alert":
        return "act"
    return "act" if is_in_pilot in _REACH[phase] and mode in _ACTING_MODES[effect] else "record"


TABLE: Final[Mapping[Cell, Allowance]] = MappingProxyType({cell: _cell(*cell) for cell in product(PHASES, MODES, (True, False), EFFECTS)})
"""Every cell: phase, mode of the item, whether the handoff is in the pilot, effect."""

EFFECT_OF: Final[Mapping[Action, Effect]] = MappingProxyType(
    {
        "owner_card": "owner_card",
        "daily_card": "owner_card",
        "closure_card": "owner_card",
        "escalation_card": "escalation",
        "digest": "digest",
        "heartbeat": "alert",
        "alert_card": "alert",
        "audit_head": "alert",
        "halo_note": "note",
        "halo_score_fields": "score_field",
        "halo_status": "status",
        "halo_blocking": "status",
        "project_create": "provision",
        "client_visible": "client_visible",
    }
)
"""Action to its effect. A request for an approval goes with the action that it is for; a payment has none, because none is made."""


def allowed(phase: Phase, mode: Mode, in_pilot: bool, effect: Effect) -> Allowance:
    """Whether an effect may act, or is recorded as what would have been done.

    Args:
        phase: the phase of the rollout.
        mode: the mode of the checklist's item; of several items the strongest, since the others' rows are left out of what is sent.
        in_pilot: whether the handoff is in the pilot; what concerns no single handoff (a digest) counts as in it.
        effect: what would happen.
    """
    return TABLE[phase, mode, in_pilot, effect]


def action_class(action: str, amount: Decimal | None, is_policy_exception: bool, policy: Policy) -> ActionClass:
    """How many people must approve.

    Args:
        action: one of the policy's actions, such as halo_status.
        amount: what it concerns in base currency; a credit counts as much as a charge, and None, not known, as more than any threshold.
        is_policy_exception: whether it carries out an exception from a control, which two people approve whatever it concerns.
        policy: the policy in force.

    Raises:
        HandoffError: there is no such action.
    """
    known = policy.actions.classes.get(action)
    if known is None:
        raise HandoffError(f"There is no action {action}.", f"Use one of these: {', '.join(ACTIONS)}.")
    if known == "never":
        return "never"
    is_material = known != "automatic" and (amount is None or abs(amount) > policy.actions.materiality_amount)
    return "two_approvers" if is_policy_exception or is_material else known

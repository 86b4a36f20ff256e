"""What the product may do by itself, what needs one approver or two, what it never does, and how much of it in one run.

Which phase of the rollout lets an action act is `rollout.py`'s, who approves `approvals.py`'s. The one thing to know: `classes` is always
complete, and LOWEST is fixed here: no policy makes the product pay, or makes it create a project or tell a client without an approver.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Final, Literal, get_args

from pydantic import Field, field_validator

from handoff_pipeline.policy.sections import Section

Action = Literal[
    "owner_card",
    "daily_card",
    "digest",
    "heartbeat",
    "escalation_card",
    "closure_card",
    "alert_card",
    "halo_note",
    "halo_score_fields",
    "audit_head",
    "approval_request",
    "halo_status",
    "halo_blocking",
    "project_create",
    "client_visible",
    "payment",
]
ActionClass = Literal["automatic", "one_approver", "two_approvers", "never"]
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)
ACTION_CLASSES: Final[tuple[ActionClass, ...]] = get_args(ActionClass)
"""From what may be done at once to what is never done."""

_NEEDS_ONE: Final = ("halo_status", "halo_blocking", "project_create", "client_visible")
DEFAULTS: Final[Mapping[str, ActionClass]] = MappingProxyType(
    {action: "never" if action == "payment" else "one_approver" if action in _NEEDS_ONE else "automatic" for action in ACTIONS}
)
LOWEST: Final[Mapping[str, ActionClass]] = MappingProxyType(
    {"project_create": "one_approver", "client_visible": "one_approver", "payment": "never"}
)
"""The class below which no policy brings an action."""

Hours = Annotated[int, Field(ge=1, le=24 * 90)]
Money = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=4)]


class Caps(Section):
    """How much one run of the delivery does at most; what is left waits for the next run."""

    objects_per_run: Annotated[int, Field(ge=1, le=10_000)] = Field(default=50, description="Writes and cards that one run sends at most.")
    amount_base_per_run: Money = Field(
        default=Decimal(250_000), description="Sum of the amounts, in base currency, that one run's writes may concern."
    )


class Actions(Section):
    """Action to class, the amount from which two people approve, caps and expiry."""

    classes: dict[str, ActionClass] = Field(
        default_factory=lambda: dict(DEFAULTS),
        description=f"Action to its class; what is not named keeps its own. Actions: {', '.join(ACTIONS)}.",
    )
    materiality_amount: Money = Field(
        default=Decimal(25_000),
        description="What needs an approver and concerns more than this, in base currency, or an amount that is not known, needs two.",
    )
    caps: Caps = Field(default=Caps(), description="How much one run does at most.")
    intent_expires_hours: Hours = Field(default=72, description="Hours after which a proposal that was not sent is void.")
    approval_expires_hours: Hours = Field(default=48, description="Hours after which an approval that was not used is void.")
    command_line_approval: bool = Field(
        default=False, description="Whether `handoff approve` counts; it proves only who was logged in, so it is marked weak."
    )

    @field_validator("classes")
    @classmethod
    def _complete(cls, value: dict[str, ActionClass]) -> dict[str, ActionClass]:
        problems = [_unknown(action) for action in value if action not in ACTIONS]
        problems += [
            f"{action} cannot be {value[action]}: it is at least {lowest}, in every policy; take the line out"
            for action, lowest in LOWEST.items()
            if action in value and ACTION_CLASSES.index(value[action]) < ACTION_CLASSES.index(lowest)
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return {**DEFAULTS, **value}


def _unknown(action: str) -> str:
    near = difflib.get_close_matches(action, ACTIONS, n=3, cutoff=0.5)
    return f"there is no action {action}; {'those that look alike: ' if near else 'known are '}{', '.join(near or ACTIONS)}"

"""Who approves: the roles, who holds them, which role is asked for which action, and the step's name at HaloPSA.

Which actions need an approver is `actions.py`'s; judging one approval is governance's. The one thing to know: a role is asked, a person
answers; the second role is asked as well as the first and never instead of it, and must be answered by somebody else.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, field_validator

from handoff_pipeline.policy.actions import ACTIONS, ActionClass
from handoff_pipeline.policy.people import Holders, Role
from handoff_pipeline.policy.sections import Section

_FIRST: Final[dict[str, Role]] = {
    "halo_status": "project_manager",
    "halo_blocking": "service_delivery_lead",
    "project_create": "project_manager",
    "client_visible": "sales_manager",
}
OVERRIDE: Final = "override"
"""What the policy calls an exception from a control, where it says who approves it; it is no action."""


class Approvals(Section):
    """Roles, their holders, and who is asked for what."""

    step: Annotated[str, Field(min_length=1)] = Field(
        default="Handoff approval", description="Name of the approval step that the product asks for at HaloPSA."
    )
    roles: dict[Role, Holders] = Field(default_factory=dict, description="Role to the teams and agents that hold it.")
    first: dict[str, Role] = Field(
        default_factory=lambda: dict(_FIRST),
        description="Action (or override) to the role that is asked first; what is not named keeps its own.",
    )
    otherwise: Role = Field(default="service_delivery_lead", description="The role that is asked where `first` names none.")
    second: Role = Field(default="finance", description="The role that is asked as well where two people approve.")
    own_deal: Literal["refuse", "allow"] = Field(
        default="refuse",
        description="Whether the approval of a deal's own seller counts for what is done to that deal; refuse: the next holder is asked.",
    )

    @field_validator("first")
    @classmethod
    def _known(cls, value: dict[str, Role]) -> dict[str, Role]:
        strange = sorted(set(value) - {*ACTIONS, OVERRIDE})
        if strange:
            raise ValueError(f"there is no action {', '.join(strange)}; known are {', '.join((*ACTIONS, OVERRIDE))}")
        return {**_FIRST, **value}

    def bars(self, agent_id: int, seller_id: int) -> bool:
        """Whether an agent's approval counts for nothing because the deal is his own."""
        return self.own_deal == "refuse" and agent_id == seller_id != 0

    def roles_for(self, action: str, action_class: ActionClass) -> tuple[Role, ...]:
        """The roles that must approve: none, one, or two in the order in which they are asked; an action that is never done has none."""
        if action_class not in {"one_approver", "two_approvers"}:
            return ()
        first = self.first.get(action, self.otherwise)
        return (first,) if action_class == "one_approver" else (first, self.second)

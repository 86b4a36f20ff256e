"""The rules between the sections that say how the product acts: rollout, approvals, remediation, escalation and write-back.

Rules inside one section stand in its own module, rules of measuring in `models.py`. The one thing to know: a phase that acts asks for
people (holders of every role that is asked or told, a last resort); shadow and freeze ask for nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from handoff_pipeline.policy.approvals import OVERRIDE
from handoff_pipeline.policy.people import Role, roles_of

if TYPE_CHECKING:
    from handoff_pipeline.policy.models import Policy


def problems_of_acting(policy: Policy) -> Iterator[str]:
    """What cannot be right between the sections, each with its keys, the value and what to do."""
    yield from _owners_of_no_item(policy)
    yield from _statuses_that_lose_the_win(policy)
    yield from _written_and_read(policy)
    yield from _one_step_for_two_things(policy)
    if policy.rollout.is_acting:
        yield from _nobody_there(policy)


def _owners_of_no_item(policy: Policy) -> Iterator[str]:
    known = {item.id for item in policy.checklist.items}
    known |= {item.id for overlay in policy.overlays.values() for item in overlay.items}
    for item in sorted(set(policy.remediation.owners) - known):
        yield f"remediation.owners: {item} is no item of the checklist; known are {', '.join(sorted(known))}"


def _statuses_that_lose_the_win(policy: Policy) -> Iterator[str]:
    """A won deal that is moved to a status which does not mean won is, in every figure, a deal that was reopened."""
    won = {_folded(status) for status in policy.won.statuses}
    blocking = policy.write_back.blocking_status
    asked = [("write_back.blocking_status", blocking)] if blocking is not None else []
    asked += [("remediation.acknowledge.statuses", status) for status in policy.remediation.acknowledge.statuses]
    for key, status in asked:
        if _folded(status) not in won:
            yield f'{key}: "{status}" is not in won.statuses, so a deal that gets it would no longer count as won; add it there'


def _written_and_read(policy: Policy) -> Iterator[str]:
    """A field that the product fills is evidence of nothing that people did."""
    read = {_folded(name): f"fields.opportunity.{meaning}" for meaning, name in policy.fields.opportunity.items()}
    for key, name in (("acknowledge", policy.remediation.acknowledge.field), ("appeal", policy.remediation.appeal.field)):
        if name is not None:
            read[_folded(name)] = f"remediation.{key}.field"
    for meaning, name in policy.write_back.fields.named.items():
        key = f"write_back.fields.{meaning}"
        if _folded(name) in read:
            yield f'{key}: "{name}" is {read[_folded(name)]} as well; the product writes only fields of its own, so name another one'
        read.setdefault(_folded(name), key)


def _one_step_for_two_things(policy: Policy) -> Iterator[str]:
    step = policy.approvals.step
    if _folded(step) in {_folded(one) for one in policy.signoff.steps}:
        yield f'approvals.step: "{step}" is in signoff.steps, so an approval would sign the handoff off; name another step'


def _nobody_there(policy: Policy) -> Iterator[str]:
    phase = policy.rollout.phase
    for role, why in {**dict(_told(policy)), **dict(_asked(policy))}.items():
        holders = policy.approvals.roles.get(role)
        if holders is None or holders.is_empty:
            yield f"approvals.roles.{role}: nobody holds it, and phase {phase} needs it for {why}; name teams or agents"
    if policy.remediation.last_resort is None:
        yield f"remediation.last_resort: phase {phase} needs somebody for gaps without an owner; name an agent"


def _asked(policy: Policy) -> Iterator[tuple[Role, str]]:
    """Roles that some approval asks, and for what."""
    for action, action_class in policy.actions.classes.items():
        yield from ((role, action) for role in policy.approvals.roles_for(action, action_class))
    yield from ((role, OVERRIDE) for role in policy.approvals.roles_for(OVERRIDE, "two_approvers"))


def _told(policy: Policy) -> Iterator[tuple[Role, str]]:
    """Roles that some level of escalation tells."""
    for level in policy.escalation.levels:
        yield from ((role, "escalation.levels") for role in roles_of(level.to))


def _folded(name: str) -> str:
    return name.strip().casefold()

"""What people said and did: acknowledgements, snoozes, feedback, overrides, roles, escalations that reached them.

What follows from it (who is asked, what is left alone) is governance's; approvals have a module of their own.
The one thing to know: people are agent ids, never names, and every word is told to the audit chain in the same commit, as a fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger.people_rows import PeopleRows, rows_of
from handoff_pipeline.ledger.records_action import (
    NOBODY,
    Acknowledgement,
    Escalation,
    Feedback,
    Override,
    OverrideState,
    RoleHeld,
    Snooze,
)

OVERRIDE_MOVES: Final[Mapping[OverrideState, frozenset[OverrideState]]] = MappingProxyType(
    {
        "requested": frozenset({"approved", "refused", "expired"}),
        "approved": frozenset({"expired", "closed"}),
        "refused": frozenset(),
        # It is over, and somebody has seen to what it had covered.
        "expired": frozenset({"closed"}),
        "closed": frozenset(),
    }
)


@dataclass(frozen=True, slots=True)
class People:
    """What people said, in an open ledger; each call is one committed transaction."""

    rows: PeopleRows

    # Acknowledgements, snoozes, escalations

    def acknowledge(self, said: Iterable[Acknowledgement]) -> int:
        """Keep those that are new; returns how many."""
        return self.rows.add(said, "said")

    def acknowledgements(self, until: datetime | None = None) -> list[Acknowledgement]:
        """Every acknowledgement, oldest first; here and below, `until` leaves out those after that moment."""
        return self.rows.all(Acknowledgement, until)

    def snooze(self, snooze: Snooze) -> bool:
        """Leave a gap alone for a while; False if that very word is kept already.

        Raises:
            HandoffError: no reason, nobody who says so, or an end that is not after its beginning.
        """
        _need(snooze.reason.strip(), f"The snooze of {snooze.gap_id} has no reason.")
        _need(snooze.agent_id, f"The snooze of {snooze.gap_id} is nobody's.")
        _need(snooze.until > snooze.at, f"The snooze of {snooze.gap_id} would end on {snooze.until:%Y-%m-%d %H:%M} UTC, before it begins.")
        return self.rows.add([snooze], "said") == 1

    def snoozes(self, until: datetime | None = None) -> list[Snooze]:
        """Every snooze, oldest first; the newest of a gap counts."""
        return self.rows.all(Snooze, until)

    def escalated(self, escalation: Escalation) -> bool:
        """A level reached a person; False if it had before."""
        return self.rows.add([escalation], "reached") == 1

    def acknowledge_escalation(self, gap_id: str, level: int, to_agent_id: int, at: datetime) -> bool:
        """The person has seen it; False if that was known.

        Raises:
            HandoffError: the level never reached that person.
        """
        with self.rows.audit.writing() as connection:
            found = rows_of(connection, Escalation, gap_id=gap_id, level=level, to_agent_id=to_agent_id)
            _need(found, f"Level {level} of {gap_id} never reached agent {to_agent_id}.")
            if found[0].acknowledged_at is not None:
                return False
            self.rows.change(connection, found[0], "acknowledged", to_agent_id, at, acknowledged_at=at)
        return True

    def escalations(self, until: datetime | None = None) -> list[Escalation]:
        """Every escalation, oldest first."""
        return self.rows.all(Escalation, until)

    # Feedback

    def report(self, feedback: Feedback) -> bool:
        """Keep that somebody holds a verdict wrong; False if it is kept already."""
        return self.rows.add([feedback], "reported") == 1

    def dispose(self, feedback_id: str, disposition: str, by: int, at: datetime) -> Feedback:
        """What came of it.

        Raises:
            HandoffError: there is no such feedback, or the disposition is empty.
        """
        _need(disposition.strip(), f"The disposition of feedback {feedback_id} is empty.")
        with self.rows.audit.writing() as connection:
            feedback = self.rows.one(connection, Feedback, feedback_id)
            return self.rows.change(connection, feedback, "disposed", by, at, disposition=disposition.strip())

    def feedback(self, until: datetime | None = None) -> list[Feedback]:
        """Every feedback, oldest first."""
        return self.rows.all(Feedback, until)

    # Overrides

    def request_override(self, override: Override) -> bool:
        """Keep that an override is asked for; False if it is kept already.

        Raises:
            HandoffError: it comes decided, without reason or compensating control, or ends before it begins.
        """
        which = f"Override {override.override_id}"
        _need(override.state == "requested", f"{which} comes as {override.state}: it is requested first, then decided.")
        _need(override.reason.strip(), f"{which} has no reason.")
        _need(override.compensating_control.strip(), f"{which} says nothing of what stands in for the control.")
        _need(override.expires_at > override.requested_at, f"{which} expires before it is requested.")
        return self.rows.add([override], "requested") == 1

    def decide_override(self, override_id: str, state: OverrideState, at: datetime, *, by: int = NOBODY, second: int = NOBODY) -> Override:
        """Move an override along OVERRIDE_MOVES; `by` and `second` are who approved.

        Raises:
            HandoffError: there is none, the move is not allowed, or it is approved by nobody, by its requester or by one person twice.
        """
        with self.rows.audit.writing() as connection:
            override = self.rows.one(connection, Override, override_id)
            _need(state in OVERRIDE_MOVES[override.state], f"Override {override_id} is {override.state} and cannot become {state}.")
            if state != "approved":
                return self.rows.change(connection, override, state, by, at, state=state)
            others = {by, override.requested_by} - {NOBODY}
            _need(
                by not in {NOBODY, override.requested_by} and second not in others,
                f"Override {override_id} of agent {override.requested_by} cannot be approved by {by} and {second}: each is another person.",
            )
            approved = {"approved_by": by, "second_approver": second, "approved_at": at}
            return self.rows.change(connection, override, state, by, at, state=state, **approved)

    def overrides(self, until: datetime | None = None) -> list[Override]:
        """Every override as it is now, oldest first."""
        return self.rows.all(Override, until)

    # Roles

    def give_role(self, role: RoleHeld, by: int = NOBODY) -> bool:
        """Keep that an agent holds a role from a moment; False if that is kept already.

        Raises:
            HandoffError: no reason, or an end before its beginning.
        """
        _need(role.reason.strip(), f"The role {role.role} of agent {role.agent_id} has no reason.")
        _need(
            role.until_at is None or role.until_at >= role.from_at, f"The role {role.role} of agent {role.agent_id} ends before it begins."
        )
        return self.rows.add([role], "given", by) == 1

    def end_role(self, agent_id: int, role: str, at: datetime, by: int = NOBODY) -> int:
        """End what the agent holds of the role at `at`; returns how many spans that ended."""
        with self.rows.audit.writing() as connection:
            held = [span for span in rows_of(connection, RoleHeld, agent_id=agent_id, role=role) if _holds(span, at)]
            for span in held:
                self.rows.change(connection, span, "ended", by, at, until_at=at)
        return len(held)

    def role_held(self, agent_id: int, role: str, at: datetime) -> bool:
        """Whether the agent held the role at that moment."""
        return any((span.agent_id, span.role) == (agent_id, role) and _holds(span, at) for span in self.roles())

    def roles(self, until: datetime | None = None) -> list[RoleHeld]:
        """Every span of a role, oldest first."""
        return self.rows.all(RoleHeld, until)


def _holds(span: RoleHeld, at: datetime) -> bool:
    return span.from_at <= at and (span.until_at is None or at < span.until_at)


def _need(is_so: object, otherwise: str) -> None:
    if not is_so:
        raise HandoffError(otherwise, "Correct that and say it again; nothing was written.")

"""Approvals: what was asked of whom, the one answer, and the one use of it; each change is one commit with its row in the audit chain.

Whether an answer counts (role, requester, weak identity) is governance's; how an answer is read is the channels'.
The one thing to know: an answer is given once and used once; both are compare-and-set, so a replay finds the place taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, update

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger.audit import AuditChain
from handoff_pipeline.ledger.fingerprints import entry
from handoff_pipeline.ledger.records_action import NOBODY, ApprovalChannel, ApprovalRequest
from handoff_pipeline.ledger.schema_action import APPROVAL

Answer = Literal["accepted", "rejected", "expired"]


@dataclass(frozen=True, slots=True)
class Approvals:
    """The approvals of an open ledger; each call is one committed transaction."""

    engine: Engine
    audit: AuditChain

    def ask(self, request: ApprovalRequest) -> bool:
        """Write down that a person is asked; False if that approval is there already, which then stays as it is.

        Raises:
            HandoffError: it comes answered or used, has nobody to ask, or ends before it begins.
        """
        if request.result != "pending" or request.decided_at or request.used_at:
            raise HandoffError(f"Approval {request.approval_id} comes with an answer ({request.result}).", "Ask first, then decide.")
        if request.approver_id == NOBODY:
            raise HandoffError(f"Approval {request.approval_id} is asked of nobody.", f"Name a person who holds the role {request.role}.")
        if request.expires_at <= request.requested_at:
            raise HandoffError(f"Approval {request.approval_id} expires before it is asked.", "Give it time in the policy.")
        with self.audit.writing() as connection:
            if _found(connection, APPROVAL.c.approval_id == request.approval_id):
                return False
            connection.execute(insert(APPROVAL), asdict(request))
            self._tell(connection, request, "asked", NOBODY, request.requested_at)
        return True

    def sent(self, approval_id: str, far_ref: str, at: datetime, source_url: str | None = None) -> ApprovalRequest:
        """Where the question stands at the far side ("ticket/seq").

        Raises:
            HandoffError: there is no such approval, or it stands elsewhere already.
        """
        with self.audit.writing() as connection:
            request = _one(connection, approval_id)
            if request.far_ref not in {None, far_ref}:
                raise HandoffError(f"Approval {approval_id} stands at {request.far_ref} already, not at {far_ref}.", "Ask a new one.")
            values = {"far_ref": far_ref, "source_url": source_url or request.source_url}
            return self._change(connection, request, "sent", NOBODY, at, values)

    def decide(
        self,
        approval_id: str,
        result: Answer,
        at: datetime,
        *,
        identity: str | None = None,
        is_weak: bool | None = None,
        channel: ApprovalChannel | None = None,
    ) -> ApprovalRequest:
        """The one answer. `at` is when the person gave it; identity, weakness and channel stay as asked unless told.

        Raises:
            HandoffError: there is no such approval, it is answered already, or it is accepted after its end.
        """
        with self.audit.writing() as connection:
            request = _one(connection, approval_id)
            if request.result != "pending":
                raise HandoffError(
                    f"Approval {approval_id} is {request.result} already and cannot become {result}.", "Ask a new one, if it is needed."
                )
            if result == "accepted" and at >= request.expires_at:
                raise HandoffError(
                    f"Approval {approval_id} was accepted on {at:%Y-%m-%d %H:%M} UTC, after its end"
                    f" ({request.expires_at:%Y-%m-%d %H:%M} UTC).",
                    "Decide it as expired and ask anew.",
                )
            told = {"identity": identity, "is_weak": is_weak, "channel": channel}
            values = {"result": result, "decided_at": at, **{name: value for name, value in told.items() if value is not None}}
            return self._change(connection, request, result, NOBODY if result == "expired" else request.approver_id, at, values)

    def use(self, approval_id: str, at: datetime) -> bool:
        """Use an accepted approval up; False if it is not accepted, has expired or is used already.

        Raises:
            HandoffError: there is no such approval.
        """
        with self.audit.writing() as connection:
            request = _one(connection, approval_id)
            if request.result != "accepted" or request.used_at is not None or at >= request.expires_at:
                return False
            self._change(connection, request, "used", NOBODY, at, {"used_at": at})
        return True

    def void(self, subject_id: str, at: datetime) -> int:
        """What was approved is no longer what would be done: nothing asked or accepted of it counts. Returns how many; used ones stay."""
        still = APPROVAL.c.result.in_(("pending", "accepted")) & APPROVAL.c.used_at.is_(None)
        with self.audit.writing() as connection:
            found = _found(connection, still & (APPROVAL.c.subject_id == subject_id))
            for request in found:
                self._change(connection, request, "void", NOBODY, at, {"result": "void", "decided_at": request.decided_at or at})
        return len(found)

    def expire(self, at: datetime) -> list[str]:
        """Close every question that nobody answered in time; returns the ids."""
        with self.audit.writing() as connection:
            found = _found(connection, (APPROVAL.c.result == "pending") & (APPROVAL.c.expires_at <= at))
            for request in found:
                self._change(connection, request, "expired", NOBODY, at, {"result": "expired", "decided_at": at})
        return [request.approval_id for request in found]

    # Reading

    def get(self, approval_id: str) -> ApprovalRequest | None:
        """The approval of that id."""
        return next(iter(self._select(APPROVAL.c.approval_id == approval_id)), None)

    def pending(self, at: datetime) -> list[ApprovalRequest]:
        """What still waits for an answer, oldest first."""
        return self._select((APPROVAL.c.result == "pending") & (APPROVAL.c.expires_at > at))

    def of(self, subject_id: str) -> list[ApprovalRequest]:
        """Everything asked about one intent, override, rollout or document, oldest first."""
        return self._select(APPROVAL.c.subject_id == subject_id)

    def all(self, until: datetime | None = None) -> list[ApprovalRequest]:
        """Every approval as it is now, oldest first; `until` leaves out those asked after that moment."""
        return self._select(None if until is None else APPROVAL.c.requested_at <= until)

    def _select(self, where: ColumnElement[bool] | None) -> list[ApprovalRequest]:
        with self.engine.begin() as connection:
            return _found(connection, where)

    def _change(
        self, connection: Connection, request: ApprovalRequest, verb: str, actor: int, at: datetime, values: Mapping[str, Any]
    ) -> ApprovalRequest:
        changed = replace(request, **values)
        connection.execute(update(APPROVAL).where(APPROVAL.c.approval_id == request.approval_id).values(**values))
        self._tell(connection, changed, verb, actor, at)
        return changed

    def _tell(self, connection: Connection, request: ApprovalRequest, verb: str, actor: int, at: datetime) -> None:
        of = {"of": request.kind, "subject": request.subject_id, "role": request.role, "approver": request.approver_id}
        answer = {"result": request.result, "channel": request.channel, "is_weak": request.is_weak}
        hashes = {"content_hash": request.content_hash, "precondition_hash": request.precondition_hash}
        self.audit.append(connection, [entry(request, verb, actor, at, **of, **answer, **hashes)])


def _found(connection: Connection, where: ColumnElement[bool] | None) -> list[ApprovalRequest]:
    query = select(APPROVAL).order_by(APPROVAL.c.requested_at, APPROVAL.c.approval_id)
    if where is not None:
        query = query.where(where)
    return [ApprovalRequest(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name


def _one(connection: Connection, approval_id: str) -> ApprovalRequest:
    found = _found(connection, APPROVAL.c.approval_id == approval_id)
    if not found:
        raise HandoffError(f"There is no approval {approval_id}.", "`handoff approve` lists what waits.")
    return found[0]

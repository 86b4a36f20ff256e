"""What each action writes to HaloPSA: an intent's content as one record of one POST, and how its effect is told from what was there before.

Pure; sending and reading are `halo_gateway`'s. The one thing to know: a note and an approval are new records and carry the intent's id as a
marker; fields and a status are changes of a ticket and need none, since the ticket itself shows what they are now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handoff_pipeline.channels.gateway import Unfit
from handoff_pipeline.halo.markers import Marker
from handoff_pipeline.halo.verify import same
from handoff_pipeline.ledger.records_action import Intent
from handoff_pipeline.policy import Policy

Id = Annotated[int, Field(strict=True, gt=0)]
Text = Annotated[str, Field(min_length=1)]
Value = str | int | float | bool | None
TicketKind = Literal["opportunity", "project"]
CUSTOM: Final = "CF"
"""How the names of HaloPSA's custom fields begin."""


@dataclass(frozen=True)
class HaloForms:
    """What HaloPSA's tenants name differently, or what no public source proves.

    Attributes:
        note_outcome: The outcome under which notes are written (policy `write_back.note_outcome`).
        approval: Further fields of every approval that is asked for. That `note` is what the approver sees, and that an approval outside
            a process is `adhoc`, are guesses.
        sends_all_fields: A post of custom fields has all that hold something, as just read, and not ours alone (policy
            `write_back.custom_fields`); for a tenant that empties those that are left out.
    """

    note_outcome: str
    approval: Mapping[str, Value]
    sends_all_fields: bool = False

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """The forms of a policy: its note's outcome, and its own step for the approvals that it asks for."""
        approval: dict[str, Value] = {"step_name": policy.approvals.step, "adhoc": True}
        return cls(policy.write_back.note_outcome, approval, policy.write_back.custom_fields == "all")


class _Content(BaseModel):
    """The content of an intent: nothing that is not named here is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ticket_id: Id


class NoteContent(_Content):
    """`halo_note`: a note on a ticket, hidden from the end user."""

    note: Text


class FieldsContent(_Content):
    """`halo_score_fields`: custom fields of a ticket."""

    kind: TicketKind = "opportunity"
    fields: dict[Annotated[str, Field(pattern="^CF")], Value] = Field(min_length=1)


class StatusContent(_Content):
    """`halo_status`: a ticket's status."""

    kind: TicketKind = "opportunity"
    status_id: Id


class BlockingContent(_Content):
    """`halo_blocking`: a note and, where the policy names one, the status of the ticket, in one POST of an action."""

    kind: TicketKind = "opportunity"
    note: Text
    status_id: Id | None = None


class ApprovalContent(_Content):
    """`approval_request`: an approval asked of an agent for the intent `subject_id`; `shown` are the words that the approver reads."""

    approver_id: Id
    subject_id: Text
    content_hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    shown: Text


@dataclass(frozen=True)
class Write:
    """One record of one POST.

    Attributes:
        kind: The writer's kind.
        fields: What is sent.
        ticket_kind: As what the ticket itself is read.
        ticket_id: The ticket that it concerns.
        marker: On a new record; None where a ticket is changed.
        wanted: Fields that the ticket must show afterwards.
    """

    kind: str
    fields: Mapping[str, Any]
    ticket_kind: TicketKind
    ticket_id: int
    marker: Marker | None
    wanted: Mapping[str, Any]


def write_of(intent: Intent, forms: HaloForms) -> Write:
    """What the intent writes.

    Raises:
        Unfit: no action of HaloPSA's, or a content that the action does not have.
    """
    try:
        return _write(intent, forms)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
    except orjson.JSONDecodeError:
        said = "it holds a character that stands for none"
    raise Unfit(f"Intent {intent.intent_id}: the content of {intent.action} cannot be written: {said}.", "Propose it anew.")


def _write(intent: Intent, forms: HaloForms) -> Write:
    content = orjson.loads(intent.content)
    marker = Marker(f"handoff:{intent.intent_id}", "note")
    if intent.action == "halo_note":
        note = NoteContent.model_validate(content)
        return Write("action", _note(note.ticket_id, note.note, forms), "opportunity", note.ticket_id, marker, {})
    if intent.action == "halo_blocking":
        block = BlockingContent.model_validate(content)
        status = {} if block.status_id is None else {"status_id": block.status_id}
        moved = {} if block.status_id is None else {"new_status": block.status_id}
        return Write("action", _note(block.ticket_id, block.note, forms) | moved, block.kind, block.ticket_id, marker, status)
    if intent.action == "halo_status":
        change = StatusContent.model_validate(content)
        wanted = {"status_id": change.status_id}
        return Write(change.kind, {"id": change.ticket_id, **wanted}, change.kind, change.ticket_id, None, wanted)
    if intent.action == "halo_score_fields":
        scores = FieldsContent.model_validate(content)
        custom = [{"name": name, "value": value} for name, value in sorted(scores.fields.items())]
        fields = {"id": scores.ticket_id, "customfields": custom}
        return Write(scores.kind, fields, scores.kind, scores.ticket_id, None, scores.fields)
    if intent.action == "approval_request":
        return _approval(ApprovalContent.model_validate(content), intent, forms, marker)
    raise Unfit(f"Intent {intent.intent_id}: HaloPSA has no action {intent.action}.", "It has the wrong target.")


def _note(ticket_id: int, note: str, forms: HaloForms) -> dict[str, Any]:
    return {"ticket_id": ticket_id, "outcome": forms.note_outcome, "note": note, "hiddenfromuser": True}


def _approval(asked: ApprovalContent, intent: Intent, forms: HaloForms, marker: Marker) -> Write:
    if asked.content_hash[:16] not in asked.shown:
        raise Unfit(
            f"Intent {intent.intent_id}: what the approver would read does not name the content's hash {asked.content_hash[:16]}.",
            "An approval of words that name no content approves nothing.",
        )
    fields = {"ticket_id": asked.ticket_id, "agent_id": asked.approver_id, "note": asked.shown, **forms.approval}
    return Write("approval", fields, "project", asked.ticket_id, marker, {})


def seen_in(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What a ticket shows of the fields named; a value that means the same comes back as it was named, so that hashes agree."""
    return {name: value if is_held(row, name, value) else _plainest(row, name) for name, value in wanted.items()}


def is_held(row: Mapping[str, Any], name: str, value: object) -> bool:
    """Whether the ticket's field holds the value; a choice by its number or by its words."""
    return any(same(value, form, name) for form in _forms(row, name))


def _forms(row: Mapping[str, Any], name: str) -> list[Any]:
    """The forms in which a ticket shows a field; for one that it does not show, that it holds nothing."""
    if not name.startswith(CUSTOM):
        return [row.get(name)]
    rows = [item for item in row.get("customfields") or [] if isinstance(item, dict)]
    held: dict[str, Any] = next((item for item in rows if item.get("name") == name), {})
    # A text without a `display` of its own holds its value all the same; the empty form beside it says nothing.
    return [form for form in (held.get("value"), held.get("display")) if form not in (None, "")] or [None]


def _plainest(row: Mapping[str, Any], name: str) -> Any:
    """The field's value for the ledger and for people: the words of a choice where there are any."""
    return next((form for form in reversed(_forms(row, name)) if form not in (None, "")), None)

"""The kinds of records that the writer may write: where each is posted, what it must have, how it is read back.

No HTTP and no policy of when to write. The one thing to know: HaloPSA replaces some arrays of a record whole, so a kind names those that
may never be sent with it (H: `milestones`, `assets`, TopLeft, conduit; for `budgets` and `lines` nothing is documented, so they count too).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

import orjson

from handoff_pipeline.halo.entities import ENTITIES, Entity
from handoff_pipeline.halo.envelope import Key, key_of, whole_number
from handoff_pipeline.halo.errors import WriteRefused

WriteKind = Literal["opportunity", "project", "change_request", "action", "appointment", "field_info", "approval"]


@dataclass(frozen=True)
class Kind:
    """One kind of record.

    Attributes:
        name: Its name here, in results and in errors.
        path: Where it is posted.
        entity: Under which its requests are counted, and whose scopes it needs.
        envelope: Names under which a reply may hold it, besides a bare object or array.
        key: Fields that identify it.
        mandatory: Groups of fields of which one must be filled, always.
        on_create: The same, for a new record.
        whole_arrays: Arrays that HaloPSA replaces whole; refused.
        id_may_change: An update may give the record another id (H: appointments, TopLeft #71).
    """

    name: WriteKind
    path: str
    entity: Entity
    envelope: tuple[str, ...]
    key: tuple[str, ...] = ("id",)
    mandatory: tuple[tuple[str, ...], ...] = ()
    on_create: tuple[tuple[str, ...], ...] = ()
    whole_arrays: frozenset[str] = frozenset()
    id_may_change: bool = False

    def where(self, key: Key) -> tuple[str, Mapping[str, str | int]]:
        """Path and parameters of the answer that shows the record with this key."""
        values = dict(zip(self.key, key, strict=True))
        if self.name == "approval":
            return self.path, {"ticket_id": values["ticket_id"], **self.list_details}
        path = "/Tickets" if self.whole_arrays else self.path
        owner = {"ticket_id": values["ticket_id"]} if "ticket_id" in values else {}
        return f"{path}/{values['id']}", {**owner, "includedetails": "true"}

    @property
    def list_details(self) -> Mapping[str, str]:
        """Parameters without which a list may leave fields out that a marker stands in."""
        return {"includeapprovaldetails": "true"} if self.name == "approval" else {}


_TICKET_ARRAYS = frozenset({"milestones", "assets", "budgets", "lines"})


def _ticket(name: WriteKind, path: str, entity: str) -> Kind:
    # Opportunities and projects are read and written through /Tickets/{id} as well (H: TopLeft).
    envelope = ("tickets", "ticket", "opportunities", "projects")
    return Kind(name, path, ENTITIES[entity], envelope, on_create=(("summary",), ("tickettype_id",)), whole_arrays=_TICKET_ARRAYS)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            _ticket("opportunity", "/Opportunities", "opportunity"),
            _ticket("project", "/Projects", "project"),
            _ticket("change_request", "/Tickets", "change_request"),
            # Without an outcome HaloPSA answers 400 (H: HaloAPI); ids are unique within their ticket only (H: Servosity #264).
            Kind(
                "action",
                "/Actions",
                ENTITIES["action"],
                ("actions",),
                key=("ticket_id", "id"),
                mandatory=(("ticket_id",), ("outcome", "outcome_id")),
            ),
            Kind(
                "appointment",
                "/Appointment",
                ENTITIES["appointment"],
                ("appointments",),
                on_create=(("subject",), ("start_date",), ("end_date",)),
                id_may_change=True,
            ),
            Kind("field_info", "/FieldInfo", ENTITIES["field_info"], ("fields",), on_create=(("name",), ("label",), ("type",))),
            Kind(
                "approval",
                "/TicketApproval",
                ENTITIES["approval"],
                ("approvals",),
                key=("ticket_id", "seq"),
                mandatory=(("ticket_id",),),
            ),
        )
    }
)


def checked(kind: str, fields: Mapping[str, Any]) -> tuple[Kind, dict[str, Any], Key | None]:
    """The kind, the record as it is sent, and its key; None for a new record.

    Raises:
        WriteRefused: it cannot be written so; nothing is sent.
    """
    if kind not in KINDS:
        raise WriteRefused(f"There is no way to write {kind!r}.", f"Use one of {', '.join(sorted(KINDS))}.", kind=kind)
    what = KINDS[kind]
    record = {name: encoded(value, name, kind) for name, value in fields.items()}
    own = what.key[-1]
    if own in record and (_is_empty(record[own]) or whole_number(record[own]) == 0):
        del record[own]  # 0 and null mean a new record, which is said by leaving it out
    for name in what.key:
        if name in record and (whole_number(record[name]) or 0) <= 0:
            raise WriteRefused(
                f"{kind}: {name} {record[name]!r} is no record's; negative ones belong to templates.", "Send a positive id.", kind=kind
            )
    if not set(record) - set(what.key):
        raise WriteRefused(f"{kind}: no field to write was given.", "Give at least one field besides the key.", kind=kind)
    for name in sorted(what.whole_arrays & set(record)):
        raise WriteRefused(
            f"{kind}: {name} is an array that HaloPSA replaces whole; rows left out would be deleted.",
            "Write milestones with `write_milestones`; the other arrays are not written.",
            kind=kind,
        )
    is_new = own not in record
    for group in what.mandatory + (what.on_create if is_new else ()):
        if all(_is_empty(record.get(name)) for name in group):
            raise WriteRefused(f"{kind}: {' or '.join(group)} is missing; HaloPSA would refuse it.", f"Give {group[0]}.", kind=kind)
    key = None if is_new else key_of(record, what.key)
    if not is_new and key is None:
        raise WriteRefused(f"{kind}: the key {' and '.join(what.key)} is not complete.", "Give every part of it.", kind=kind)
    return what, record, key


def body_of(record: Mapping[str, Any]) -> bytes:
    """Exactly one object in an array: of several HaloPSA reports the last alone (H: stellarcyber, HaloAPI)."""
    return orjson.dumps([record])


def encoded(value: Any, name: str, kind: str) -> Any:
    """The value as HaloPSA takes it: moments zone-less in UTC; a mere date as its noon, which no zone shifts to another day (H: TopLeft).

    Raises:
        WriteRefused: a moment without a zone, a number that is none, or a type that has no form in JSON.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise WriteRefused(f"{kind}: {name} is a moment without a zone.", "Give it in UTC.", kind=kind)
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    if isinstance(value, date):
        return f"{value.isoformat()}T12:00:00"
    if isinstance(value, float | Decimal):
        if not math.isfinite(value):
            raise WriteRefused(f"{kind}: {name} is {value}, which is no number.", "Leave it out, or give a number.", kind=kind)
        return float(value)
    if isinstance(value, Mapping):
        return {str(part): encoded(inner, f"{name}.{part}", kind) for part, inner in value.items()}
    if isinstance(value, list | tuple):
        return [encoded(inner, name, kind) for inner in value]
    raise WriteRefused(f"{kind}: {name} is a {type(value).__name__}, which has no form in JSON.", "Give text, numbers or dates.", kind=kind)


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())

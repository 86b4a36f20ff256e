"""The contract of the custom fields that figures rest on: each as first seen on the tenant, and what has become of it since.

Which fields these are is rules.py's, what follows judgement.py's.
The one thing to know: for a field that was renamed, removed or retyped HaloPSA answers with nothing or something else, never with an error;
without this contract a KPI would become NULL in silence.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from handoff_pipeline.warehouse.engine import Connection
from handoff_pipeline.warehouse.rules import MappedField

NEAR_MISSES: Final = 3
SIMILAR: Final = 0.5
TYPES: Final = {
    "0": "text", "1": "memo", "2": "single select", "3": "multi select", "4": "date", "5": "time", "6": "checkbox", "10": "rich text",
}  # fmt: skip
"""HaloPSA's numbers for a field's type (H: TopLeft halo/utils.py); others exist."""


@dataclass(frozen=True, slots=True)
class TenantField:
    """A custom field as FieldInfo shows it."""

    field_id: str | None
    name: str
    type: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A mapped field that is no longer what it was: `before` as first seen, `now` what stands under its name or its id, if anything."""

    field: MappedField
    before: TenantField
    now: TenantField | None
    near: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """The change in one line that is the same every night, for the acceptance's hash."""
        now = [self.now.field_id, self.now.name, self.now.type] if self.now else None
        return json.dumps([self.field.meaning, self.field.name, self.before.name, self.before.type, now])

    @property
    def said(self) -> str:
        """What happened, in words, with what rests on the field."""
        name = f"{self.field.name} ({self.field.meaning})"
        if self.now is None:
            near = f"; names that look alike: {', '.join(self.near)}" if self.near else ""
            happened = f"the custom field {name} is no longer on the tenant{near}"
        elif _folded(self.now.name) != _folded(self.field.name):
            happened = f"the custom field {name} is now called {self.now.name}"
        elif self.now.type == self.before.type:
            happened = f"the custom field {name} was made anew, and HaloPSA keeps no values of the old one"
        else:
            happened = f"the custom field {name} was of type {_type(self.before.type)} and is now {_type(self.now.type)}"
        rests = [*self.field.metrics, *(f"checklist item {item}" for item in self.field.items)]
        return f"{happened}; it carries {', '.join(rests)}" if rests else happened


def begin(conn: Connection) -> None:
    """Forget the custom fields of an earlier landing."""
    conn.execute("create or replace temp table tenant_fields (field_id varchar, name varchar, type varchar)")


def note(conn: Connection) -> None:
    """Keep the tenant's custom fields out of `temp.pulled`, which holds the rows of field_info."""
    conn.execute(
        "insert into temp.tenant_fields select row_key, payload ->> '$.name', payload ->> '$.type' from temp.pulled"
        " where nullif(trim(payload ->> '$.name'), '') is not null"
    )


def changes(conn: Connection, fields: Collection[MappedField]) -> list[Change]:
    """The mapped fields that were on the tenant once and are not, or not with their type, tonight."""
    tenant = [TenantField(*row) for row in conn.execute("select field_id, name, type from temp.tenant_fields order by all").fetchall()]
    contract = _contract(conn)
    found = [_change(field, contract[field.entity, field.meaning], tenant) for field in fields if (field.entity, field.meaning) in contract]
    return [change for change in found if change]


def keep(conn: Connection, batch_no: int, fields: Collection[MappedField], broken: Sequence[Change], accepted: Sequence[Change]) -> None:
    """Write the contract: new meanings and those of which a change was accepted as they are now; the broken ones stay as they were."""
    tenant = {_folded(name): (number, name, kind) for number, name, kind in conn.execute("from temp.tenant_fields order by all").fetchall()}
    held = {(change.field.entity, change.field.meaning) for change in broken} - {
        (change.field.entity, change.field.meaning) for change in accepted
    }
    before = _contract(conn)
    rows: list[tuple[str, str, str, str | None, str | None]] = []
    for field in fields:
        place = (field.entity, field.meaning)
        now = tenant.get(_folded(field.name))
        if place in held:
            was = before[place]
            rows.append((*place, was.name, was.field_id, was.type))
        elif now:
            rows.append((*place, field.name, now[0], now[2]))
    conn.execute(
        """
        create or replace temp table contract_now as
        select unnest(from_json($rows, '[["VARCHAR"]]')) as part
        """,
        {"rows": json.dumps(rows)},
    )
    conn.execute(
        """
        create or replace temp table contract_next as
        select n.part[1] as entity, n.part[2] as meaning, n.part[3] as name, n.part[4] as field_id, n.part[5] as type,
            coalesce(f.since_batch, $batch_no) as since_batch
        from temp.contract_now as n
        left join raw.field_contract as f
            on n.part[1] = f.entity and n.part[2] = f.meaning and n.part[3] = f.name and f.type is not distinct from n.part[5]
        """,
        {"batch_no": batch_no},
    )
    conn.execute("delete from raw.field_contract")
    conn.execute("insert into raw.field_contract select * from temp.contract_next order by entity, meaning")


def missing(conn: Connection, fields: Collection[MappedField]) -> list[MappedField]:
    """The mapped fields that the tenant does not have, whether it ever had them or not."""
    names = {_folded(name) for (name,) in conn.execute("select name from temp.tenant_fields").fetchall()}
    return [field for field in fields if _folded(field.name) not in names]


def _contract(conn: Connection) -> Mapping[tuple[str, str], TenantField]:
    rows = conn.execute("select entity, meaning, field_id, name, type from raw.field_contract").fetchall()
    return {(entity, meaning): TenantField(number, name, kind) for entity, meaning, number, name, kind in rows}


def _change(field: MappedField, before: TenantField, tenant: Sequence[TenantField]) -> Change | None:
    named = next((each for each in tenant if _folded(each.name) == _folded(field.name)), None)
    is_same_name = _folded(before.name) == _folded(field.name)
    renamed = next((each for each in tenant if is_same_name and each.field_id and each.field_id == before.field_id), None)
    if named and renamed and named != renamed:
        # Its name was given to another field, of whatever type: that one's values are not what the figure means.
        return Change(field, before, renamed)
    if named:
        # Another name in the policy is the MSP's own decision; the same name with another type, or on a field made anew, is not.
        is_anew = bool(named.field_id and before.field_id) and named.field_id != before.field_id
        return Change(field, before, named) if is_same_name and (named.type != before.type or is_anew) else None
    near = difflib.get_close_matches(_folded(field.name), [_folded(each.name) for each in tenant], n=NEAR_MISSES, cutoff=SIMILAR)
    return Change(field, before, renamed, tuple(each.name for one in near for each in tenant if _folded(each.name) == one))


def _folded(name: str) -> str:
    """A name without case and without the CF of custom fields, which HaloPSA shows with and without."""
    return name.strip().casefold().removeprefix("cf")


def _type(number: str | None) -> str:
    return TYPES.get(number or "", f"type {number}")

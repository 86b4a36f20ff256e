"""The lineage of every column of every table, and the walk from one to its origins.

One SELECT is read by `columns`; what Python makes is in `declared`; what an end stands for in `origins`.
The one thing to know: a detail (a JSON field, a policy's meaning) is carried down the walk, so that `payload` ends as the field that was
meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from handoff_pipeline.lineage.columns import PAYLOAD, Columns, Reader, Ref
from handoff_pipeline.lineage.declared import BEFORE_SQL, publications, unfilled
from handoff_pipeline.lineage.origins import FIELDS, CustomFields, Origin, is_end, origin_of
from handoff_pipeline.tables import TABLES
from handoff_pipeline.warehouse.models import Model


@dataclass(frozen=True)
class Lineage:
    """`tables` maps every table (`layer.table`) to its columns, each with the columns that it is made of."""

    tables: Mapping[str, Columns]
    custom: CustomFields = field(default_factory=dict)

    def made_of(self, table: str, column: str) -> tuple[Ref, ...]:
        """The columns that a column is made of, one step up, in order; empty where it is a constant or an end."""
        return tuple(sorted(self.tables.get(table, {}).get(column, ())))

    def origins(self, table: str, column: str) -> tuple[Origin, ...]:
        """Where the column comes from in the end: HaloPSA's fields first, then the policy's keys, the ledger, the night."""
        seen: set[Ref] = set()
        found: set[Origin] = set()
        waiting = [Ref(table, column)]
        while waiting:
            ref = waiting.pop()
            if ref in seen:
                continue
            seen.add(ref)
            if is_end(ref, self.custom):
                found |= origin_of(ref, self.custom)
            else:
                waiting += (_carried(ref, each) for each in self.tables.get(ref.table, {}).get(ref.column, ()))
        order = {kind: place for place, kind in enumerate(("halopsa", "policy", "ledger", "night"))}
        return tuple(sorted(found, key=lambda each: (order[each.kind], each)))

    def ends(self, layer: str) -> frozenset[Ref]:
        """The columns of a layer that some column of another is made of."""
        prefix = f"{layer}."
        return frozenset(
            ref for columns in self.tables.values() for refs in columns.values() for ref in refs if ref.table.startswith(prefix)
        )

    def meanings(self) -> Mapping[str, tuple[Origin, ...]]:
        """The policy's meanings with the custom fields that they stand for."""
        return {meaning: tuple(sorted(origin_of(Ref(FIELDS, "shown", meaning), self.custom))) for meaning in self.custom}

    @cached_property
    def used_fields(self) -> Mapping[str, frozenset[str]]:
        """Raw table to the JSON fields that some column reads of it, for the pages of what is pulled."""
        fields: dict[str, set[str]] = {}
        for table, columns in self.tables.items():
            for refs in columns.values():
                for ref in refs:
                    for end in self._payload_ends(ref) if ref.column == PAYLOAD and table != FIELDS else ():
                        fields.setdefault(end.table, set()).add(end.detail)
        return {table: frozenset(names) for table, names in fields.items()}

    def _payload_ends(self, ref: Ref) -> Iterable[Ref]:
        if not ref.detail:
            return ()
        if ref.table.startswith("raw."):
            return (ref,)
        return (
            end
            for each in self.tables.get(ref.table, {}).get(ref.column, ())
            if each.column == PAYLOAD
            for end in self._payload_ends(_carried(ref, each))
        )


def _carried(outer: Ref, inner: Ref) -> Ref:
    """The inner column with the outer one's detail, where the outer is a passed-on payload; else as it is."""
    if outer.detail and inner.column == PAYLOAD and not inner.detail:
        return inner._replace(detail=outer.detail)
    return inner


def lineage(models: Mapping[str, Model], custom: CustomFields | None = None) -> Lineage:
    """The lineage of all tables that `models` (in the order of building) and Python make.

    `custom` maps the policy's meanings to custom fields (`custom_fields`); without it custom fields are told by their meaning alone.
    """
    made = {f"{layer}.{name}" for layer in ("marts", "kpi") for name in TABLES} & {*models, *BEFORE_SQL}
    empty = unfilled(name for name in TABLES if not name.startswith("meta_") and not {f"marts.{name}", f"kpi.{name}"} & made)
    tables: dict[str, Columns] = {**empty, **{name: each.lineage for name, each in BEFORE_SQL.items()}}
    reader = Reader(
        known=lambda name: tuple(tables[name]) if name in tables else None,
        keys=lambda name: models[name].key if name in models else (),
    )
    for name, model in models.items():
        tables[name] = reader.columns(model.sql, name)
    tables |= publications(tables)
    return Lineage(tables, custom or {})


def custom_fields(rows: Iterable[tuple[str, str, str]]) -> CustomFields:
    """Meanings with their custom fields, out of rows (entity, meaning, name) of policy.custom_field."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for entity, meaning, name in sorted(rows):
        found[meaning] = (*found.get(meaning, ()), (entity, name))
    return found

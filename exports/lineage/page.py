"""The page itself: tables in the order in which they are read, each column with what it is made of and where it comes from in the end.

Styling and markup are in `page.html.j2`. The one thing to know: names come from SQL and the policy (a custom field may be called
anything), so everything is escaped by the template engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from handoff_pipeline.lineage import Lineage, Origin, Ref
from handoff_pipeline.lineage.columns import PAYLOAD
from handoff_pipeline.lineage.origins import FIELDS, endpoint
from handoff_pipeline.tables import TABLES
from handoff_pipeline.warehouse.models import Model

LAYERS: Final = ("published", "kpi", "marts", "governance", "core", "staging", "ledger", "policy", "raw")
"""From what people read down to what was pulled."""
_TITLES: Final = {"raw": "HaloPSA, as pulled", "policy": "The policy (handoff.yaml)", "ledger": "The ledger"}
_TEMPLATES: Final = Environment(
    loader=PackageLoader("exports.lineage", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


@dataclass(frozen=True)
class Row:
    """One column: its anchor, name and meaning, links to what it is made of, and its ends by source."""

    anchor: str
    name: str
    meaning: str
    parts: tuple[tuple[str, str], ...]
    ends: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Section:
    """One table."""

    name: str
    description: str
    rows: tuple[Row, ...]


def anchor(ref: Ref) -> str:
    """The anchor of a column: `layer.table.column`, of a field of HaloPSA `raw.entity.field`, of a custom field its meaning."""
    if ref.table.startswith("raw.") and ref.column == PAYLOAD:
        return f"{ref.table}.{ref.detail}" if ref.detail else ref.table
    if ref.table == FIELDS and ref.detail:
        return f"{FIELDS}.meaning.{ref.detail}"
    return f"{ref.table}.{ref.column}"


def page(lineage: Lineage, models: Mapping[str, Model], title: str = "Lineage") -> str:
    """The whole page as HTML, for reading in a browser from a file; no script, nothing loaded from elsewhere."""
    layers = [(layer, _TITLES.get(layer, layer), _sections(layer, lineage, models)) for layer in LAYERS]
    return _TEMPLATES.get_template("page.html.j2").render(title=title, layers=[each for each in layers if each[2]])


def _sections(layer: str, lineage: Lineage, models: Mapping[str, Model]) -> list[Section]:
    if layer == "raw":
        return [_raw(table, fields) for table, fields in sorted(_raw_fields(lineage).items())]
    if layer in {"policy", "ledger"}:
        return [_end(table, columns) for table, columns in sorted(_end_columns(layer, lineage).items())]
    return [_table(name, lineage, models) for name in sorted(lineage.tables) if name.partition(".")[0] == layer]


def _table(name: str, lineage: Lineage, models: Mapping[str, Model]) -> Section:
    published = TABLES.get(name.partition(".")[2]) if name.partition(".")[0] in {"published", "kpi", "marts"} else None
    meanings = {column.name: column.description for column in published.columns} if published else {}
    model = models.get(name)
    rows = [
        Row(
            anchor(Ref(name, column)),
            column,
            meanings.get(column, ""),
            _links(lineage.made_of(name, column)),
            _ends(lineage.origins(name, column)),
        )
        for column in lineage.tables[name]
    ]
    if name == FIELDS:
        rows += [
            Row(anchor(Ref(FIELDS, "shown", meaning)), meaning, "custom field, by its meaning", (), _ends(origins))
            for meaning, origins in sorted(lineage.meanings().items())
        ]
    description = published.description if published else model.description if model else ""
    return Section(name, description, tuple(rows))


def _links(refs: tuple[Ref, ...]) -> tuple[tuple[str, str], ...]:
    links = {(anchor(ref), _shown(ref)): None for ref in refs}
    return tuple(links)


def _shown(ref: Ref) -> str:
    if ref.table.startswith("raw.") and ref.column == PAYLOAD:
        return f"{endpoint(ref.table.partition('.')[2])}: {ref.detail or 'the whole record'}"
    return f"{ref.table}.{ref.column}{f' [{ref.detail}]' if ref.detail else ''}"


def _ends(origins: tuple[Origin, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    grouped: dict[str, list[str]] = {}
    for each in origins:
        label = {"halopsa": f"HaloPSA {each.source}", "policy": f"handoff.yaml, {each.source}", "ledger": f"ledger, {each.source}"}.get(
            each.kind, "the night that saw it"
        )
        grouped.setdefault(label, []).append(each.field)
    return tuple((label, tuple(dict.fromkeys(fields))) for label, fields in grouped.items())


def _raw_fields(lineage: Lineage) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {table: set(fields) for table, fields in lineage.used_fields.items()}
    for ref in lineage.ends("raw"):
        if ref.column != PAYLOAD:
            found.setdefault(ref.table, set()).add(ref.column)
    return found


def _raw(table: str, fields: set[str]) -> Section:
    entity = table.partition(".")[2]
    rows = (
        Row(f"{table}.{field}", field, "", (), ((f"HaloPSA {endpoint(entity)}", (field,)),) if endpoint(entity) != entity else ())
        for field in sorted(fields)
    )
    return Section(
        table, f"Pulled by {endpoint(entity)}." if endpoint(entity) != entity else "What the pipeline notes of each night.", tuple(rows)
    )


def _end_columns(layer: str, lineage: Lineage) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for ref in lineage.ends(layer):
        found.setdefault(ref.table, set()).add(ref.column)
    return found


def _end(table: str, columns: set[str]) -> Section:
    return Section(table, "", tuple(Row(f"{table}.{column}", column, "", (), ()) for column in sorted(columns)))

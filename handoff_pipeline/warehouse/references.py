"""Who refers to whom in raw: a record that others still refer to has not gone without somebody's noticing.

What follows from it is judgement.py's.
The one thing to know: a reference counts as long as the referring record is held to be living here. One that is missing tonight as well
counts too, unless HaloPSA lists it as deleted: a lost permission hides a deal together with its quotations.
"""
# ruff: noqa: S608 - names are constants of this package, quoted by ident() or literal()

from __future__ import annotations

from typing import Final

from handoff_pipeline.warehouse import versions
from handoff_pipeline.warehouse.engine import Connection
from handoff_pipeline.warehouse.sql import literal

_TICKETS: Final = ("opportunity", "project", "change_request")
_OF_TICKETS: Final = {
    # What was sold belongs to the deal that sold it.
    "quotation": "ticket_id",
    "sales_order": "ticket_id",
    # Sign-offs and hours belong to the project or the change that they were given to.
    "approval": "ticket_id",
    "action": "ticket_id",
    # Tasks and changes belong to their project.
    "project": "parent_id",
    "change_request": "parent_id",
}

REFERENCES: Final[dict[str, dict[str, str]]] = {
    **dict.fromkeys(_TICKETS, _OF_TICKETS),
    # An order is made of a quotation.
    "quotation": {"sales_order": "quotation_id"},
    # Deals and projects without their client or status would leave every segment and every cohort in silence.
    "client": dict.fromkeys(_TICKETS, "client_id"),
    "status": dict.fromkeys(_TICKETS, "status_id"),
    "ticket_type": dict.fromkeys(_TICKETS, "tickettype_id"),
}
"""Entity to those that refer to it, each with its field. Appointments, attachments, invoices and the like are left out: no figure rests on
the record that they name, and HaloPSA keeps them after it is gone."""


def referred(conn: Connection, entity: str) -> tuple[list[str], list[str]]:
    """Keys of `entity` among the unproven of `temp.missing` that a living record refers to, and the entities that do; both in order."""
    sources = REFERENCES.get(entity)
    if not sources:
        return [], []
    each = " union all ".join(_referring(source, field) for source, field in sources.items())
    rows = conn.execute(
        f"""
        select m.row_key, list_sort(list_distinct(list(f.source))) as sources
        from temp.missing as m
        inner join ({each}) as f on m.row_key = f.target
        where m.entity = $entity and not m.is_proven
        group by m.row_key
        order by try_cast(m.row_key as bigint), m.row_key
        """,
        {"entity": entity},
    ).fetchall()
    return [key for key, _ in rows], sorted({source for _, sources in rows for source in sources})


def _referring(source: str, field: str) -> str:
    """The living records of `source` that are not proven to be deleted: source, target."""
    target = f"json_extract_string(r.payload, {literal(f'$.{field}')})"
    return (
        f"select {literal(source)} as source, regexp_replace(l.c1, '\\.0+$', '') as target from ({versions.living(source, target)}) as l"
        f" anti join (select row_key from temp.missing where entity = {literal(source)} and is_proven) as p on l.row_key = p.row_key"
    )

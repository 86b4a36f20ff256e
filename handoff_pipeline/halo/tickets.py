"""What a paged list is asked for: changes since the cursor, custom fields by id, change requests by ticket type.

How pages are read is `paging`'s. The one thing to know: a ticket list carries no custom fields unless their ids are named (H: TopLeft), so
without the tenant's field definitions ticket lists are not read at all; their fields would look emptied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import orjson

from handoff_pipeline.halo.envelope import Row, whole_number
from handoff_pipeline.halo.errors import IncompletePull
from handoff_pipeline.halo.paging import read_paged
from handoff_pipeline.halo.report import EntityReport
from handoff_pipeline.halo.source import Outcome, Source

CHANGE_REQUEST = "change_request"


async def read_listed(source: Source, server_time: datetime, reports: Mapping[str, EntityReport]) -> Outcome:
    """Reads a paged entity: whole without a cursor, else what changed since then and the overlap before.

    Raises:
        IncompletePull: the configuration that it depends on is not there, or the list does not balance.
    """
    entity, plan = source.entity, source.plan
    parameters: dict[str, str | int] = dict(entity.parameters)
    notes: list[str] = []
    if entity.name == CHANGE_REQUEST:
        if not plan.change_type_names:
            return Outcome(0, 0, is_full=False, detail="the policy names no ticket type for change requests")
        types, missing = _ids(_rows(reports, "ticket_type"), plan.change_type_names)
        if not types:
            raise IncompletePull(
                f"no ticket type of the tenant is named {_listed(missing)}.", "Correct ticket_types.change_request in handoff.yaml."
            )
        parameters["requesttype"] = _csv(types)
        notes += [f"no ticket type named {_listed(missing)}"] * bool(missing)
    if entity.is_ticket:
        fields, missing = _ids(_rows(reports, "field_info"), plan.custom_field_names)
        if fields:
            parameters["include_custom_fields"] = _csv(fields)
        notes += [f"no custom field named {_listed(missing)}"] * bool(missing)
    cursor = plan.cursors.get(entity.name) if entity.has_cursor else None
    if cursor is not None:
        since = min(cursor, server_time) - timedelta(minutes=source.settings.overlap_minutes)
        # Typed bool in the specification, takes a moment (H: TopLeft, in this very format).
        parameters["lastupdatefromdate"] = f"{since:%Y-%m-%dT%H:%M:%S.%fZ}"
    outcome = await read_paged(source, parameters, is_full=cursor is None)
    return Outcome(outcome.rows_seen, outcome.rows_expected, outcome.is_full, "; ".join(notes) or None)


def _rows(reports: Mapping[str, EntityReport], entity: str) -> list[Row]:
    """The configuration rows that this run has read."""
    report = reports[entity]
    if report.state != "complete":
        raise IncompletePull(f"it depends on {entity}, which is {report.state}: {report.detail}", f"Clear up {entity} first.")
    rows: list[Row] = []
    for file in report.files:
        document = orjson.loads(file.path.read_bytes())
        rows += document if file.shape == "array" else document[file.shape]
    return rows


def _ids(rows: Iterable[Row], names: frozenset[str]) -> tuple[list[int], list[str]]:
    """Ids of the rows with these names (all rows for no names), and the names that no row has."""
    found: dict[int, str] = {}
    for row in rows:
        number = whole_number(row.get("id"))
        if number is not None:
            found[number] = _plain(str(row.get("name", "")))
    if not names:
        return sorted(found), []
    wanted = {_plain(name): name for name in names}
    missing = sorted(name for plain, name in wanted.items() if plain not in found.values())
    return sorted(number for number, name in found.items() if name in wanted), missing


def _plain(name: str) -> str:
    """A name without case and without the CF of custom fields, which HaloPSA shows with and without."""
    return name.strip().casefold().removeprefix("cf")


def _csv(numbers: Iterable[int]) -> str:
    return ",".join(map(str, numbers))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)

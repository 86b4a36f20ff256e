"""Markers: a value of our own on a new record, so that "does it exist?" can be answered when a create was left uncertain.

The one thing to know: which field keeps a marker is not proved on a live tenant. `third_party_id_string` is a candidate of HaloPSA's
specification; a text custom field made for it is the safer choice. The writer says at once if a marker does not come back (`WriteIgnored`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from handoff_pipeline.halo.client import HaloClient
from handoff_pipeline.halo.envelope import Key, Row, key_of
from handoff_pipeline.halo.errors import ProtocolError, Unsearchable, WriteRefused
from handoff_pipeline.halo.kinds import KINDS, Kind
from handoff_pipeline.halo.outcome import record_in
from handoff_pipeline.halo.transport import Parameters
from handoff_pipeline.halo.verify import PROSE, same

UNPROVEN_FIELD = "third_party_id_string"
CANDIDATES = 500
"""Tickets looked through at most; more of them mean that `since` lies too far back."""
OF_A_TICKET = 5000
"""Notes or approvals of one ticket looked through at most; they come in one answer."""
_PAGE = 100


@dataclass(frozen=True)
class Marker:
    """`value` in `field`. A name that begins with CF is a custom field; in a prose field or the summary the value stands in brackets."""

    value: str
    field: str = UNPROVEN_FIELD

    def on(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields with the marker on them."""
        if self.field.startswith("CF"):
            others = [item for item in fields.get("customfields") or [] if item.get("name") != self.field]
            return {**fields, "customfields": [*others, {"name": self.field, "value": self.value}]}
        if self._is_text:
            return {**fields, self.field: f"{fields.get(self.field) or ''} [{self.value}]".strip()}
        return {**fields, self.field: self.value}

    def is_on(self, row: Row) -> bool:
        """Whether a record carries it."""
        if self.field.startswith("CF"):
            rows = row.get("customfields")
            return isinstance(rows, list) and any(
                isinstance(item, dict) and item.get("name") == self.field and same(self.value, item.get("value"), "value") for item in rows
            )
        if self._is_text:
            return f"[{self.value}]" in str(row.get(self.field) or "")
        return row.get(self.field) is not None and str(row[self.field]) == self.value

    def is_shown(self, row: Row) -> bool:
        """Whether the row has the field at all; a list shows fewer fields than a record does."""
        return ("customfields" if self.field.startswith("CF") else self.field) in row

    @property
    def _is_text(self) -> bool:
        return self.field in PROSE or self.field == "summary"


async def find(client: HaloClient, kind: str, marker: Marker, since: datetime, ticket_id: int | None) -> tuple[Key, ...]:
    """Keys of the records of a kind that carry the marker, among the candidates changed since then.

    Tickets by `lastupdatefromdate`; actions and approvals of one ticket; custom fields all. A candidate whose list row does not show the
    field is read singly. Every candidate is compared here, since HaloPSA ignores filters that it does not know.

    Raises:
        WriteRefused: the kind cannot be searched so, or `ticket_id` is missing.
        Unsearchable: more notes than are looked through, or a list that was cut. ProtocolError: the same of tickets. Otherwise as
            `HaloClient.get`.
    """
    what = KINDS.get(kind)
    if what is None or what.name == "appointment":
        raise WriteRefused(f"{kind}: records of this kind are not searched by a marker.", "Look for it in HaloPSA.", kind=kind)
    found: list[Key] = []
    for row in await _candidates(client, what, since, ticket_id):
        key = key_of({**row, "ticket_id": row.get("ticket_id", ticket_id)}, what.key)
        if key is None:
            continue
        whole = row
        if not marker.is_shown(row) and what.whole_arrays:
            path, parameters = what.where(key)
            whole = record_in((await client.get(what.entity, path, parameters, what.path + "/{id}")).document, what, key)
        if marker.is_on(whole):
            found.append(key)
    return tuple(found)


async def _candidates(client: HaloClient, what: Kind, since: datetime, ticket_id: int | None) -> list[Row]:
    """Rows among which the record would be."""
    if "ticket_id" in what.key:
        if ticket_id is None:
            raise WriteRefused(f"{what.name}: give the ticket under which to look.", "Pass ticket_id.", kind=what.name)
        _, of_ticket = await client.rows(what.entity, {"ticket_id": ticket_id, "count": OF_A_TICKET + 1, **what.list_details})
        there = max(len(of_ticket.rows), of_ticket.record_count or 0)
        if there > OF_A_TICKET:
            raise Unsearchable(
                f"{what.path}: ticket {ticket_id} has more than {OF_A_TICKET} of them; the marker is not looked for among so many.",
                "Look for it in HaloPSA.",
            )
        # What is not in a list that was cut may be there all the same, and would be written twice.
        if there > len(of_ticket.rows):
            raise Unsearchable(
                f"{what.path}: {len(of_ticket.rows)} of the {there} of ticket {ticket_id} came; the marker may be on one that did not.",
                "Report it with HaloPSA's version: the list is cut although more was asked for.",
            )
        return of_ticket.rows
    if what.name == "field_info":
        return await _once(client, what, what.entity.parameters)
    rows: dict[Key, Row] = {}
    begin = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    for number in range(1, CANDIDATES // _PAGE + 2):
        paging: Parameters = {"pageinate": "true", "page_no": number, "page_size": _PAGE, "order": "id", "orderdesc": "true"}
        came = await _once(client, what, {"lastupdatefromdate": begin, **paging})
        new = {key: row for row in came if (key := key_of(row, what.key)) is not None and key not in rows}
        rows |= new
        # A short page is no end: HaloPSA may cut pages shorter than was asked.
        if not new:
            return list(rows.values())
    raise ProtocolError(
        f"{what.path}: more than {CANDIDATES} records changed since {begin}; the marker is not looked for among so many.",
        "Ask with a later moment, the one just before the write was sent.",
    )


async def _once(client: HaloClient, what: Kind, parameters: Parameters) -> list[Row]:
    _, rows = await client.rows(what.entity, parameters)
    return rows.rows

"""A project's milestones: HaloPSA replaces the whole array, so the whole array is read, merged, posted and read again.

The one thing to know: a row left out is deleted and a field left off an included row is blanked (H: TopLeft, conduit), so every row goes
back with everything that was read of it. HaloPSA has no version to hold on to: a row that somebody adds in the moment between the last
reading and the write cannot be saved, which is why the two stand as close together as they can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import orjson

from handoff_pipeline.halo.envelope import Key, Row, whole_number
from handoff_pipeline.halo.errors import WriteConflict, WriteIgnored, WriteRefused
from handoff_pipeline.halo.kinds import KINDS, Kind, encoded
from handoff_pipeline.halo.outcome import key_written
from handoff_pipeline.halo.verify import not_taken
from handoff_pipeline.halo.written import Reply, Written

READ_ONLY = frozenset({"tickets", "dependencies"})
"""Their writable twins are `tickets_list` and `milestone_dependencies`."""


class Sender(Protocol):
    """What is needed of the writer."""

    async def send(self, what: Kind, record: Mapping[str, Any], key: Key | None) -> Reply:
        """Posts one record once."""

    async def read(self, what: Kind, key: Key) -> Row:
        """The record as HaloPSA shows it now."""


def merged(rows: Sequence[Row], changes: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The whole array to post: every row as it was read, with its changes; rows without an id are new and stand at the end.

    Raises:
        WriteRefused: a change names an id that the project does not have, or a new row has no name.
    """
    whole = {_id(row): writable(row) for row in rows}
    if None in whole or len(whole) != len(rows):
        raise WriteRefused(
            "milestone: the project shows rows without an id of their own.", "Change them in HaloPSA itself.", kind="milestone"
        )
    new: list[Row] = []
    for change in changes:
        fields = {name: encoded(value, f"milestones.{name}", "milestone") for name, value in change.items()}
        if READ_ONLY & set(fields):
            raise WriteRefused(
                "milestone: tickets and dependencies are read-only.", "Use tickets_list and milestone_dependencies.", kind="milestone"
            )
        number = whole_number(fields.get("id"))
        if not number:
            if not fields.get("name"):
                raise WriteRefused("milestone: a new one has no name.", "Give it a name.", kind="milestone")
            new.append({name: value for name, value in fields.items() if name != "id"})
        elif number not in whole:
            raise WriteRefused(f"milestone: {number} is not among the project's.", "Read the project's milestones again.", kind="milestone")
        else:
            whole[number] |= fields
    return [*whole.values(), *new]


def writable(row: Row) -> Row:
    """A row as read, in the names under which it is written."""
    kept = {name: value for name, value in row.items() if name not in READ_ONLY and not name.startswith("_")}
    if "tickets_list" not in kept and isinstance(row.get("tickets"), list):
        # `{id}` is enough, and it is the ticket's (H: TopLeft).
        kept["tickets_list"] = [{"id": item.get("ticket_id")} for item in row["tickets"] if isinstance(item, dict)]
    if "milestone_dependencies" not in kept and isinstance(row.get("dependencies"), list):
        # A guess, since no source says which end is which: this row is the child, and what it waits for is the parent.
        ends = [(item.get("parent"), item.get("child")) for item in row["dependencies"] if isinstance(item, dict)]
        kept["milestone_dependencies"] = [{"id": parent} for parent, child in ends if whole_number(child) == _id(row)]
    return kept


async def write_milestones(writer: Sender, project_id: int, changes: Sequence[Mapping[str, Any]], seen: Sequence[Row] | None) -> Written:
    """Changes rows by their id and adds those without one. The caller holds the writer's lock.

    Args:
        writer: The writer that sends.
        project_id: The project's ticket id.
        changes: Rows with `id` and the fields to change, or without `id` and with `name` for a new one.
        seen: The array on which the changes were decided; None to take what is there now.

    Raises:
        WriteConflict: the array changed since `seen`, or while it was being written; rows that were lost are named.
        WriteIgnored: rows do not hold what was sent. Otherwise as `HaloWriter.upsert`.
    """
    what, key = KINDS["project"], (project_id,)
    before = _rows(await writer.read(what, key))
    if seen is not None and _print(seen) != _print(before):
        raise _conflict(project_id, "changed since the change was decided; nothing was written")
    whole = merged(before, changes)
    again = _rows(await writer.read(what, key))
    if _print(again) != _print(before):
        raise _conflict(project_id, "changed between reading and writing; nothing was written")
    record: Row = {"id": project_id, "milestones": whole}
    key_written(what, record, key, await writer.send(what, record, key))
    after = _rows(await writer.read(what, key))
    _keep_all(project_id, before, after)
    lost = _not_held(whole, after)
    if lost:
        raise WriteIgnored(
            f"HaloPSA accepted the milestones of project {project_id} and did not take {', '.join(lost)}.",
            "Set them in HaloPSA itself.",
            kind="milestone",
            key=key,
            fields=lost,
        )
    return Written("milestone", key, is_new=False, fields=("milestones",), is_verified=True, row={"milestones": after})


def _keep_all(project_id: int, before: Sequence[Row], after: Sequence[Row]) -> None:
    """Nobody's row may be gone."""
    gone = {_id(row) for row in before} - {_id(row) for row in after}
    if gone:
        names = ", ".join(str(number) for number in sorted(gone, key=str))
        raise _conflict(project_id, f"lost the rows {names} while they were written; somebody else wrote at the same time")


def _not_held(sent: Sequence[Row], after: Sequence[Row]) -> tuple[str, ...]:
    """`row.field` of everything that is not there now."""
    held = {_id(row): writable(row) for row in after}
    known = {_id(row) for row in sent} - {None}
    lost: list[str] = []
    for row in sent:
        number = _id(row)
        if number is not None:
            lost += [f"{number}.{name}" for name in not_taken(row, held.get(number, {}))]
        elif not any(not not_taken(row, other) for other_id, other in held.items() if other_id not in known):
            lost.append(f"the new one {row.get('name')!r}")
    return tuple(lost)


def _rows(ticket: Row) -> list[Row]:
    """The project's milestones; null keys are left out of answers, so an absent array is an empty one."""
    rows = ticket.get("milestones")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _id(row: Row) -> int | None:
    return whole_number(row.get("id")) or None


def _print(rows: Sequence[Row]) -> bytes:
    """Two arrays with the same one are the same."""
    return orjson.dumps(sorted(rows, key=lambda row: _id(row) or 0), option=orjson.OPT_SORT_KEYS)


def _conflict(project_id: int, what: str) -> WriteConflict:
    return WriteConflict(
        f"The milestones of project {project_id} {what}.",
        "Read them again, look at the difference in HaloPSA, and decide anew.",
        kind="milestone",
        key=(project_id,),
    )

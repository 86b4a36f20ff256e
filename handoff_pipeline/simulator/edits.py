"""What was done by hand or through the API on top of the truth: a log of edits.

How they are laid over rows is in `overlay`, what HaloPSA fills in for a new row in `filling`; HTTP is in `writes`. The one
thing to know: an edit holds from its own moment on, over whatever the truth says later, so a snapshot stays a pure function of
(truth, edits, moment).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Final

from handoff_pipeline.simulator import filling
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.overlay import Edit, Key, Kind, key_names
from handoff_pipeline.simulator.restrictions import OWN_SIGHT
from handoff_pipeline.simulator.shaping import fraction, stamp

# What a change moves (H: sections 2.3, 3.3; actions, agents and milestones have nothing of the kind).
STAMPS: Final[dict[str, tuple[tuple[str, Callable[[datetime], str]], ...]]] = {
    "tickets": (("last_update", fraction), ("lastactiondate", fraction)),
    "quotations": (("last_update_time", fraction),),
    "orders": (("last_update_time", fraction),),
    "clients": (("alastupdate", stamp),),
    "sites": (("slastupdate", stamp),),
    "appointments": (("last_modified", stamp),),
    "invoices": (("last_modified", stamp),),
    "contracts": (("last_modified", stamp),),
}
# Above every id of a truth, past and future, so that a made row never meets one that the world makes later.
FIRST_NEW_ID: Final = 10_000_000
FIRST_NEW_NUMBER: Final = 1001


class Edits:
    """The log of one tenant. `log` is every edit, oldest first; `version` counts them.

    Resources are named as the properties of `Snapshot`. A key is the row's id, or the tuple of `KEYS` where an id alone
    is none: `(ticket_id, id)` of an action.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        rows: Callable[[str], list[Row]],
        row: Callable[[str, Key], Row | None],
        reissued: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        """Take the clock, readers of a resource's present rows and of one of them, and the resources whose rows an update renumbers."""
        self._now, self._rows, self._row, self._reissued = now, rows, row, reissued
        self.log: list[Edit] = []
        self._of: dict[str, list[Edit]] = {}
        self._next: dict[Key, int] = {}

    @property
    def version(self) -> int:
        """How many edits there are; a snapshot of another version is stale."""
        return len(self.log)

    def create(self, resource: str, fields: Row) -> int:
        """Make a row and give its id (its number within the ticket for actions and approvals); an id in `fields` is kept.

        Raises ValueError when a living row has that key already.
        """
        names = key_names(resource)
        given = dict(fields)
        if not given.get(names[-1]):
            given[names[-1]] = self._fresh(resource, given)
        key = tuple(given.get(name) for name in names)
        if self.find(resource, key) is not None:
            raise ValueError(f"{resource} {key} exists already: change it, or delete it first to use its id again")
        row = filling.new_row(resource, given, self._now(), self._rows)
        if resource == "tickets":
            self._forget_children(given["id"])
        self._record(resource, key, "create", row)
        if resource == "actions":
            self._touch(row, float(row.get("timetaken") or 0), is_change=True)
        return key[-1] if isinstance(key[-1], int) else 0

    def change(self, resource: str, key: int | Key, fields: Row) -> int:
        """Set fields of a living row, `customfields` by id or name; gives its id, a new one where an update reissues it.

        Raises KeyError when no such row lives.
        """
        found, present = self._living(resource, key)
        changed = filling.completed(resource, fields, present, self._now(), self._rows)
        self._record(resource, found, "change", changed)
        if resource == "actions" and "timetaken" in fields:
            self._touch(present, float(fields["timetaken"] or 0) - float(present.get("timetaken") or 0))
        if resource in self._reissued():
            fresh = self._fresh(resource, present)
            self._record(resource, found, "rekey", {"id": fresh})
            return fresh
        return found[-1] if isinstance(found[-1], int) else 0

    def delete(self, resource: str, key: int | Key) -> None:
        """Delete a living row; KeyError when there is none."""
        found, present = self._living(resource, key)
        self._record(resource, found, "delete", {})
        if resource == "actions":
            self._touch(present, -float(present.get("timetaken") or 0))

    def restore(self, resource: str, key: int | Key) -> None:
        """Bring a deleted row back as it was, without a new last update (a guess, the harder one for a reader)."""
        wanted = _key(key)
        if not self.deletes(resource, wanted):
            raise KeyError(f"{resource} {wanted} is not deleted: only a deleted row can be restored")
        self._record(resource, wanted, "restore", {})

    def preview(self, resource: str, present: Row, fields: Row) -> Row:
        """Give a row as it would be with fields set; nothing is written."""
        return filling.merged(present, filling.completed(resource, fields, present, self._now(), self._rows))

    def rows(self, resource: str) -> list[Row]:
        """Give the living rows of a resource, whatever is hidden from the application's agent."""
        return self._rows(resource)

    def find(self, resource: str, key: int | Key) -> Row | None:
        """Give the living row of a key, or None."""
        return self._row(resource, _key(key))

    def deletes(self, resource: str, key: Key) -> bool:
        """Tell whether the last thing that happened to the row's existence is its deletion."""
        fates = [edit.kind for edit in self.of(resource) if edit.key == key and edit.kind in {"create", "delete", "restore"}]
        return bool(fates) and fates[-1] == "delete"

    def touches(self, *resources: str) -> bool:
        """Tell whether anything of these resources was edited."""
        return any(self._of.get(resource) for resource in resources)

    def of(self, resource: str) -> list[Edit]:
        """Give the edits of a resource, oldest first; the list grows with the log."""
        return self._of.setdefault(resource, [])

    def _living(self, resource: str, key: int | Key) -> tuple[Key, Row]:
        present = self.find(resource, key)
        if present is None:
            raise KeyError(f"{resource} {_key(key)} does not live at {self._now().isoformat()}: create it first")
        return _key(key), present

    def _fresh(self, resource: str, given: Row) -> int:
        above = tuple(given.get(name) for name in key_names(resource)[:-1])
        scope = (resource, *above)
        first = FIRST_NEW_NUMBER if above else FIRST_NEW_ID
        taken = {edit.key[-1] for edit in self.of(resource) if edit.key[:-1] == above}
        self._next[scope] = next(number for number in count(self._next.get(scope, first - 1) + 1) if number not in taken)
        return self._next[scope]

    def _forget_children(self, ticket_id: int) -> None:
        # An id that is used again is another ticket: what was made for the deleted one does not come back with it.
        for edit in list(self.log):
            if edit.kind == "create" and edit.resource not in OWN_SIGHT and edit.fields.get("ticket_id") == ticket_id:
                self._record(edit.resource, edit.key, "delete", {})

    def _touch(self, action: Row, hours: float, *, is_change: bool = False) -> None:
        # Time on an action is time on its ticket. Only a new action moves the ticket's last update (section 10: likely so).
        ticket = self.find("tickets", action["ticket_id"])
        if ticket is not None:
            fields = {"timetaken": round(float(ticket.get("timetaken") or 0) + hours, 6)}
            self._record("tickets", (action["ticket_id"],), "change" if is_change else "touch", fields)

    def _record(self, resource: str, key: Key, kind: Kind, fields: Row) -> None:
        at = self._now()
        stamps = {name: write(at) for name, write in STAMPS.get(resource, ())} if kind in {"create", "change"} else {}
        edit = Edit(at, resource, key, kind, stamps | fields)
        self.log.append(edit)
        self.of(resource).append(edit)


def _key(key: int | Key) -> Key:
    return key if isinstance(key, tuple) else (key,)

"""Edits laid over a resource's rows: what lives, what was deleted, what was made when. The log itself is in `edits`.

The one thing to know: the rows below are shared and never copied. Only what edits touched is held apart, and a later version of
the same moment begins with what the one before had laid, so an edit costs what it changes and not what there is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Literal

from handoff_pipeline.simulator import filling
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.indexed import Indexed

Key = tuple[Any, ...]
Kind = Literal["create", "change", "touch", "delete", "restore", "rekey"]
Rename = Callable[[Row], Row]

# H: ids that are none (section 5): actions count within a ticket, approvals too, timesheets all have id 0.
KEYS: Final[dict[str, tuple[str, ...]]] = {
    "actions": ("ticket_id", "id"),
    "approvals": ("ticket_id", "seq"),
    "budgets": ("ticket_id", "id"),
    "timesheets": ("agent_id", "date"),
    "agent_costs": ("agent_id", "start_date"),
}


@dataclass(frozen=True)
class Edit:
    """One change of one row at a moment; `fields` are those set, a new row's whole."""

    at: datetime
    resource: str
    key: Key
    kind: Kind
    fields: Row


def key_names(resource: str) -> tuple[str, ...]:
    """Give the fields that tell a resource's rows apart."""
    return KEYS.get(resource, ("id",))


class Ground:
    """A resource's rows at a moment, before any edit, with the edits that were laid over them until now."""

    def __init__(self, resource: str, rows: Indexed, now: datetime) -> None:
        """Take the rows as they are at `now`."""
        self.rows, self._resource, self._now = rows, resource, now
        self._seen, self._laid = 0, Applied(self)

    @cached_property
    def by_key(self) -> dict[Key, Row]:
        """The rows by what tells them apart."""
        names = key_names(self._resource)
        if len(names) == 1:
            return {(row.get(names[0]),): row for row in self.rows}
        return {tuple(row.get(name) for name in names): row for row in self.rows}

    def under(self, log: Sequence[Edit]) -> Applied:
        """Give the rows with the edits of `log`, the resource's own and ever growing, laid over them as far as they are due."""
        due = [edit for edit in log[self._seen :] if edit.at <= self._now]
        self._seen = len(log)
        if due:
            self._laid = self._laid.followed_by(due)
        return self._laid


@dataclass(frozen=True)
class Laid:
    """What edits made of rows: those that stand in an old row's place, keys taken away, rows behind the others, and deleted ones."""

    instead: dict[Key, Row]
    gone: set[Key]
    behind: dict[Key, Row]
    deleted: dict[Key, Row]
    born: dict[Key, datetime]


class Applied:
    """A resource's rows after the edits: those that live, those that were deleted, and when a made row was made."""

    def __init__(self, ground: Ground, laid: Laid | None = None, rename: Rename | None = None) -> None:
        """Take the rows below, what was laid over them, and what every row passes through on its way out."""
        self._ground, self._laid, self._rename = ground, laid, rename

    @cached_property
    def living(self) -> Indexed:
        """Rows that live: old ones in their places, made and restored ones behind them."""
        if self._laid is None:
            return self._ground.rows if self._rename is None else Indexed(map(self._rename, self._ground.rows))
        instead, gone = self._laid.instead, self._laid.gone
        rows = [instead.get(key, row) for key, row in self._ground.by_key.items() if key not in gone]
        rows += self._laid.behind.values()
        return Indexed(rows if self._rename is None else map(self._rename, rows))

    @property
    def deleted(self) -> list[Row]:
        """Rows that were deleted, as they were last."""
        rows = [] if self._laid is None else list(self._laid.deleted.values())
        return rows if self._rename is None else [self._rename(row) for row in rows]

    @property
    def born(self) -> dict[Key, datetime]:
        """Key of a made row -> when it was made."""
        return {} if self._laid is None else self._laid.born

    def get(self, key: Key) -> Row | None:
        """Give the living row of a key, or None."""
        row = self._ground.by_key.get(key) if self._laid is None else _present(self._laid, self._ground.by_key, key)
        return row if row is None or self._rename is None else self._rename(row)

    def renamed(self, rename: Rename | None) -> Applied:
        """Give the same with every row passed through `rename`."""
        return self if rename is None else Applied(self._ground, self._laid, rename)

    def followed_by(self, edits: Sequence[Edit]) -> Applied:
        """Give the same with more edits laid over it; this one stays as it is."""
        old = self._laid or Laid({}, set(), {}, {}, {})
        laid = Laid(dict(old.instead), set(old.gone), dict(old.behind), dict(old.deleted), dict(old.born))
        for edit in edits:
            _lay(edit, laid, self._ground.by_key)
        return Applied(self._ground, laid, self._rename)


def _lay(edit: Edit, laid: Laid, below: dict[Key, Row]) -> None:
    present = _present(laid, below, edit.key)
    if edit.kind == "create":
        _put(laid, below, edit.key, edit.fields)
        laid.deleted.pop(edit.key, None)
        laid.born[edit.key] = edit.at
    elif edit.kind == "restore" and edit.key in laid.deleted:
        _put(laid, below, edit.key, laid.deleted.pop(edit.key))
    elif present is None:
        return
    elif edit.kind == "delete":
        _take(laid, edit.key)
        laid.deleted[edit.key] = present
    elif edit.kind == "rekey":
        _take(laid, edit.key)
        _put(laid, below, (*edit.key[:-1], edit.fields["id"]), {**present, "id": edit.fields["id"]})
    else:
        _put(laid, below, edit.key, filling.merged(present, edit.fields))


def _present(laid: Laid, below: dict[Key, Row], key: Key) -> Row | None:
    found = laid.behind.get(key) or laid.instead.get(key)
    return found if found is not None or key in laid.gone else below.get(key)


def _put(laid: Laid, below: dict[Key, Row], key: Key, row: Row) -> None:
    """Set a row in its place, or behind the others where it has none."""
    place = laid.instead if key in below and key not in laid.gone else laid.behind
    place[key] = row


def _take(laid: Laid, key: Key) -> None:
    if laid.behind.pop(key, None) is None:
        laid.instead.pop(key, None)
        laid.gone.add(key)

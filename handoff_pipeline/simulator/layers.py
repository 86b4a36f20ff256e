"""How a resource's rows come about: the truth's at a moment, the edits laid over them, without what is hidden.

The resources themselves are in `store`; the set-up lists are here because a ticket's names come from them. The one thing to
know: what hangs on a ticket that is gone or hidden is left out, and an id that was used again starts with nothing on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cached_property

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.edits import Applied, Edits
from handoff_pipeline.simulator.index import Index
from handoff_pipeline.simulator.renaming import renamed
from handoff_pipeline.simulator.restrictions import NOTHING_HIDDEN, OWN_SIGHT, Restrictions
from handoff_pipeline.simulator.ticket_rows import ticket_rows


class Layers:
    """The truth at `now`, the edits over it, and what is hidden from the application's agent left out; resources are added in `store`."""

    def __init__(
        self,
        index: Index,
        now: datetime,
        restrictions: Restrictions = NOTHING_HIDDEN,
        edits: Edits | None = None,
        truth_rows: dict[str, list[Row]] | None = None,
    ) -> None:
        """Take the moment of an indexed truth; nothing is built yet. `truth_rows` keeps rows of this moment for the next snapshot of it."""
        self._index, self._now, self._restrictions, self._edits = index, now, restrictions, edits
        self._truth_rows: dict[str, list[Row]] = {} if truth_rows is None else truth_rows
        self._by_ticket: dict[str, dict[int, list[Row]]] = {}

    def _truth(self, resource: str, build: Callable[[], Iterable[Row]]) -> list[Row]:
        if resource not in self._truth_rows:
            self._truth_rows[resource] = list(build())
        return self._truth_rows[resource]

    def _applied(self, resource: str, rows: list[Row]) -> Applied:
        return Applied(rows, [], {}) if self._edits is None else self._edits.applied(resource, rows, self._now)

    def _rows(self, resource: str, build: Callable[[], Iterable[Row]]) -> list[Row]:
        """Give the truth's rows of a resource with the edits laid over them, without what is hidden or hangs on a ticket that is gone."""
        reborn = self._all_tickets.born
        truth = self._truth(resource, build)
        if reborn and resource not in OWN_SIGHT:
            # An id that was used again is another ticket: nothing of the old one hangs on it.
            truth = [row for row in truth if (row.get("ticket_id"),) not in reborn]
        return [row for row in self._applied(resource, truth).living if not self._restrictions.hides(resource, row, self._unseen)]

    def _carried(self, array: str, others: tuple[Row, ...] = ()) -> list[Row]:
        """Give the rows that tickets carry in an array of their own, with the edits made to them elsewhere."""
        seen = (row for row in self._all_tickets.living if row["id"] not in self._unseen)
        own = [each for row in seen for each in row.get(array) or []]
        return [row for row in self._applied(array, [*own, *others]).living if row.get("ticket_id", 0) not in self._unseen]

    def of_ticket(self, resource: str, ticket_id: int) -> list[Row]:
        """Give the rows of a resource, named as its property, that hang on a ticket."""
        if resource not in self._by_ticket:
            grouped = self._by_ticket.setdefault(resource, {})
            for row in getattr(self, resource):
                grouped.setdefault(row.get("ticket_id", 0), []).append(row)
        return self._by_ticket[resource].get(ticket_id, [])

    @cached_property
    def _all_tickets(self) -> Applied:
        applied = self._applied("tickets", self._truth("tickets", lambda: ticket_rows(self._index, self._now)))
        if self._edits is None:
            return applied
        return Applied(renamed(applied.living, self, self._edits), renamed(applied.deleted, self, self._edits), applied.born)

    @cached_property
    def _unseen(self) -> frozenset[int]:
        hidden = (row["id"] for row in self._all_tickets.living if self._restrictions.hides_ticket(row))
        return self._restrictions.tickets.union(hidden, (row["id"] for row in self._all_tickets.deleted))

    @cached_property
    def fields(self) -> list[Row]:
        """Custom fields of tickets."""
        return self._applied("fields", [field.row() for field in cfg.FIELDS.values()]).living

    @cached_property
    def ticket_types(self) -> list[Row]:
        """Ticket types."""
        return self._applied("ticket_types", list(cfg.TICKET_TYPES)).living

    @cached_property
    def statuses(self) -> list[Row]:
        """Statuses of tickets."""
        return self._applied("statuses", list(cfg.STATUSES)).living

    @cached_property
    def teams(self) -> list[Row]:
        """Teams, without those that are hidden."""
        return [row for row in self._applied("teams", list(cfg.TEAMS)).living if not self._restrictions.hides("teams", row, frozenset())]

    @property
    def now(self) -> datetime:
        """The moment that this is."""
        return self._now

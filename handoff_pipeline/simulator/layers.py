"""How a resource's rows come about: the truth's at a moment, the edits laid over them, without what is hidden.

The resources themselves are in `store`; the set-up lists are here because a ticket's names come from them. The one thing to
know: what hangs on a ticket that is gone or hidden is left out, and an id that was used again starts with nothing on it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Final

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.edits import Edits
from handoff_pipeline.simulator.index import Index
from handoff_pipeline.simulator.indexed import Indexed
from handoff_pipeline.simulator.overlay import Applied, Ground, Key, key_names
from handoff_pipeline.simulator.renaming import renamer
from handoff_pipeline.simulator.restrictions import NOTHING_HIDDEN, OWN_SIGHT, Restrictions
from handoff_pipeline.simulator.ticket_rows import ticket_rows

QUERIES_KEPT: Final = 32
"""So many lists of one snapshot are kept as they were found and ordered: a client reads a few page by page at the same time."""
Build = Callable[[], Iterable[Row]]
# What is told by `_rows` alone: one of them can be found without the others.
OWN_ROWS: Final = frozenset({"quotations", "orders", "approvals", "appointments", "clients", "sites", "agents", "invoices", "contracts"})


class Layers:
    """The truth at `now`, the edits over it, and what is hidden from the application's agent left out; resources are added in `store`."""

    def __init__(
        self,
        index: Index,
        now: datetime,
        restrictions: Restrictions = NOTHING_HIDDEN,
        edits: Edits | None = None,
        grounds: dict[str, Ground] | None = None,
    ) -> None:
        """Take the moment of an indexed truth; nothing is built yet. `grounds` keeps the moment's rows for the next snapshot of it."""
        self._index, self._now, self._restrictions, self._edits = index, now, restrictions, edits
        self._grounds: dict[str, Ground] = {} if grounds is None else grounds
        self._by_ticket: dict[str, dict[int, list[Row]]] = {}
        self._kept: dict[Hashable, Indexed] = {}

    def kept(self, query: Hashable, find: Build) -> Indexed:
        """Give what `find` gives, and the same again as long as the query is among the latest."""
        found = self._kept.pop(query, None)
        self._kept[query] = Indexed(find()) if found is None else found
        for oldest in list(islice(self._kept, max(0, len(self._kept) - QUERIES_KEPT))):
            del self._kept[oldest]
        return self._kept[query]

    def _builders(self) -> dict[str, Build]:
        """Give, by resource, what makes the truth's rows of it; `store` has the rest."""
        return {"tickets": lambda: ticket_rows(self._index, self._now)}

    def _ground(self, resource: str) -> Ground:
        if resource not in self._grounds:
            self._grounds[resource] = Ground(resource, Indexed(self._builders()[resource]()), self._now)
        return self._grounds[resource]

    def _applied(self, resource: str, ground: Ground) -> Applied:
        return ground.under(() if self._edits is None else self._edits.of(resource))

    def _over(self, resource: str, rows: Iterable[Row]) -> Indexed:
        """Lay the edits over rows that are made anew for every snapshot."""
        return self._applied(resource, Ground(resource, Indexed(rows), self._now)).living

    def _laid(self, resource: str) -> Applied:
        ground, reborn = self._ground(resource), self._all_tickets.born
        if reborn and resource not in OWN_SIGHT:
            # An id that was used again is another ticket: nothing of the old one hangs on it.
            rows = Indexed(row for row in ground.rows if (row.get("ticket_id"),) not in reborn)
            ground = Ground(resource, rows, self._now)
        return self._applied(resource, ground)

    def _rows(self, resource: str) -> Indexed:
        """Give the truth's rows of a resource with the edits laid over them, without what is hidden or hangs on a ticket that is gone."""
        living = self._laid(resource).living
        if not self._unseen and not self._restrictions.clients:
            return living
        return Indexed(row for row in living if not self._restrictions.hides(resource, row, self._unseen))

    def find(self, resource: str, key: Key) -> Row | None:
        """Give the row of a key that can be seen, or None; without looking at the others where the resource has rows of its own."""
        if not all(isinstance(part, Hashable) for part in key):
            return None
        if resource == "tickets":
            row = self._all_tickets.get(key)
            return None if row is None or row["id"] in self._unseen else row
        if resource in OWN_ROWS:
            row = self._laid(resource).get(key)
            return None if row is None or self._restrictions.hides(resource, row, self._unseen) else row
        names = key_names(resource)
        return next((row for row in getattr(self, resource, ()) if tuple(row.get(name) for name in names) == key), None)

    def _carried(self, array: str, others: tuple[Row, ...] = ()) -> Indexed:
        """Give the rows that tickets carry in an array of their own, with the edits made to them elsewhere."""
        seen = (row for row in self._all_tickets.living if row["id"] not in self._unseen)
        own = [each for row in seen for each in row.get(array) or []]
        living = self._over(array, [*own, *others])
        return Indexed(row for row in living if row.get("ticket_id", 0) not in self._unseen) if self._unseen else living

    def of_ticket(self, resource: str, ticket_id: int) -> list[Row]:
        """Give the rows of a resource, named as its property, that hang on a ticket."""
        if resource not in self._by_ticket:
            grouped = self._by_ticket.setdefault(resource, {})
            for row in getattr(self, resource):
                grouped.setdefault(row.get("ticket_id", 0), []).append(row)
        return self._by_ticket[resource].get(ticket_id, [])

    @cached_property
    def _all_tickets(self) -> Applied:
        applied = self._applied("tickets", self._ground("tickets"))
        return applied if self._edits is None else applied.renamed(renamer(self, self._edits))

    @cached_property
    def _unseen(self) -> frozenset[int]:
        deleted, limits = (row["id"] for row in self._all_tickets.deleted), self._restrictions
        if not limits.clients and not limits.teams:
            return limits.tickets.union(deleted)
        return limits.tickets.union(deleted, (row["id"] for row in self._all_tickets.living if limits.hides_ticket(row)))

    @cached_property
    def fields(self) -> Indexed:
        """Custom fields of tickets."""
        return self._over("fields", [field.row() for field in cfg.FIELDS.values()])

    @cached_property
    def ticket_types(self) -> Indexed:
        """Ticket types."""
        return self._over("ticket_types", cfg.TICKET_TYPES)

    @cached_property
    def statuses(self) -> Indexed:
        """Statuses of tickets."""
        return self._over("statuses", cfg.STATUSES)

    @cached_property
    def teams(self) -> Indexed:
        """Teams, without those that are hidden."""
        return Indexed(row for row in self._over("teams", cfg.TEAMS) if not self._restrictions.hides("teams", row, frozenset()))

    @property
    def now(self) -> datetime:
        """The moment that this is."""
        return self._now

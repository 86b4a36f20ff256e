"""What the application's agent may not see: tickets, clients with everything of theirs, teams.

Scopes and tokens are in `access`. The one thing to know: HaloPSA leaves hidden rows out without an error, so a restricted
agent gets fewer rows and lower counts (H: section 1, guides kbid=1566).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from handoff_pipeline.simulator.configuration import Row

# Rows that are seen for themselves, whatever happens to the ticket they name (a guess: nobody reports either way).
OWN_SIGHT: Final = frozenset({"quotations", "orders", "invoices", "contracts"})


@dataclass(frozen=True)
class Restrictions:
    """What is hidden: ids of tickets and clients, names of teams."""

    tickets: frozenset[int] = field(default_factory=frozenset)
    clients: frozenset[int] = field(default_factory=frozenset)
    teams: frozenset[str] = field(default_factory=frozenset)

    def hides_ticket(self, row: Row) -> bool:
        """Tell whether a ticket is hidden by its id, its client or its team."""
        return row["id"] in self.tickets or row.get("client_id") in self.clients or row.get("team") in self.teams

    def hides(self, resource: str, row: Row, unseen_tickets: frozenset[int]) -> bool:
        """Tell whether a row of another resource is hidden, given the tickets that cannot be seen."""
        if row.get("id" if resource == "clients" else "client_id") in self.clients:
            return True
        if resource == "teams":
            return row["name"] in self.teams
        return resource not in OWN_SIGHT and bool(row.get("ticket_id")) and row["ticket_id"] in unseen_tickets


NOTHING_HIDDEN: Final = Restrictions()

"""How much of a tenant is looked at to draft or check a policy, what that costs, and what was seen: plain frozen records.

Reading is done in `discovery` and `visibility`. The one thing to know: a sample proves no absence; only the nightly pull has a completeness
rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final

from handoff_pipeline.halo.envelope import Row

PAGE_ROWS: Final = 100
SET_UP: Final = ("ticket_type", "status", "field_info", "team", "agent")
SAMPLED: Final = ("opportunity", "project", "change_request", "quotation", "appointment")
ITIL_CHANGE: Final = 2
SINGLE: Final = 6
"""Requests that do not depend on the sample's size: quotation statuses, instance, sites, milestones, time entries, approvals."""
SIGNING_IN: Final = 2


@dataclass(frozen=True)
class Sample:
    """How much of each list is read.

    Attributes:
        rows: Newest records of each list, 100 a request.
        singles: Change requests read one by one, because lists do not say what a ticket is related to or was created from; also the
            projects that are asked for their approvals one by one, where the tenant does not give that list whole.
    """

    rows: int = 300
    singles: int = 10

    @property
    def requests_at_most(self) -> int:
        """Requests that the reading can cost, signing in included, when none has to be repeated."""
        return SIGNING_IN + len(SET_UP) + SINGLE + len(SAMPLED) * ceil(self.rows / PAGE_ROWS) + 2 * self.singles


@dataclass(frozen=True)
class Discovery:
    """What a tenant showed.

    Attributes:
        lists: Name of an entity -> its rows. Beside those of the pull: "quotation_status" (lookup 39), "instance" (one row), "detail"
            (change requests read one by one).
        refused: Name -> why there are no rows of it.
        requests: Requests sent.
        granted: The scopes that HaloPSA says the credential has; None where it does not say.
    """

    lists: Mapping[str, tuple[Row, ...]]
    refused: Mapping[str, str]
    requests: int = 0
    granted: frozenset[str] | None = None

    def rows(self, name: str) -> tuple[Row, ...]:
        """The rows of one list; none where it was refused."""
        return self.lists.get(name, ())

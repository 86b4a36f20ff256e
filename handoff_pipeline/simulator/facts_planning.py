"""Facts of how a project was planned: budgets of hours and milestones.

Part of `truth`, which names them all. The one thing to know: many real projects have neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class ProjectBudget:
    """Hours that a project was given, by kind of work; base currency."""

    budget_id: int
    name: str
    hours: Decimal
    rate: Decimal
    created_at: datetime


@dataclass(frozen=True)
class Milestone:
    """A step of a project's plan."""

    milestone_id: int
    name: str
    sequence: int
    target: date
    created_at: datetime
    completed_at: datetime | None = None

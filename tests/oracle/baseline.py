"""The hours that a project was given: its budgets when it was won, or when they were first seen, else what was sold.

Frozen on the first night from the win night on that sees a budget; what was sold stands in until then. Money is in `margin`.
"""

from __future__ import annotations

from decimal import Decimal

from handoff_pipeline.simulator.truth import Project
from tests.oracle.handoffs import Handoff
from tests.oracle.keys import money, total
from tests.oracle.margin import share_of
from tests.oracle.observation import Seen


def baseline_hours(seen: Seen, handoff: Handoff | None, project: Project) -> Decimal | None:
    """A project's baseline; None where it has neither a budget nor hours that were sold."""
    for night in seen.nights:
        if handoff is None or night >= handoff.win.night:
            given = [each.hours for each in project.budgets if each.created_at <= night and each.hours > 0]
            if given and project in seen.by(night).projects:
                return money(total(given))
    return None if handoff is None else share_of(seen, handoff, project).hours

"""The hours that a project was given: its budgets when it was won, or when they were first seen, else what was sold.

Frozen on the first night from the win night on that sees a budget; what was sold stands in until then. Money is in `margin`.
"""

from __future__ import annotations

from decimal import Decimal

from handoff_pipeline.simulator.truth import Project
from tests.oracle.handoffs import Handoff
from tests.oracle.keys import money, total
from tests.oracle.observation import Seen
from tests.oracle.share import share_of


def baseline_hours(seen: Seen, handoff: Handoff | None, project: Project) -> Decimal | None:
    """A project's baseline; None where it has neither a budget nor hours that were sold."""
    for night in seen.nights:
        if handoff is None or night >= handoff.win.night:
            given = [each.hours for each in project.budgets if each.created_at <= night and each.hours > 0]
            if given and project in seen.by(night).projects:
                return money(total(given))
    # Nought hours sold are none.
    return (share_of(seen, handoff, project).hours or None) if handoff is not None else None

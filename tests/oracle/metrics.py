"""The contract's list of metrics: unit, direction, how a segment rolls up, chart, the n below which nothing is judged, follow-up.

Facts of the contract only; what a metric counts is in `kpis_*`, how parts become a figure in `figures`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

WINDOW_WEEKS = 13
"""Weeks that a rolling metric looks back over, its own included."""
FOLLOW_UP = timedelta(weeks=8)
"""What happens later than this after a cohort's day does not count for it."""


class Metric(NamedTuple):
    """What the contract fixes of a metric. `interval` names how its uncertainty is told; `waits` that it has the follow-up."""

    unit: str
    direction: str
    aggregation: str
    chart: str
    minimum_n: int
    interval: str = "none"
    waits: bool = False

    @property
    def follow_up(self) -> timedelta:
        """How long after a week's end its figure may still change."""
        return FOLLOW_UP if self.waits else timedelta()

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """The range that a value of the unit can take; None where it is open."""
        if self.unit in {"pp", "amount"}:
            return None, None
        return 0.0, {"fraction": 1.0, "score": 100.0, "percent": 100.0}.get(self.unit)


METRICS: dict[str, Metric] = {
    "handoff_completeness": Metric("score", "up", "mean", "xmr", 5, "student"),
    "first_pass_acceptance": Metric("fraction", "up", "ratio", "xmr", 5, "wilson"),
    "kickoff_delay_rate": Metric("fraction", "down", "ratio", "xmr", 5, "wilson"),
    "no_commit_rate": Metric("fraction", "down", "ratio", "xmr", 5, "wilson", waits=True),
    "days_to_kickoff_median": Metric("days", "down", "median", "none", 10, "survival"),
    "kickoff_within_target": Metric("fraction", "up", "ratio", "none", 10, "survival"),
    "kickoff_without_signoff": Metric("fraction", "down", "ratio", "between_events", 1, "wilson"),
    "scope_change_frequency": Metric("per_project_week", "down", "ratio", "u", 5, "poisson"),
    "scope_changes_per_100h": Metric("per_100_hours", "down", "ratio", "u", 100, "poisson"),
    "projects_with_change_rate": Metric("fraction", "down", "ratio", "none", 10, "wilson"),
    "missed_assumption_rate": Metric("fraction", "down", "ratio", "between_events", 5, "wilson", waits=True),
    "margin_erosion_pp": Metric("pp", "down", "ratio_difference", "xmr", 5, waits=True),
    "margin_erosion_amount": Metric("amount", "down", "sum", "none", 1, waits=True),
    "open_margin_erosion_pp": Metric("pp", "down", "ratio_difference", "none", 5),
    "unbilled_scope_hours": Metric("hours", "down", "level", "none", 1),
    "gap_resolution_hours": Metric("hours", "down", "median", "none", 10, "survival"),
    "gap_within_sla_rate": Metric("fraction", "up", "ratio", "none", 10, "wilson"),
    "escalation_ack_hours": Metric("hours", "down", "median", "none", 10, "survival"),
    "decision_overdue_rate": Metric("fraction", "down", "level", "none", 5, "wilson"),
    "approval_under_a_minute_rate": Metric("fraction", "down", "ratio", "xmr", 5, "wilson"),
    "override_rate": Metric("fraction", "down", "ratio", "xmr", 5, "wilson", waits=True),
    "expired_overrides_open": Metric("count", "down", "level", "none", 0),
}

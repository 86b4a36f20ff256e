"""Statistics that SQL cannot say plainly: survival curves, medians under censoring, 95 % intervals, control charts and movements.

Pure functions of numbers and frames; no file, no clock, no DuckDB, and no judgement against a target.
The one thing to know: SQL counts, this room only turns counts into estimates, so nothing here ever sees a single handoff.
"""

from __future__ import annotations

from handoff_pipeline.measures.errors import MeasureError
from handoff_pipeline.measures.intervals import Interval, poisson_rate_interval, student_t_interval, wilson
from handoff_pipeline.measures.kaplan_meier import Curve, Estimate, kaplan_meier, median_with_interval, survival_at
from handoff_pipeline.measures.movement import RateMovement, conditional_exact, newcombe, welch

__all__ = [
    "Curve",
    "Estimate",
    "Interval",
    "MeasureError",
    "RateMovement",
    "conditional_exact",
    "kaplan_meier",
    "median_with_interval",
    "newcombe",
    "poisson_rate_interval",
    "student_t_interval",
    "survival_at",
    "welch",
    "wilson",
]

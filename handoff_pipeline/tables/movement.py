"""Published table kpi_movement: what has moved since each baseline, 4 and 8 weeks after its freeze.

The interval's method is measures' (movement), the words are governance's.
The one thing to know: `words` never says more than the interval does; where none can be had, it says that too.
"""

from __future__ import annotations

from typing import Final, get_args

from handoff_pipeline.tables.kpi import SEGMENT_TYPES
from handoff_pipeline.tables.metrics import MovementMethod
from handoff_pipeline.tables.model import Column, Table, key_to, table

HORIZONS: Final = (4, 8)
METHODS: Final[tuple[str, ...]] = get_args(MovementMethod)


def _number(name: str, description: str) -> Column:
    return Column(name, "double", description, nullable=True, unit="metric unit")


KPI_MOVEMENT: Final = table(
    "kpi_movement",
    grain="current baseline x horizon of 4 or 8 weeks",
    key=("metric_key", "segment_type", "segment_key", "horizon_weeks"),
    owner="service delivery lead",
    description="Each current baseline against the 4 weeks that end 4 and 8 weeks after the week of its freeze, with interval and words.",
    columns=(
        key_to("dim_metric", "metric_key", "The metric that the row is about."),
        Column("segment_type", "text", "What the segment cuts by; `all` is the whole tenant.", values=SEGMENT_TYPES),
        Column("segment_key", "bigint", "Key of the segment, as in kpi_weekly."),
        Column("segment", "text", "The segment's name for people; `all` for the whole tenant."),
        Column("horizon_weeks", "bigint", "Whole weeks after the week of the freeze with which the window ends: 4 or 8.", low=4, high=8),
        Column("window_start", "date", "First local day of the 4 weeks, a Monday."),
        Column("window_end", "date", "Last local day of the 4 weeks, a Sunday."),
        Column("n", "bigint", "Size of the cohort in the window; 0 while it is not over.", unit="count"),
        _number("value", "The metric over the window; NULL while it is not over or where nothing happened."),
        Column("baseline_value", "double", "The baseline that it is compared with.", unit="metric unit"),
        Column("baseline_n", "bigint", "Size of the cohort behind the baseline.", unit="count"),
        _number("difference", "Value less baseline; NULL where there is no value."),
        _number("ci_low", "Lower end of the difference's 95 % interval; NULL where the method is none."),
        _number("ci_high", "Upper end of the difference's 95 % interval; NULL where the method is none."),
        Column("method", "text", "How the interval was made; none where no interval fits the metric or can be had.", values=METHODS),
        Column("words", "text", "What may be said: better, worse, no change that the data can show, not enough data, not over yet."),
    ),
)

TABLES: Final[tuple[Table, ...]] = (KPI_MOVEMENT,)

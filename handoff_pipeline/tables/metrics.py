"""The 22 metrics of the contract as typed records, from which dim_metric is filled.

No value is computed here (sql/kpi and measures do that) and no owner is named here (the policy's metric_owners does).
The one thing to know: `n` counts the cohort, so `minimum_n` is a number of cohort members, and hours for scope_changes_per_100h.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

MetricUnit = Literal["fraction", "percent", "score", "pp", "days", "hours", "per_project_week", "per_100_hours", "amount", "count"]
Direction = Literal["up", "down"]
Aggregation = Literal["ratio", "ratio_difference", "mean", "median", "sum", "level"]
Chart = Literal["xmr", "u", "between_events", "none"]
Interval = Literal["student_t", "wilson", "poisson", "log_log", "none"]
Window = Literal["week", "rolling", "as_of"]
MovementMethod = Literal["newcombe", "welch", "conditional_exact", "none"]

UNITS: Final[tuple[str, ...]] = get_args(MetricUnit)
DIRECTIONS: Final[tuple[str, ...]] = get_args(Direction)
AGGREGATIONS: Final[tuple[str, ...]] = get_args(Aggregation)
CHARTS: Final[tuple[str, ...]] = get_args(Chart)

EIGHT_WEEKS: Final = 56


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: everything of a dim_metric row but its key and owner, and the kind of 95 % interval that goes with its value.

    `follow_up_days`: for how long after the end of their week records are still followed; until then the week is partial.
    """

    metric: str
    title: str
    unit: MetricUnit
    aggregation: Aggregation
    direction: Direction
    chart: Chart
    minimum_n: int
    interval: Interval
    cohort: str
    definition: str
    follow_up_days: int = 0

    @property
    def value_range(self) -> tuple[float | None, float | None]:
        """Inclusive bounds of `value` by unit: fraction 0-1, percent and score 0-100, pp and amount unbounded, all else from 0 up."""
        return value_range(self.unit)

    @property
    def window(self) -> Window:
        """What a week's row is of: the week's own cohort, the 13 weeks that end with it (`rolling`), or its Sunday (`as_of`)."""
        return "as_of" if self.cohort == "as-of" else "rolling" if "13 weeks" in self.cohort else "week"

    @property
    def movement(self) -> MovementMethod:
        """How a movement between two periods gets its interval; `none` where the periods' figures are no two samples of their own."""
        methods: dict[Interval, MovementMethod] = {"wilson": "newcombe", "student_t": "welch", "poisson": "conditional_exact"}
        return methods.get(self.interval, "none") if self.window == "week" else "none"


def value_range(unit: str) -> tuple[float | None, float | None]:
    """Inclusive bounds of a metric's value by its unit, None where unbounded; any unit not named above starts at 0."""
    if unit == "fraction":
        return (0.0, 1.0)
    if unit in {"percent", "score"}:
        return (0.0, 100.0)
    if unit in {"pp", "amount"}:
        return (None, None)
    return (0.0, None)


# One metric a paragraph, its words in the order of the contract's table: a reader compares the two side by side.
# fmt: off
METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        "handoff_completeness", "Handoff completeness score",
        "score", "mean", "up", "xmr", 5, "student_t",
        "won week, stage won",
        "Sum of the scores at the win over the number of handoffs won in the week.",
    ),
    Metric(
        "first_pass_acceptance", "First-pass acceptance",
        "fraction", "ratio", "up", "xmr", 5, "wilson",
        "week of first decision",
        "Handoffs whose first sign-off decision was an acceptance, over handoffs that had a first decision in the week.",
    ),
    Metric(
        "kickoff_delay_rate", "Kickoff delay rate",
        "fraction", "ratio", "down", "xmr", 5, "wilson",
        "week of committed date",
        "Handoffs kicked off after the committed date, or past it without a kickoff (even if cancelled since), over handoffs "
        "whose committed date is before as-of and that were not cancelled by then.",
    ),
    Metric(
        "no_commit_rate", "Wins without a committed kickoff date",
        "fraction", "ratio", "down", "xmr", 5, "wilson",
        "won week",
        "Handoffs without a committed kickoff date of their own (the policy's default does not count), over handoffs won in the "
        "week.",
        EIGHT_WEEKS,
    ),
    Metric(
        "days_to_kickoff_median", "Median days from win to kickoff",
        "days", "median", "down", "none", 10, "log_log",
        "won in the 13 weeks to as-of",
        "Kaplan-Meier median: the first day on which the share not kicked off is at most one half; unstarted handoffs are "
        "censored at as-of, cancelled ones at their cancellation, kickoffs before the win are left out, and a median not "
        "reached is NULL.",
    ),
    Metric(
        "kickoff_within_target", "Kickoff within target",
        "fraction", "ratio", "up", "none", 10, "log_log",
        "won in the 13 weeks to as-of",
        "One minus the Kaplan-Meier share not kicked off at the policy's target days after the win.",
    ),
    Metric(
        "kickoff_without_signoff", "Kickoffs without sign-off",
        "fraction", "ratio", "down", "between_events", 1, "wilson",
        "kickoff week",
        "Kickoffs without a valid delivery sign-off before them, over all kickoffs in the week.",
    ),
    Metric(
        "scope_change_frequency", "Scope-change frequency",
        "per_project_week", "ratio", "down", "u", 5, "poisson",
        "decision week",
        "Change requests approved in the week over projects active in the week.",
    ),
    Metric(
        "scope_changes_per_100h", "Scope changes per 100 hours",
        "per_100_hours", "ratio", "down", "u", 100, "poisson",
        "decision week",
        "Change requests approved in the week, times 100, over hours logged in the week on active projects; the minimum n is in "
        "hours.",
    ),
    Metric(
        "projects_with_change_rate", "Projects with a change",
        "fraction", "ratio", "down", "none", 10, "wilson",
        "closed in the 13 weeks to as-of",
        "Closed projects that had at least one approved change request, over all projects closed.",
    ),
    Metric(
        "missed_assumption_rate", "Handoffs with a missed assumption",
        "fraction", "ratio", "down", "between_events", 5, "wilson",
        "kickoff week",
        "Handoffs with at least one assumption that proved false, over handoffs kicked off in the week.",
        EIGHT_WEEKS,
    ),
    Metric(
        "margin_erosion_pp", "Margin erosion of delivered projects",
        "pp", "ratio_difference", "down", "xmr", 5, "none",
        "project close week, as of that week's end plus 8 weeks",
        "Sold margin over sold revenue minus delivered margin over delivered revenue, in percentage points, over complete "
        "projects; plus is loss.",
        EIGHT_WEEKS,
    ),
    Metric(
        "margin_erosion_amount", "Margin lost on delivered projects",
        "amount", "sum", "down", "none", 1, "none",
        "project close week, as of that week's end plus 8 weeks",
        "Sum of the erosion of complete projects in base currency, held in value_amount; plus is loss.",
        EIGHT_WEEKS,
    ),
    Metric(
        "open_margin_erosion_pp", "Forecast margin erosion of open projects",
        "pp", "ratio_difference", "down", "none", 5, "none",
        "as-of",
        "Sold margin over sold revenue minus forecast margin over forecast revenue, in percentage points, over complete open "
        "projects.",
    ),
    Metric(
        "unbilled_scope_hours", "Unbilled scope hours",
        "hours", "level", "down", "none", 1, "none",
        "as-of",
        "Hours on change requests of any state whose time entry is older than the policy's billing lag and is not billed.",
    ),
    Metric(
        "gap_resolution_hours", "Median business hours to close a gap",
        "hours", "median", "down", "none", 10, "log_log",
        "detected in the 13 weeks to as-of",
        "Kaplan-Meier median in business hours from detection to resolution; open gaps are censored now, waived and moot ones "
        "at that time.",
    ),
    Metric(
        "gap_within_sla_rate", "Gaps closed in time",
        "fraction", "ratio", "up", "none", 10, "wilson",
        "detected in the 13 weeks to as-of, due by then",
        "Gaps resolved by their due time over gaps that have fallen due.",
    ),
    Metric(
        "escalation_ack_hours", "Median business hours to acknowledge",
        "hours", "median", "down", "none", 10, "log_log",
        "escalated in the 13 weeks to as-of",
        "Kaplan-Meier median in business hours from escalation to acknowledgement; unacknowledged escalations are censored at "
        "as-of.",
    ),
    Metric(
        "decision_overdue_rate", "Open decisions past due",
        "fraction", "level", "down", "none", 5, "wilson",
        "as-of",
        "Open decisions past their due time over all open decisions.",
    ),
    Metric(
        "approval_under_a_minute_rate", "Approvals within a minute",
        "fraction", "ratio", "down", "xmr", 5, "wilson",
        "decision week",
        "Approvals decided within 60 seconds of the request, a sign of rubber-stamping, over approvals decided in the week.",
    ),
    Metric(
        "override_rate", "Handoffs with an override",
        "fraction", "ratio", "down", "xmr", 5, "wilson",
        "won week",
        "Handoffs with at least one override or waiver over handoffs won in the week.",
        EIGHT_WEEKS,
    ),
    Metric(
        "expired_overrides_open", "Expired overrides still open",
        "count", "level", "down", "none", 0, "none",
        "as-of",
        "Overrides and waivers whose time has run out and that nobody has closed.",
    ),
)
# fmt: on

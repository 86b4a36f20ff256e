"""Published KPI tables: weekly points and their members, kickoff survival curves, baselines, targets and restatements.

What each metric means lives in metrics; how intervals and curves are computed in measures.
The one thing to know: `segment_key` is 0 for `all`, the dimension's key for agents and clients, else a hash of the segment's text.
"""

from __future__ import annotations

from typing import Final

from handoff_pipeline.tables.model import Column, Table, key_to, table

SEGMENT_TYPES: Final = ("all", "sales_team", "delivery_team", "sales_agent", "client", "deal_type", "service_template", "change_origin")
STATUSES: Final = ("ahead", "on_track", "behind", "missed", "no_target", "not_enough_data")
RECORDS: Final = ("handoff", "project", "change", "gap", "escalation", "decision", "approval", "override", "time")
SIGNALS: Final = ("point_outside", "run", "trend", "two_of_three")

_METRIC: Final = key_to("dim_metric", "metric_key", "The metric that the row is about.")
# Only kpi_weekly's list is part of the contract; the other tables use the same words.
_SEGMENT_TYPE: Final = Column("segment_type", "text", "What the segment cuts by; `all` is the whole tenant.", values=SEGMENT_TYPES)
_SEGMENT_KEY: Final = Column(
    "segment_key", "bigint", "Key of the segment: 0 for `all`, the dimension's key for agents and clients, else a hash of the text."
)
_SEGMENT: Final = Column("segment", "text", "The segment's name for people; `all` for the whole tenant.")
_WEEK_KEY: Final = key_to("dim_date", "week_date_key", "Day of `week_start`.")


def _number(name: str, description: str, *, low: float | None = None) -> Column:
    return Column(name, "double", description, nullable=True, unit="metric unit", low=low)


KPI_WEEKLY: Final = table(
    "kpi_weekly",
    grain="metric x week x segment",
    key=("metric_key", "week_start", "segment_type", "segment_key"),
    owner="service delivery lead",
    description="Every metric by ISO week and segment: parts, value and interval, baseline, target and status, and control limits.",
    columns=(
        _METRIC,
        Column(
            "week_start",
            "date",
            "Monday of the ISO week; rolling and as-of metrics stand as of its Sunday, in the running week as of the run.",
        ),
        _WEEK_KEY,
        _SEGMENT_TYPE,
        _SEGMENT_KEY,
        _SEGMENT,
        Column(
            "is_partial_week",
            "bool",
            "True until the week is over, for metrics that follow their records until 8 weeks after it: the value may still change.",
        ),
        _number("numerator", "What is counted or summed; NULL for medians and wherever the metric has none."),
        _number("denominator", "What it is counted over; NULL wherever the metric has none.", low=0),
        _number("numerator_2", "Numerator of the second ratio of a ratio difference (delivered or forecast margin), else NULL."),
        _number(
            "denominator_2", "Denominator of the second ratio of a ratio difference (delivered or forecast revenue), else NULL.", low=0
        ),
        Column(
            "n",
            "bigint",
            "Records counted; of scope changes the active projects, or the whole hours, that they are counted over.",
            unit="count",
        ),
        Column("n_excluded", "bigint", "Records that the metric's rule left out; kpi_member has each with its reason.", unit="count"),
        _number("value", "The metric in its own unit; NULL where the cohort is empty or a median is not reached."),
        Column("value_amount", "money", "The value of an amount metric, exact; NULL for other units.", nullable=True, unit="base currency"),
        _number("ci_low", "Lower end of the 95 % interval; NULL where the metric has none or it is not reached."),
        _number("ci_high", "Upper end of the 95 % interval; NULL where the metric has none or it is not reached."),
        _number("baseline_value", "The frozen baseline; NULL where there is none, and in weeks that end before its freeze."),
        _number("target_value", "Value needed this week to be on the straight path to the target; NULL where no target is in force."),
        Column("target_due", "date", "Due date of the target in force; NULL where there is none.", nullable=True),
        Column("status", "text", "Where the value stands against the target, by the metric's direction.", values=STATUSES),
        _number(
            "centre_line",
            "Centre line, by the baseline's weeks where 8 of them are usable, else by all; NULL without a chart or under 8 usable points.",
        ),
        _number(
            "lower_limit",
            "Lower control limit, cut to the metric's range; NULL where there is no centre line, or nothing to count over in the week.",
        ),
        _number(
            "upper_limit",
            "Upper control limit, cut to the metric's range; NULL where there is no centre line, or nothing to count over in the week.",
        ),
        Column(
            "signal",
            "text",
            "The first chart rule that fired: outside the limits, a run of 7 on one side, a trend of 7, two of three in the outer third.",
            nullable=True,
            values=SIGNALS,
        ),
    ),
)

KPI_MEMBER: Final = table(
    "kpi_member",
    grain="metric x week x record",
    key=("metric_key", "week_start", "record", "record_key"),
    owner="service delivery lead",
    description="Which record counts where: every record behind a figure of kpi_weekly, with what it adds to it or why it is left out. "
    "Not published as CSV: it has more rows than a spreadsheet holds.",
    has_csv=False,
    columns=(
        _METRIC,
        Column("week_start", "date", "Monday of the ISO week whose figure the record is in."),
        _WEEK_KEY,
        Column("record", "text", "What kind of record it is.", values=RECORDS),
        Column("record_key", "bigint", "The record's key in its own table; of a time entry, a hash of its ticket and its number."),
        key_to("dim_handoff", "handoff_key", "The deal that the record counts for; 0 where there is none."),
        key_to("dim_project", "project_key", "The project that the record belongs to; of a deal, its first; 0 where there is none."),
        key_to("dim_client", "client_key", "Client of the deal; of the project where there is no deal."),
        key_to("dim_agent", "sales_agent_key", "Who sold the deal, at its win; 0 where there is no deal."),
        Column("sales_team", "text", "The seller's team at the win; NULL where unknown.", nullable=True),
        Column("delivery_team", "text", "Team of the project; NULL where unknown.", nullable=True),
        Column("deal_type", "text", "Type of the deal; NULL where unknown.", nullable=True),
        Column("service_template", "text", "Service template of the deal; NULL where unknown.", nullable=True),
        Column("change_origin", "text", "Origin of the change that the record is, or is time on; NULL for all others.", nullable=True),
        Column("happened_on", "date", "Local day that puts the record into the week."),
        Column("is_counted", "bool", "False where the metric's rule leaves the record out."),
        Column("exclusion", "text", "Why it is left out, for example `uncosted`; NULL where it counts.", nullable=True),
        _number("numerator", "What the record adds to the numerator; NULL where it adds nothing."),
        _number("denominator", "What the record adds to the denominator; NULL where it adds nothing."),
        _number("numerator_2", "What the record adds to the second numerator of a ratio difference; NULL elsewhere."),
        _number("denominator_2", "What the record adds to the second denominator of a ratio difference; NULL elsewhere."),
        _number("duration", "For survival metrics: days, or business hours, to the event or to the censoring; NULL for others."),
        Column(
            "is_event",
            "bool",
            "For survival metrics, whether the event happened (false is censored); between events, whether it is one; NULL for others.",
            nullable=True,
        ),
        Column("source_url", "text", "Link to the record in HaloPSA, else to the record that it belongs to; empty where there is none."),
    ),
)

KPI_KICKOFF_SURVIVAL: Final = table(
    "kpi_kickoff_survival",
    grain="as-of week x segment x day on which the curve steps",
    key=("week_start", "segment_type", "segment_key", "day"),
    owner="service delivery lead",
    description="Kaplan-Meier curve of handoffs not yet kicked off by days since the win, for wins in the 13 weeks to each week's end.",
    columns=(
        Column("week_start", "date", "Monday of the ISO week as of whose end the curve stands."),
        _WEEK_KEY,
        _SEGMENT_TYPE,
        _SEGMENT_KEY,
        _SEGMENT,
        Column("day", "bigint", "Local calendar days since the win on which at least one handoff kicked off.", unit="days", low=0),
        Column("at_risk", "bigint", "Handoffs neither kicked off nor censored before the day.", unit="count"),
        Column("events", "bigint", "Handoffs kicked off on the day.", unit="count"),
        Column("censored", "bigint", "Handoffs censored since the previous step: from that step's day on, before this one.", unit="count"),
        Column("survival", "double", "Estimated share not kicked off after the day.", unit="fraction"),
        Column(
            "ci_low",
            "double",
            "Lower end of the 95 % log-log interval; NULL where the curve has fallen to 0.",
            nullable=True,
            unit="fraction",
        ),
        Column(
            "ci_high",
            "double",
            "Upper end of the 95 % log-log interval; NULL where the curve has fallen to 0.",
            nullable=True,
            unit="fraction",
        ),
    ),
)

KPI_BASELINE: Final = table(
    "kpi_baseline",
    grain="one baseline ever frozen per metric and segment",
    key=("metric_key", "segment_type", "segment_key", "frozen_at_utc"),
    owner="service delivery lead",
    description="Baselines taken from the 13 weeks before capture, frozen with who and why; a re-baseline adds a row and keeps the old.",
    columns=(
        _METRIC,
        _SEGMENT_TYPE,
        _SEGMENT_KEY,
        _SEGMENT,
        Column("value", "double", "The baseline in the metric's unit.", unit="metric unit"),
        Column("n", "bigint", "Size of the cohort behind it.", unit="count"),
        _number("ci_low", "Lower end of its 95 % interval; NULL where the metric has none or it is not reached."),
        _number("ci_high", "Upper end of its 95 % interval; NULL where the metric has none or it is not reached."),
        Column("window_start", "date", "First local day of the window it was captured from."),
        Column("window_end", "date", "Last local day of the window it was captured from."),
        Column("frozen_at_utc", "utc", "When it was frozen; targets count from here."),
        key_to("dim_agent", "frozen_by_key", "Who froze it."),
        Column("reason", "text", "Why it was frozen, or why it replaces an older one."),
        Column("is_current", "bool", "True for the baseline in force for its metric and segment."),
        key_to("dim_date", "frozen_date_key", "Local day of `frozen_at_utc`: the day on which paths to targets begin."),
    ),
)

KPI_TARGET: Final = table(
    "kpi_target",
    grain="one dated target per metric and segment",
    key=("metric_key", "segment_type", "segment_key", "kind", "due"),
    owner="service delivery lead",
    description="Dated targets as absolute values, counted from the baseline's freeze; the earliest one not yet due is in force.",
    columns=(
        _METRIC,
        _SEGMENT_TYPE,
        _SEGMENT_KEY,
        _SEGMENT,
        Column("kind", "text", "Where the target comes from.", values=("playbook", "policy")),
        Column("low", "double", "The value that must at least be reached, in the metric's unit and direction.", unit="metric unit"),
        _number("high", "The value from which on the metric is ahead, in its direction; NULL where the target has no such end."),
        Column("due", "date", "Local day by which the target is due."),
        Column("source", "text", "Who set it: the playbook's sentence, or the policy's `source`, else its place in the policy's list."),
    ),
)

KPI_RESTATEMENT: Final = table(
    "kpi_restatement",
    grain="one published figure that later changed",
    key=("metric_key", "week_start", "segment_type", "segment_key", "restated_at_utc"),
    owner="service delivery lead",
    description="Published figures that changed after their week was no longer partial, with the old value, the new one and the cause.",
    columns=(
        _METRIC,
        Column("week_start", "date", "Monday of the ISO week whose figure changed."),
        _SEGMENT_TYPE,
        _SEGMENT_KEY,
        _number("old_value", "What was published before; NULL where there was no value."),
        _number("new_value", "What is published now; NULL where there is no value."),
        Column("restated_at_utc", "utc", "When the change was published."),
        Column("cause", "text", "Why it changed, for example `commit_moved`."),
        Column("source_url", "text", "Link to the record behind the change; NULL where there is none.", nullable=True),
    ),
)

TABLES: Final[tuple[Table, ...]] = (KPI_WEEKLY, KPI_MEMBER, KPI_KICKOFF_SURVIVAL, KPI_BASELINE, KPI_TARGET, KPI_RESTATEMENT)

"""What `handoff explain kpi` reads: the metric, its figures by week, the records behind two of them, and what they are compared with.

Taking a change apart is measures' (movers), words and screen are explain_kpi_show's.
The one thing to know: a record's name comes from the table that its kind points to; a time entry is named after its project.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from handoff_pipeline.commands.published import Published

if TYPE_CHECKING:
    import polars as pl

    from handoff_pipeline.governance.baselines import Subject

_WEEK: Final = timedelta(weeks=1)

METRIC: Final = """
    select
        m.metric, m.title, m.unit, m.direction, m.aggregation, m.chart, m.minimum_n, m.cohort, m.definition, m.owner, m.target_days,
        (select max(r.as_of_utc) from meta_run as r) as as_of_utc,
        (select t.base_currency from dim_tenant as t where t.tenant_key <> 0 limit 1) as base_currency
    from dim_metric as m
    where m.metric = $metric
"""

WEEKS: Final = """
    select
        k.week_start, k.segment_type, k.segment, k.is_partial_week, k.numerator, k.denominator, k.numerator_2, k.denominator_2, k.n,
        k.n_excluded, k.value, k.value_amount, k.ci_low, k.ci_high, k.baseline_value, k.target_value, k.target_due, k.status,
        k.centre_line, k.lower_limit, k.upper_limit, k.signal
    from kpi_weekly as k
    inner join dim_metric as m on m.metric_key = k.metric_key
    where m.metric = $metric and k.segment_type = $segment_type and k.segment_key = $segment_key
    order by k.week_start
"""

# An origin of changes cuts the changes and the time on them; projects and hours below the line are those of all.
MEMBERS: Final = """
    select
        m.week_start, m.record, m.record_key,
        case m.record
            when 'project' then p.project_id
            when 'change' then c.change_id
            when 'time' then null
            else h.handoff_id
        end as record_id,
        case m.record
            when 'project' then p.project_name
            when 'change' then p.project_name
            when 'time' then p.project_name
            when 'gap' then concat_ws(': ', i.title, h.title)
            when 'escalation' then coalesce(concat_ws(': ', i.title, h.title), d.question)
            when 'decision' then concat_ws(' ', d.decision_id, d.question)
            when 'override' then concat_ws(': ', nullif(o.control_id, ''), h.title)
            -- A rollout is of no handoff.
            when 'approval' then concat_ws(': ', a.kind, h.title)
            else h.title
        end as name,
        m.happened_on, m.is_counted, m.exclusion, m.numerator, m.denominator, m.numerator_2, m.denominator_2, m.duration, m.is_event,
        m.source_url
    from kpi_member as m
    inner join dim_metric as k on k.metric_key = m.metric_key
    left join dim_handoff as h on h.handoff_key = m.handoff_key and m.handoff_key <> 0
    left join dim_project as p on p.project_key = m.project_key and m.project_key <> 0
    left join fact_change_request as c on m.record = 'change' and c.change_key = m.record_key
    left join fact_gap as g on m.record in ('gap', 'escalation') and g.gap_key = m.record_key
    left join dim_checklist_item as i on i.item_key = g.item_key
    left join fact_decision as d on m.record in ('decision', 'escalation') and d.decision_key = m.record_key
    left join fact_override as o on m.record = 'override' and o.override_key = m.record_key
    left join fact_approval as a on m.record = 'approval' and a.approval_key = m.record_key
    where
        k.metric = $metric
        and m.week_start in ($week, $before)
        and case $segment_type
            when 'all' then true
            when 'sales_team' then m.sales_team = $segment
            when 'delivery_team' then m.delivery_team = $segment
            when 'deal_type' then m.deal_type = $segment
            when 'service_template' then m.service_template = $segment
            when 'change_origin' then m.record = 'project' or m.change_origin = $segment
            when 'sales_agent' then m.sales_agent_key = $segment_key
            when 'client' then m.client_key = $segment_key
        end
    order by m.week_start desc, m.is_counted desc, m.numerator desc nulls last, m.is_event desc, m.happened_on, record_id, m.record_key
"""

BASELINE: Final = """
    select b.value, b.n, b.ci_low, b.ci_high, b.window_start, b.window_end, b.frozen_at_utc, a.agent_name as frozen_by, b.reason
    from kpi_baseline as b
    inner join dim_metric as m on m.metric_key = b.metric_key
    left join dim_agent as a on a.agent_key = b.frozen_by_key
    where m.metric = $metric and b.segment_type = $segment_type and b.segment_key = $segment_key and b.is_current
"""

# Two kinds due on the same day: the policy's counts.
TARGET: Final = """
    select t.kind, t.low, t.high, t.due, t.source
    from kpi_target as t
    inner join dim_metric as m on m.metric_key = t.metric_key
    where m.metric = $metric and t.segment_type = $segment_type and t.segment_key = $segment_key and t.due = $due
    order by t.kind = 'policy' desc
    limit 1
"""

MOVEMENT: Final = """
    select v.horizon_weeks, v.window_start, v.window_end, v.n, v.value, v.difference, v.ci_low, v.ci_high, v.method, v.words
    from kpi_movement as v
    inner join dim_metric as m on m.metric_key = v.metric_key
    where m.metric = $metric and v.segment_type = $segment_type and v.segment_key = $segment_key
    order by v.horizon_weeks
"""

RESTATEMENTS: Final = """
    select r.restated_at_utc, r.old_value, r.new_value, r.cause, r.source_url
    from kpi_restatement as r
    inner join dim_metric as m on m.metric_key = r.metric_key
    where m.metric = $metric and r.segment_type = $segment_type and r.segment_key = $segment_key and r.week_start = $week
    order by r.restated_at_utc
"""


def metric_row(published: Published, metric: str) -> dict[str, Any]:
    """The metric as published, with the newest as-of and the tenant's base currency."""
    return published.rows(METRIC, metric=metric)[0]


def weeks(published: Published, subject: Subject) -> list[dict[str, Any]]:
    """Every published figure of the metric in the segment, oldest first."""
    return published.rows(WEEKS, **_subject(subject))


def members(published: Published, subject: Subject, week: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The records behind the figure of a week and of the week before, counted ones first."""
    rows = published.frame(MEMBERS, **_subject(subject), segment=subject.segment, week=week, before=week - _WEEK)
    now = rows["week_start"] == week
    return rows.filter(now), rows.filter(~now)


def compared(published: Published, subject: Subject, row: dict[str, Any]) -> dict[str, Any]:
    """What the figure `row` is held against: current baseline, target in force, movements since, and its own restatements."""
    of = _subject(subject)
    baseline = published.rows(BASELINE, **of)
    target = published.rows(TARGET, **of, due=row["target_due"]) if row["target_due"] else []
    return {
        "baseline": baseline[0] if baseline else None,
        "target": target[0] if target else None,
        "movements": published.rows(MOVEMENT, **of),
        "restatements": published.rows(RESTATEMENTS, **of, week=row["week_start"]),
    }


def _subject(subject: Subject) -> dict[str, object]:
    return {"metric": subject.metric, "segment_type": subject.segment_type, "segment_key": subject.segment_key}

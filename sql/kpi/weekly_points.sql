-- Every metric of this release, week by week and segment by segment, before its interval: Python adds intervals and medians.
-- grain: metric x week x segment
-- key: metric_key, week_start, segment_type, segment_key
-- owner: service delivery lead
with grid as (
    select
        w.week_start,
        w.week_end,
        w.counted_to,
        w.today,
        g.segment_type,
        g.segment_key,
        g.segment
    from kpi.week as w
    cross join kpi.segment as g
),

completeness as (
    select
        'handoff_completeness' as metric,
        week_of(c.won_day) as week_start,
        c.segment_type,
        c.segment,
        -- Sums are decimal: a sum of doubles depends on the order in which threads add them.
        cast(sum(cast(c.score_at_won as decimal(18, 9))) as double) as numerator,
        cast(count(c.score_at_won) as double) as denominator,
        cast(null as double) as numerator_2,
        cast(null as double) as denominator_2,
        count(c.score_at_won) as n,
        count(*) - count(c.score_at_won) as n_excluded,
        cast(sum(cast(c.score_at_won * c.score_at_won as decimal(24, 9))) as double) as sum_of_squares
    from kpi.handoff_cohort as c
    group by week_of(c.won_day), c.segment_type, c.segment
),

kickoff_delay as (
    select
        'kickoff_delay_rate' as metric,
        week_of(c.committed_day) as week_start,
        c.segment_type,
        c.segment,
        cast(
            count(*) filter (where not coalesce(c.cancelled_day <= c.committed_day, false) and coalesce(c.kickoff_day > c.committed_day, true))
            as double
        ) as numerator,
        cast(count(*) filter (where not coalesce(c.cancelled_day <= c.committed_day, false)) as double) as denominator,
        cast(null as double) as numerator_2,
        cast(null as double) as denominator_2,
        count(*) filter (where not coalesce(c.cancelled_day <= c.committed_day, false)) as n,
        count(*) filter (where coalesce(c.cancelled_day <= c.committed_day, false)) as n_excluded,
        cast(null as double) as sum_of_squares
    from kpi.handoff_cohort as c
    where c.committed_day < (select max(w.today) from kpi.week as w)
    group by week_of(c.committed_day), c.segment_type, c.segment
),

without_signoff as (
    select
        'kickoff_without_signoff' as metric,
        week_of(c.kickoff_day) as week_start,
        c.segment_type,
        c.segment,
        cast(count(*) filter (where c.kickoff_without_signoff) as double) as numerator,
        cast(count(*) as double) as denominator,
        cast(null as double) as numerator_2,
        cast(null as double) as denominator_2,
        count(*) as n,
        0 as n_excluded,
        cast(null as double) as sum_of_squares
    from kpi.handoff_cohort as c
    where c.kickoff_day is not null
    group by week_of(c.kickoff_day), c.segment_type, c.segment
),

started as (
    select
        'days_to_kickoff_median' as metric,
        w.week_start,
        c.segment_type,
        c.segment,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        cast(null as double) as numerator_2,
        cast(null as double) as denominator_2,
        count(*) filter (where coalesce(c.kickoff_day >= c.won_day, true)) as n,
        count(*) filter (where c.kickoff_day < c.won_day) as n_excluded,
        cast(null as double) as sum_of_squares
    from kpi.week as w
    inner join kpi.handoff_cohort as c on c.won_day > w.week_end - 91 and c.won_day <= w.counted_to
    group by w.week_start, c.segment_type, c.segment
),

active_project as (
    select
        w.week_start,
        p.segment_type,
        p.segment,
        count(*) as projects
    from kpi.week as w
    inner join kpi.project_cohort as p
        on p.active_from_day <= w.counted_to and (p.ended_day is null or p.ended_day >= w.week_start)
    group by w.week_start, p.segment_type, p.segment
),

approved_change as (
    select
        week_of(local_day(r.decided_at_utc, s.time_zone)) as week_start,
        p.segment_type,
        p.segment,
        count(*) as changes
    from core.change_request as r
    cross join policy.setting as s
    inner join kpi.project_cohort as p on r.project_id = p.project_id
    where r.state = 'approved'
    group by week_of(local_day(r.decided_at_utc, s.time_zone)), p.segment_type, p.segment
),

scope_change as (
    select
        'scope_change_frequency' as metric,
        g.week_start,
        g.segment_type,
        g.segment,
        cast(coalesce(c.changes, 0) as double) as numerator,
        cast(coalesce(a.projects, 0) as double) as denominator,
        cast(null as double) as numerator_2,
        cast(null as double) as denominator_2,
        coalesce(a.projects, 0) as n,
        0 as n_excluded,
        cast(null as double) as sum_of_squares
    from grid as g
    left join active_project as a on g.week_start = a.week_start and g.segment_type = a.segment_type and g.segment = a.segment
    left join approved_change as c on g.week_start = c.week_start and g.segment_type = c.segment_type and g.segment = c.segment
),

closed_project as (
    select
        p.segment_type,
        p.segment,
        w.week_start,
        m.margin_state,
        m.sold_revenue_base,
        m.sold_cost_base,
        m.forecast_revenue_base,
        m.forecast_cost_base
    from kpi.project_cohort as p
    inner join kpi.week as w on week_of(p.closed_day) = w.week_start
    left join marts.fact_project_margin as m
        on
            contract_key($tenant, 'project', p.project_id) = m.project_key
            and m.is_delivered
            and m.as_of_date = least(w.week_end + 56, week_of(w.today) + 6)
    where p.is_won_deal
),

erosion as (
    select
        'margin_erosion_pp' as metric,
        p.week_start,
        p.segment_type,
        p.segment,
        cast(sum(case when p.margin_state = 'complete' then p.sold_revenue_base - p.sold_cost_base end) as double) as numerator,
        cast(sum(case when p.margin_state = 'complete' then p.sold_revenue_base end) as double) as denominator,
        cast(sum(case when p.margin_state = 'complete' then p.forecast_revenue_base - p.forecast_cost_base end) as double) as numerator_2,
        cast(sum(case when p.margin_state = 'complete' then p.forecast_revenue_base end) as double) as denominator_2,
        count(*) filter (where p.margin_state = 'complete') as n,
        count(*) filter (where p.margin_state is distinct from 'complete') as n_excluded,
        cast(null as double) as sum_of_squares
    from closed_project as p
    group by p.week_start, p.segment_type, p.segment
),

figure as (
    select * from completeness
    union all
    select * from kickoff_delay
    union all
    select * from without_signoff
    union all
    select * from started
    union all
    select * from scope_change
    union all
    select * from erosion
),

released as (
    select
        m.metric,
        m.minimum_n,
        m.interval,
        m.aggregation
    from policy.metric as m
    where
        m.metric in (
            'handoff_completeness',
            'kickoff_delay_rate',
            'kickoff_without_signoff',
            'days_to_kickoff_median',
            'scope_change_frequency',
            'margin_erosion_pp'
        )
)

select
    r.metric,
    contract_key($tenant, 'metric', r.metric) as metric_key,
    g.week_start,
    date_key(g.week_start) as week_date_key,
    g.segment_type,
    g.segment_key,
    g.segment,
    case
        when r.metric = 'margin_erosion_pp' then g.week_end + 56 >= g.today
        else g.week_end >= g.today
    end as is_partial_week,
    case when r.aggregation = 'median' then null else coalesce(f.numerator, 0) end as numerator,
    case when r.aggregation = 'median' then null else coalesce(f.denominator, 0) end as denominator,
    case when r.aggregation = 'ratio_difference' then coalesce(f.numerator_2, 0) end as numerator_2,
    case when r.aggregation = 'ratio_difference' then coalesce(f.denominator_2, 0) end as denominator_2,
    cast(coalesce(f.n, 0) as bigint) as n,
    cast(coalesce(f.n_excluded, 0) as bigint) as n_excluded,
    case
        when r.aggregation in ('mean', 'ratio') then f.numerator / nullif(f.denominator, 0)
        when r.aggregation = 'ratio_difference'
            then (f.numerator / nullif(f.denominator, 0) - f.numerator_2 / nullif(f.denominator_2, 0)) * 100
    end as value,
    cast(null as decimal(18, 4)) as value_amount,
    cast(null as double) as baseline_value,
    cast(null as double) as target_value,
    cast(null as date) as target_due,
    case when coalesce(f.n, 0) < r.minimum_n then 'not_enough_data' else 'no_target' end as status,
    cast(null as double) as centre_line,
    cast(null as double) as lower_limit,
    cast(null as double) as upper_limit,
    cast(null as text) as signal,
    -- A median's interval comes with its curve.
    case when r.aggregation = 'median' then 'none' else r.interval end as interval,
    f.sum_of_squares
from released as r
cross join grid as g
left join figure as f on r.metric = f.metric and g.week_start = f.week_start and g.segment_type = f.segment_type and g.segment = f.segment

-- Every metric, week by week and segment by segment, before its interval: Python adds intervals, medians, charts and targets.
-- `all` has every metric in every reported week; other segments those of them in which the metric has a member in them.
-- grain: metric x week x segment
-- key: metric_key, week_start, segment_type, segment_key
-- owner: service delivery lead
with metric as (
    select
        contract_key($tenant, 'metric', m.metric) as metric_key,
        m.metric,
        m.unit,
        m.aggregation,
        m.chart,
        m.interval,
        m.minimum_n,
        m.unit in ('pp', 'amount') as is_money,
        m.aggregation = 'median' or m.metric = 'kickoff_within_target' as is_from_curve,
        m.follow_up_days
    from policy.metric as m
),

-- Every metric in every week; a week without a member counts nothing.
total as (
    select
        m.metric_key,
        w.week_start,
        'all' as segment_type,
        cast(0 as bigint) as segment_key,
        t.numerator,
        t.denominator,
        t.numerator_2,
        t.denominator_2,
        t.sum_of_squares,
        t.n,
        t.n_excluded
    from metric as m
    cross join kpi.week as w
    left join kpi.segment_total as t on m.metric_key = t.metric_key and w.week_start = t.week_start and t.segment_type = 'all'
    union all
    select
        t.metric_key,
        t.week_start,
        t.segment_type,
        t.segment_key,
        t.numerator,
        t.denominator,
        t.numerator_2,
        t.denominator_2,
        t.sum_of_squares,
        t.n,
        t.n_excluded
    from kpi.segment_total as t
    where t.segment_type != 'all'
),

counted as (
    select
        t.metric_key,
        t.week_start,
        t.segment_type,
        t.segment_key,
        -- Money has four decimals; more of them are what a double could not hold.
        cast(case when m.is_money then cast(coalesce(t.numerator, 0) as decimal(28, 4)) else coalesce(t.numerator, 0) end as double)
            as numerator,
        cast(case when m.is_money then cast(coalesce(t.denominator, 0) as decimal(28, 4)) else coalesce(t.denominator, 0) end as double)
            as denominator,
        cast(cast(coalesce(t.numerator_2, 0) as decimal(28, 4)) as double) as numerator_2,
        cast(cast(coalesce(t.denominator_2, 0) as decimal(28, 4)) as double) as denominator_2,
        cast(coalesce(t.sum_of_squares, 0) as double) as sum_of_squares,
        cast(case when m.unit = 'amount' then coalesce(t.numerator, 0) else 0 end as decimal(18, 4)) as amount,
        -- The cohort of a rate per 100 hours is its hours.
        cast(case when m.unit = 'per_100_hours' then floor(coalesce(t.denominator, 0)) else coalesce(t.n, 0) end as bigint) as n,
        cast(coalesce(t.n_excluded, 0) as bigint) as n_excluded,
        m.aggregation in ('sum', 'level') and m.unit != 'fraction' as is_total
    from total as t
    inner join metric as m on t.metric_key = m.metric_key
)

select
    m.metric,
    c.metric_key,
    c.week_start,
    date_key(c.week_start) as week_date_key,
    c.segment_type,
    c.segment_key,
    s.segment,
    w.week_end + cast(m.follow_up_days as integer) >= w.today as is_partial_week,
    case when not m.is_from_curve then c.numerator end as numerator,
    case when not m.is_from_curve and not c.is_total then c.denominator end as denominator,
    case when m.aggregation = 'ratio_difference' then c.numerator_2 end as numerator_2,
    case when m.aggregation = 'ratio_difference' then c.denominator_2 end as denominator_2,
    c.n,
    c.n_excluded,
    case
        when m.is_from_curve then null
        -- No overrides are no expired ones; of anything else, nothing counted is no value.
        when c.is_total then case when c.n > 0 or m.minimum_n = 0 then c.numerator end
        when m.aggregation = 'ratio_difference'
            then (c.numerator / nullif(c.denominator, 0) - c.numerator_2 / nullif(c.denominator_2, 0)) * 100
        else c.numerator / nullif(c.denominator, 0)
    end as value,
    case when m.unit = 'amount' and c.n > 0 then c.amount end as value_amount,
    m.minimum_n,
    m.aggregation,
    m.chart,
    m.interval,
    case when m.aggregation = 'mean' then c.sum_of_squares end as sum_of_squares
from counted as c
inner join metric as m on c.metric_key = m.metric_key
inner join kpi.week as w on c.week_start = w.week_start
inner join kpi.segment as s on c.segment_type = s.segment_type and c.segment_key = s.segment_key

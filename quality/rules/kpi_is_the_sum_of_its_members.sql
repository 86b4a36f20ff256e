-- Every figure of the whole tenant is the sum over its members: numerator, denominator, size and exclusions.
-- reads: kpi.kpi_weekly, kpi.kpi_member, marts.dim_metric
with summed as (
    select
        m.metric_key,
        m.week_start,
        sum(cast(m.numerator as decimal(28, 9))) filter (where m.is_counted) as numerator,
        sum(cast(m.denominator as decimal(28, 9))) filter (where m.is_counted) as denominator,
        count(*) filter (where not m.is_counted) as excluded
    from kpi.kpi_member as m
    group by m.metric_key, m.week_start
)

select
    k.metric_key,
    k.week_start
from kpi.kpi_weekly as k
inner join marts.dim_metric as d on k.metric_key = d.metric_key
left join summed as s on k.metric_key = s.metric_key and k.week_start = s.week_start
where
    k.segment_type = 'all'
    and (
        k.n_excluded != coalesce(s.excluded, 0)
        or abs(k.numerator - coalesce(cast(s.numerator as double), 0)) > 1e-4
        or abs(k.denominator - coalesce(cast(s.denominator as double), 0)) > 1e-4
    )

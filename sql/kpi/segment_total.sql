-- What the members of each metric add up to, by week and segment. Sums are decimal: a sum of doubles depends on the order of threads.
-- An origin of changes cuts the changes; what they are counted over are the active projects and hours of all.
-- grain: metric x week x segment that has a member
-- key: metric_key, week_start, segment_type, segment_key
-- owner: service delivery lead
with total as (
    select
        m.metric_key,
        m.week_start,
        case
            when grouping(m.sales_agent_key) = 0 then 'sales_agent'
            when grouping(m.client_key) = 0 then 'client'
            when grouping(m.sales_team) = 0 then 'sales_team'
            when grouping(m.delivery_team) = 0 then 'delivery_team'
            when grouping(m.deal_type) = 0 then 'deal_type'
            when grouping(m.service_template) = 0 then 'service_template'
            when grouping(m.change_origin) = 0 then 'change_origin'
            else 'all'
        end as segment_type,
        coalesce(m.sales_agent_key, m.client_key) as dimension_key,
        coalesce(m.sales_team, m.delivery_team, m.deal_type, m.service_template, m.change_origin) as segment,
        sum(cast(m.numerator as decimal(24, 9))) as numerator,
        sum(cast(m.denominator as decimal(24, 9))) as denominator,
        sum(cast(m.numerator_2 as decimal(24, 9))) as numerator_2,
        sum(cast(m.denominator_2 as decimal(24, 9))) as denominator_2,
        -- A handoff counts as a score or as one.
        sum(case when m.record = 'handoff' then cast(m.numerator * m.numerator as decimal(24, 9)) end) as sum_of_squares,
        -- Changes are what is counted, not what they are counted over.
        count(*) filter (where m.is_counted and m.record != 'change') as n,
        count(*) filter (where not m.is_counted) as n_excluded
    from kpi.kpi_member as m
    group by
        grouping sets (
            (m.metric_key, m.week_start),
            (m.metric_key, m.week_start, m.sales_agent_key),
            (m.metric_key, m.week_start, m.client_key),
            (m.metric_key, m.week_start, m.sales_team),
            (m.metric_key, m.week_start, m.delivery_team),
            (m.metric_key, m.week_start, m.deal_type),
            (m.metric_key, m.week_start, m.service_template),
            (m.metric_key, m.week_start, m.change_origin)
        )
),

keyed as (
    select
        t.* exclude (dimension_key, segment),
        case
            when t.segment_type = 'all' then 0
            when t.segment_type in ('sales_agent', 'client') then t.dimension_key
            else contract_key($tenant, t.segment_type, t.segment)
        end as segment_key
    from total as t
    where t.segment_type in ('all', 'sales_agent', 'client') or t.segment is not null
),

scope_metric as (
    select contract_key($tenant, 'metric', k.metric) as metric_key
    from policy.metric as k
    where k.metric in ('scope_change_frequency', 'scope_changes_per_100h', 'unbilled_scope_hours')
),

-- What changes are counted over, in every week in which a project was active, for every origin that was ever seen.
exposure as (
    select
        k.metric_key,
        a.week_start,
        o.segment_key,
        t.denominator,
        case when t.denominator is null then 0 else t.n end as n
    from keyed as a
    cross join scope_metric as k
    inner join kpi.segment as o on o.segment_type = 'change_origin'
    left join keyed as t on k.metric_key = t.metric_key and a.week_start = t.week_start and t.segment_type = 'all'
    where a.segment_type = 'all' and a.metric_key = contract_key($tenant, 'metric', 'scope_change_frequency') and a.n > 0
),

change as (
    select
        t.metric_key,
        t.week_start,
        t.segment_key,
        t.numerator,
        t.n,
        t.n_excluded
    from keyed as t
    where t.segment_type = 'change_origin'
),

by_origin as (
    select
        coalesce(c.metric_key, e.metric_key) as metric_key,
        coalesce(c.week_start, e.week_start) as week_start,
        coalesce(c.segment_key, e.segment_key) as segment_key,
        c.numerator,
        e.denominator,
        coalesce(c.n, 0) + coalesce(e.n, 0) as n,
        coalesce(c.n_excluded, 0) as n_excluded
    from change as c
    full join exposure as e on c.metric_key = e.metric_key and c.week_start = e.week_start and c.segment_key = e.segment_key
)

select
    k.metric_key,
    k.week_start,
    k.segment_type,
    k.segment_key,
    k.numerator,
    k.denominator,
    k.numerator_2,
    k.denominator_2,
    k.sum_of_squares,
    k.n,
    k.n_excluded
from keyed as k
-- Unknown is no segment.
where k.segment_type != 'change_origin' and (k.segment_type = 'all' or k.segment_key != 0)
union all
select
    o.metric_key,
    o.week_start,
    'change_origin' as segment_type,
    o.segment_key,
    o.numerator,
    o.denominator,
    null as numerator_2,
    null as denominator_2,
    null as sum_of_squares,
    o.n,
    o.n_excluded
from by_origin as o

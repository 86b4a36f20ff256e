-- The durations behind each curve: how many events and how many censored after so long (days, or business hours), by segment and reported
-- week.
-- grain: metric x week x segment x duration
-- key: metric, week_start, segment_type, segment_key, day
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
            else 'all'
        end as segment_type,
        coalesce(m.sales_agent_key, m.client_key) as dimension_key,
        coalesce(m.sales_team, m.delivery_team, m.deal_type, m.service_template) as segment,
        m.duration as day,
        count(*) filter (where m.is_event) as events,
        count(*) filter (where not m.is_event) as censored
    from kpi.kpi_member as m
    where
        m.is_counted
        and m.metric_key in (select contract_key($tenant, 'metric', k.metric) from policy.metric as k where k.aggregation = 'median')
    group by
        grouping sets (
            (m.metric_key, m.week_start, m.duration),
            (m.metric_key, m.week_start, m.duration, m.sales_agent_key),
            (m.metric_key, m.week_start, m.duration, m.client_key),
            (m.metric_key, m.week_start, m.duration, m.sales_team),
            (m.metric_key, m.week_start, m.duration, m.delivery_team),
            (m.metric_key, m.week_start, m.duration, m.deal_type),
            (m.metric_key, m.week_start, m.duration, m.service_template)
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
)

select
    m.metric,
    k.week_start,
    k.segment_type,
    k.segment_key,
    s.segment,
    k.day,
    k.events,
    k.censored
from keyed as k
inner join policy.metric as m on k.metric_key = contract_key($tenant, 'metric', m.metric)
inner join kpi.week as w on k.week_start = w.week_start
-- Unknown is no segment.
inner join kpi.segment as s on k.segment_type = s.segment_type and k.segment_key = s.segment_key

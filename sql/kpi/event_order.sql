-- The handoffs of the metrics that are charted between events, in the order in which they happened, in every segment that they belong to.
-- grain: metric x segment x handoff
-- key: metric, segment_type, segment_key, position
-- owner: service delivery lead
with segment_type as (
    select unnest(['all', 'sales_agent', 'client', 'sales_team', 'delivery_team', 'deal_type', 'service_template']) as segment_type
),

member as (
    select
        k.metric,
        m.week_start,
        m.happened_on,
        m.record_key,
        m.is_event,
        t.segment_type,
        case t.segment_type
            when 'all' then 0
            when 'sales_agent' then nullif(m.sales_agent_key, 0)
            when 'client' then nullif(m.client_key, 0)
            when 'sales_team' then contract_key($tenant, t.segment_type, m.sales_team)
            when 'delivery_team' then contract_key($tenant, t.segment_type, m.delivery_team)
            when 'deal_type' then contract_key($tenant, t.segment_type, m.deal_type)
            when 'service_template' then contract_key($tenant, t.segment_type, m.service_template)
        end as segment_key
    from kpi.kpi_member as m
    inner join policy.metric as k on m.metric_key = contract_key($tenant, 'metric', k.metric) and k.chart = 'between_events'
    cross join segment_type as t
    where m.is_counted
)

select
    m.metric,
    m.segment_type,
    m.segment_key,
    m.week_start,
    row_number() over (partition by m.metric, m.segment_type, m.segment_key order by m.happened_on, m.record_key) as position,
    m.is_event
from member as m
-- Unknown is no segment.
where m.segment_key is not null

-- The segments that some metric has a member in. A record whose agent, team, client, type or template is unknown is in none of that kind.
-- An origin of changes is a segment once a change of that origin was seen, whatever became of it.
-- grain: segment
-- key: segment_type, segment_key
-- owner: service delivery lead
with named as (
    select
        'sales_team' as segment_type,
        m.sales_team as segment
    from kpi.kpi_member as m
    union
    select
        'delivery_team',
        m.delivery_team
    from kpi.kpi_member as m
    union
    select
        'deal_type',
        m.deal_type
    from kpi.kpi_member as m
    union
    select
        'service_template',
        m.service_template
    from kpi.kpi_member as m
    union
    select
        'change_origin',
        r.origin
    from marts.fact_change_request as r
)

select
    'all' as segment_type,
    cast(0 as bigint) as segment_key,
    'all' as segment
union all
select
    n.segment_type,
    contract_key($tenant, n.segment_type, n.segment) as segment_key,
    n.segment
from named as n
where n.segment is not null
union all
select
    'sales_agent' as segment_type,
    a.agent_key as segment_key,
    a.agent_name as segment
from marts.dim_agent as a
where a.agent_key != 0 and a.agent_key in (select m.sales_agent_key from kpi.kpi_member as m)
union all
select
    'client' as segment_type,
    c.client_key as segment_key,
    c.client_name as segment
from marts.dim_client as c
where c.client_key != 0 and c.client_key in (select m.client_key from kpi.kpi_member as m)

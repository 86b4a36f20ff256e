-- Dated targets as absolute values: the policy's own rows, and the playbook's, which are factors of each current baseline of the whole tenant.
-- grain: one dated target per metric and segment
-- key: metric_key, segment_type, segment_key, kind, due
-- owner: service delivery lead
with named_segment as (
    select
        'sales_agent' as segment_type,
        a.agent_key as segment_key,
        a.agent_name as segment
    from marts.dim_agent as a
    where a.agent_key != 0
    union all
    select
        'client' as segment_type,
        c.client_key as segment_key,
        c.client_name as segment
    from marts.dim_client as c
    where c.client_key != 0
),

-- A name that two clients share sets a target for both; a name that nobody has sets none.
of_policy as (
    select
        contract_key($tenant, 'metric', t.metric) as metric_key,
        t.segment_type,
        case
            when t.segment_type = 'all' then 0
            when t.segment_type in ('sales_agent', 'client') then n.segment_key
            else contract_key($tenant, t.segment_type, t.segment)
        end as segment_key,
        t.segment,
        'policy' as kind,
        t.low,
        t.high,
        t.due,
        t.source
    from policy.target as t
    left join named_segment as n on t.segment_type = n.segment_type and t.segment = n.segment
),

of_playbook as (
    select
        b.metric_key,
        b.segment_type,
        b.segment_key,
        b.segment,
        'playbook' as kind,
        b.value * p.low_factor as low,
        b.value * p.high_factor as high,
        case m.unit when 'score' then 100.0 when 'percent' then 100.0 when 'fraction' then 1.0 end as highest,
        cast(strptime(cast(b.frozen_date_key as varchar), '%Y%m%d') as date) + cast(p.days as integer) as due,
        p.source
    from policy.playbook_target as p
    inner join policy.metric as m on p.metric = m.metric
    inner join kpi.kpi_baseline as b
        on contract_key($tenant, 'metric', p.metric) = b.metric_key and b.segment_type = 'all' and b.is_current
)

select
    t.metric_key,
    t.segment_type,
    cast(t.segment_key as bigint) as segment_key,
    t.segment,
    t.kind,
    cast(t.low as double) as low,
    cast(t.high as double) as high,
    t.due,
    t.source
from of_policy as t
where t.segment_key is not null
union all
select
    t.metric_key,
    t.segment_type,
    cast(t.segment_key as bigint) as segment_key,
    t.segment,
    t.kind,
    -- `least` leaves a missing end out, so that it would make a high of 100 where there is none.
    cast(least(t.low, t.highest) as double) as low,
    cast(case when t.high is not null then least(t.high, t.highest) end as double) as high,
    t.due,
    t.source
from of_playbook as t

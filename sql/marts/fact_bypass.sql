-- Bypasses of a control, each with its record in HaloPSA.
-- grain: one bypass of a control
-- key: bypass_key
-- owner: service delivery lead
select
    contract_key(
        $tenant,
        'bypass',
        b.kind || '|' || coalesce(b.handoff_id, 0) || '|' || coalesce(b.project_id, 0) || '|' || b.discriminator
    ) as bypass_key,
    b.kind,
    coalesce(contract_key($tenant, 'handoff', b.handoff_id), 0) as handoff_key,
    coalesce(contract_key($tenant, 'project', b.project_id), 0) as project_key,
    coalesce(contract_key($tenant, 'client', c.client_id), 0) as client_key,
    coalesce(contract_key($tenant, 'agent', a.agent_id), 0) as agent_key,
    b.happened_at_utc,
    date_key(local_day(b.happened_at_utc, s.time_zone)) as happened_date_key,
    b.detected_at_utc,
    'open' as state,
    b.detail,
    s.links_base || '/tickets?id=' || b.record_id as source_url
from core.bypass as b
cross join policy.setting as s
left join staging.client as c on b.client_id = c.client_id
left join (select distinct a.agent_id from staging.agent as a) as a on b.agent_id = a.agent_id

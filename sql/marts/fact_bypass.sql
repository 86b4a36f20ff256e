-- Bypasses of a control, each with its record in HaloPSA: those that the records show, and blocks that people undid.
-- grain: one bypass of a control
-- key: bypass_key
-- owner: service delivery lead
with every as (
    select
        b.kind,
        b.handoff_id,
        b.project_id,
        b.discriminator,
        b.client_id,
        b.agent_id,
        b.happened_at_utc,
        b.detected_at_utc,
        case when b.is_corrected then 'corrected' when b.is_explained then 'explained' else 'open' end as state,
        b.detail,
        b.record_id
    from core.bypass as b
    union all
    select
        e.kind,
        e.handoff_id,
        null as project_id,
        e.discriminator,
        h.client_id,
        -- Who moved the deal on is in HaloPSA's audit, which is not read.
        null as agent_id,
        e.happened_at_utc,
        e.detected_at_utc,
        e.state,
        e.detail,
        e.handoff_id as record_id
    from governance.enforcement_bypass as e
    inner join core.handoff as h on e.handoff_id = h.handoff_id
)

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
    b.state,
    b.detail,
    s.links_base || '/tickets?id=' || b.record_id as source_url
from every as b
cross join policy.setting as s
left join staging.client as c on b.client_id = c.client_id
left join (select distinct a.agent_id from staging.agent as a) as a on b.agent_id = a.agent_id

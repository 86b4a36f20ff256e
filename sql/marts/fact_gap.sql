-- Every gap ever opened: an item that a live handoff lacked. Due dates, acknowledgement and escalation come with remediation.
-- grain: one gap ever opened (a missing or partial item of a live handoff)
-- key: gap_key
-- owner: sales manager
select
    contract_key(
        $tenant, 'gap', g.handoff_id || '|' || g.item || '|' || strftime(g.detected_at_utc, '%Y-%m-%dT%H:%M:%S')
    ) as gap_key,
    contract_key($tenant, 'handoff', g.handoff_id) as handoff_key,
    contract_key($tenant, 'item', g.item) as item_key,
    coalesce(contract_key($tenant, 'client', c.client_id), 0) as client_key,
    coalesce(contract_key($tenant, 'agent', a.agent_id), 0) as owner_agent_key,
    g.is_hard,
    g.state,
    g.detected_at_utc,
    g.resolved_at_utc,
    date_key(local_day(g.detected_at_utc, s.time_zone)) as detected_date_key,
    cast(null as timestamp) as due_at_utc,
    cast(null as timestamp) as acknowledged_at_utc,
    cast(null as timestamp) as first_escalated_at_utc,
    cast(0 as bigint) as escalation_level,
    g.open_hours,
    cast(null as boolean) as within_sla,
    s.links_base || '/tickets?id=' || g.handoff_id as source_url
from core.gap as g
cross join policy.setting as s
inner join core.handoff as h on g.handoff_id = h.handoff_id
left join staging.client as c on h.client_id = c.client_id
left join (select distinct a.agent_id from staging.agent as a) as a on h.agent_id = a.agent_id

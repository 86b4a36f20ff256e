-- Every gap ever opened: an item that a live handoff lacked, with who has to close it and by when, and how far it was escalated.
-- grain: one gap ever opened (a missing or partial item of a live handoff)
-- key: gap_key
-- owner: sales manager
with named as (
    select
        g.handoff_id,
        g.item,
        g.is_hard,
        g.state,
        g.detected_at_utc,
        g.resolved_at_utc,
        g.open_hours,
        -- The gap's name in the ledger, too (governance.gap_standing).
        g.handoff_id || '|' || g.item || '|' || strftime(g.detected_at_utc, '%Y-%m-%dT%H:%M:%S') as gap_id
    from core.gap as g
),

escalated as (
    select
        e.gap_id,
        min(e.at_utc) as first_at_utc,
        max(e.level) as level
    from ledger.escalation as e
    group by e.gap_id
)

select
    contract_key($tenant, 'gap', g.gap_id) as gap_key,
    contract_key($tenant, 'handoff', g.handoff_id) as handoff_key,
    contract_key($tenant, 'item', g.item) as item_key,
    coalesce(contract_key($tenant, 'client', c.client_id), 0) as client_key,
    coalesce(contract_key($tenant, 'agent', a.agent_id), 0) as owner_agent_key,
    g.is_hard,
    g.state,
    g.detected_at_utc,
    g.resolved_at_utc,
    date_key(local_day(g.detected_at_utc, s.time_zone)) as detected_date_key,
    d.due_at_utc,
    d.acknowledged_at_utc,
    e.first_at_utc as first_escalated_at_utc,
    cast(coalesce(e.level, 0) as bigint) as escalation_level,
    g.open_hours,
    d.within_sla,
    s.links_base || '/tickets?id=' || g.handoff_id as source_url
from named as g
cross join policy.setting as s
inner join core.handoff as h on g.handoff_id = h.handoff_id
inner join governance.gap_standing as d on g.handoff_id = d.handoff_id and g.item = d.item and g.detected_at_utc = d.detected_at_utc
left join escalated as e on g.gap_id = e.gap_id
left join staging.client as c on h.client_id = c.client_id
left join (select distinct a.agent_id from staging.agent as a) as a on d.owner_id = a.agent_id

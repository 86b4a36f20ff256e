-- Exceptions from a control and waivers of an item. One whose end has come is expired, whether or not anybody has said so yet.
-- grain: one override or waiver
-- key: override_key
-- owner: service delivery lead
with agent as (
    select distinct a.agent_id
    from staging.agent as a
)

select
    contract_key($tenant, 'override', o.override_id) as override_key,
    coalesce(contract_key($tenant, 'handoff', h.handoff_id), 0) as handoff_key,
    coalesce(contract_key($tenant, 'item', i.item), 0) as item_key,
    o.control_id,
    o.reason,
    o.compensating_control,
    o.amount_base,
    coalesce(contract_key($tenant, 'agent', requester.agent_id), 0) as requested_by_key,
    coalesce(contract_key($tenant, 'agent', approver.agent_id), 0) as approved_by_key,
    coalesce(contract_key($tenant, 'agent', second.agent_id), 0) as second_approver_key,
    o.requested_at_utc,
    o.approved_at_utc,
    o.expires_at_utc,
    case
        when o.state in ('requested', 'approved') and o.expires_at_utc <= cast($as_of as timestamp) then 'expired'
        else o.state
    end as state,
    o.source_url
from ledger.override as o
left join core.handoff as h on o.handoff_id = h.handoff_id
left join policy.checklist_item as i on o.item = i.item
left join agent as requester on o.requested_by = requester.agent_id
left join agent as approver on o.approved_by = approver.agent_id
left join agent as second on o.second_approver = second.agent_id

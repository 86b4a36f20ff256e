-- Verdicts of the checklist that somebody holds wrong, and what came of it.
-- grain: one false positive or false negative reported on an item
-- key: feedback_key
-- owner: service delivery lead
select
    contract_key($tenant, 'feedback', f.feedback_id) as feedback_key,
    coalesce(contract_key($tenant, 'handoff', h.handoff_id), 0) as handoff_key,
    coalesce(contract_key($tenant, 'item', i.item), 0) as item_key,
    f.kind,
    coalesce(contract_key($tenant, 'agent', a.agent_id), 0) as reported_by_key,
    f.reported_at_utc,
    f.note,
    f.disposition
from ledger.feedback as f
left join core.handoff as h on f.handoff_id = h.handoff_id
left join policy.checklist_item as i on f.item = i.item
left join (select distinct a.agent_id from staging.agent as a) as a on f.reported_by = a.agent_id

-- Everything that the product proposed to write or send, and how far it came by the as-of.
-- grain: one intent of the outbox
-- key: delivery_key
-- owner: service delivery lead
select
    contract_key($tenant, 'delivery', i.intent_id) as delivery_key,
    i.intent_id,
    coalesce(contract_key($tenant, 'handoff', h.handoff_id), 0) as handoff_key,
    i.target,
    i.action,
    i.action_class,
    i.state,
    i.attempts,
    i.proposed_at_utc,
    i.approved_at_utc,
    i.sent_at_utc,
    i.settled_at_utc,
    i.is_shadow,
    i.detail,
    i.source_url
from ledger.intent as i
left join core.handoff as h on i.handoff_id = h.handoff_id

-- Where delivery's sign-off of each handoff stands.
-- grain: handoff
-- key: handoff_id
-- owner: project manager
with decided as (
    select
        d.handoff_id,
        arg_min(d.result, row(d.decided_at_utc, d.seq)) as first_result,
        min(d.decided_at_utc) as first_decision_at_utc,
        arg_max(d.result, row(d.decided_at_utc, d.seq)) as last_result,
        arg_max(d.seq, row(d.decided_at_utc, d.seq)) as last_seq
    from core.signoff_decision as d
    where d.is_counted
    group by d.handoff_id
),

asked as (
    select
        d.handoff_id,
        bool_or(d.result = 'pending') as has_pending
    from core.signoff_decision as d
    group by d.handoff_id
)

select
    h.handoff_id,
    case
        when d.last_result = 'accepted' and a.void_batch is null then 'accepted'
        when q.has_pending then 'pending'
        when d.last_result = 'accepted' then 'void'
        when d.last_result = 'rejected' then 'rejected'
        else 'none'
    end as signoff_state,
    case when d.last_result = 'accepted' and (a.void_batch is null or not q.has_pending) then a.decided_at_utc end as signed_off_at_utc,
    case when d.last_result = 'accepted' and (a.void_batch is null or not q.has_pending) then a.agent_id end as signed_off_by_id,
    case when d.last_result = 'accepted' and (a.void_batch is null or not q.has_pending) then a.seen_batch end as signoff_batch,
    d.first_decision_at_utc,
    d.first_result = 'accepted' as accepted_first_pass,
    first_one.seen_batch is not null as has_acceptance,
    first_one.committed_then
from core.handoff as h
left join decided as d on h.handoff_id = d.handoff_id
left join asked as q on h.handoff_id = q.handoff_id
left join core.signoff_acceptance as a on d.handoff_id = a.handoff_id and d.last_seq = a.seq
left join core.signoff_acceptance as first_one on h.handoff_id = first_one.handoff_id and first_one.is_first_acceptance

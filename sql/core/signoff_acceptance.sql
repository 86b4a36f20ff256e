-- Counted acceptances, each with the first later night on which a value that it covers had changed, or it was deleted itself; from then on
-- it is void.
-- Covered: signed scope, assumptions, committed kickoff, feasibility, resource plan, and what was sold.
-- grain: handoff x counted acceptance
-- key: handoff_id, seq
-- owner: project manager
with acceptance as (
    select
        d.handoff_id,
        d.project_id,
        d.seq,
        d.agent_id,
        d.decided_at_utc,
        d.seen_batch,
        d.deleted_batch
    from core.signoff_decision as d
    where d.is_counted and d.result = 'accepted'
),

deal_covered as (
    select
        v.opportunity_id as handoff_id,
        v.valid_from_batch,
        v.valid_to_batch,
        row(v.signed_scope_link, v.signed_scope_date, v.delivery_assumptions, v.kickoff_committed) as covered,
        v.kickoff_committed
    from core.opportunity_history as v
),

project_covered as (
    select
        p.project_id,
        p.valid_from_batch,
        p.valid_to_batch,
        row(p.feasibility, p.resource_plan) as covered
    from core.project_history as p
),

changed as (
    select
        a.handoff_id,
        a.seq,
        min(later.valid_from_batch) as batch_no
    from acceptance as a
    inner join deal_covered as held
        on
            a.handoff_id = held.handoff_id
            and in_force(held.valid_from_batch, held.valid_to_batch, a.seen_batch)
    inner join deal_covered as later
        on a.handoff_id = later.handoff_id and a.seen_batch < later.valid_from_batch and held.covered is distinct from later.covered
    group by a.handoff_id, a.seq
    union all
    select
        a.handoff_id,
        a.seq,
        min(later.valid_from_batch) as batch_no
    from acceptance as a
    inner join project_covered as held
        on
            a.project_id = held.project_id
            and in_force(held.valid_from_batch, held.valid_to_batch, a.seen_batch)
    inner join project_covered as later
        on a.project_id = later.project_id and a.seen_batch < later.valid_from_batch and held.covered is distinct from later.covered
    group by a.handoff_id, a.seq
    union all
    select
        a.handoff_id,
        a.seq,
        min(later.valid_from_batch) as batch_no
    from acceptance as a
    left join core.sold_history as held
        on
            a.handoff_id = held.handoff_id
            and in_force(held.valid_from_batch, held.valid_to_batch, a.seen_batch)
    inner join core.sold_history as later
        on
            a.handoff_id = later.handoff_id
            and a.seen_batch < later.valid_from_batch
            and (held.revenue is distinct from later.revenue or held.cost is distinct from later.cost)
    group by a.handoff_id, a.seq
    union all
    select
        a.handoff_id,
        a.seq,
        a.deleted_batch as batch_no
    from acceptance as a
    where a.deleted_batch is not null
),

void as (
    select
        c.handoff_id,
        c.seq,
        min(c.batch_no) as void_batch
    from changed as c
    group by c.handoff_id, c.seq
)

select
    a.handoff_id,
    a.project_id,
    a.seq,
    a.agent_id,
    a.decided_at_utc,
    a.seen_batch,
    v.void_batch,
    coalesce(v.void_batch = a.deleted_batch, false) as is_void_by_deletion,
    n.as_of_utc as void_at_utc,
    row_number() over (partition by a.handoff_id order by a.decided_at_utc, a.seq) = 1 as is_first_acceptance,
    held.kickoff_committed as committed_then
from acceptance as a
left join void as v on a.handoff_id = v.handoff_id and a.seq = v.seq
left join core.night as n on v.void_batch = n.batch_no
left join deal_covered as held
    on
        a.handoff_id = held.handoff_id
        and in_force(held.valid_from_batch, held.valid_to_batch, a.seen_batch)

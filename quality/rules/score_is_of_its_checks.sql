-- The score at the win is the weighted quality of its checks, never above it; it is NULL exactly where nothing applies.
-- reads: marts.fact_handoff, marts.fact_handoff_check
with checked as (
    select
        c.handoff_key,
        sum(cast(c.weight * c.quality as decimal(18, 6))) filter (where c.result != 'not_applicable') as reached,
        sum(cast(c.weight as decimal(18, 6))) filter (where c.result != 'not_applicable') as reachable
    from marts.fact_handoff_check as c
    where c.stage = 'won'
    group by c.handoff_key
)

select h.handoff_key
from marts.fact_handoff as h
inner join checked as c on h.handoff_key = c.handoff_key
where
    (h.score_at_won is null) != (coalesce(c.reachable, 0) = 0)
    or h.score_at_won > cast(c.reached as double) / nullif(cast(c.reachable as double), 0) * 100 + 1e-6

-- A gap is waived, or was until its waiver ended, by an approved override of its item on its handoff.
-- reads: marts.fact_gap, marts.fact_override
select g.gap_key
from marts.fact_gap as g
where
    g.state in ('waived', 'waiver_expired')
    and not exists (
        select 1
        from marts.fact_override as o
        where g.handoff_key = o.handoff_key and g.item_key = o.item_key and o.approved_at_utc is not null
    )

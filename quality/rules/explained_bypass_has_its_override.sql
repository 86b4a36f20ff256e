-- A bypass is explained by an approved override of its handoff.
-- reads: marts.fact_bypass, marts.fact_override
select b.bypass_key
from marts.fact_bypass as b
where
    b.state = 'explained'
    and not exists (
        select 1
        from marts.fact_override as o
        where b.handoff_key = o.handoff_key and o.approved_at_utc is not null
    )

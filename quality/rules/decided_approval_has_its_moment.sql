-- An approval has the moment of its decision exactly where somebody decided, or what was approved changed.
-- reads: marts.fact_approval
select a.approval_key
from marts.fact_approval as a
where (a.decided_at_utc is null) != (a.result in ('pending', 'expired'))

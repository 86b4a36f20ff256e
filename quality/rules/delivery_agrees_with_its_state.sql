-- What is only recorded, or never done, is never approved; what was tried had been approved; and an end stands exactly in the last states.
-- reads: marts.fact_delivery
select d.delivery_key
from marts.fact_delivery as d
where
    ((d.is_shadow or d.action_class = 'never') and d.approved_at_utc is not null)
    or (d.attempts > 0 and d.approved_at_utc is null)
    or (d.settled_at_utc is null) = (d.state in ('accepted', 'confirmed', 'conflict', 'failed', 'expired', 'refused'))

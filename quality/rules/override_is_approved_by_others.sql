-- An override has the moment of its approval where it is approved and none before that; its requester and its approvers are different people, as
-- far as they are known.
-- reads: marts.fact_override
select o.override_key
from marts.fact_override as o
where
    (o.state = 'approved' and o.approved_at_utc is null)
    or (o.state in ('requested', 'refused') and o.approved_at_utc is not null)
    or (o.approved_by_key != 0 and o.approved_by_key in (o.requested_by_key, o.second_approver_key))
    or (o.second_approver_key != 0 and o.second_approver_key = o.requested_by_key)

-- The rate into base currency of each currency that a won deal is in, on the day of its win. NULL where the policy has none.
-- grain: won opportunity x currency
-- key: handoff_id, currency
-- owner: sales manager
with pair as (
    select distinct
        f.handoff_id,
        f.currency
    from core.sold_freeze as f
    union
    select distinct
        h.handoff_id,
        o.currency
    from core.handoff as h
    inner join core.order_history as o on h.handoff_id = o.opportunity_id and o.is_current
)

select
    p.handoff_id,
    p.currency,
    case
        when p.currency = s.base_currency then cast(1 as decimal(18, 8))
        else (
            select arg_max(r.rate, r.valid_from)
            from policy.exchange_rate as r
            where r.currency = p.currency and r.valid_from <= h.won_day
        )
    end as rate
from pair as p
cross join policy.setting as s
inner join core.handoff as h on p.handoff_id = h.handoff_id

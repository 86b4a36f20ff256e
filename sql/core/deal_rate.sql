-- The rate into base currency of each currency that a win is in, on the day of the win. NULL where the policy has none.
-- grain: win x currency
-- key: handoff_id, win_no, currency
-- owner: sales manager
with pair as (
    select
        f.handoff_id,
        f.win_no,
        f.currency
    from core.sold_freeze as f
    union
    select
        h.handoff_id,
        h.win_no,
        o.currency
    from core.handoff as h
    inner join core.order_history as o on h.handoff_id = o.opportunity_id and o.is_current
)

select
    p.handoff_id,
    p.win_no,
    p.currency,
    case
        when p.currency = s.base_currency then cast(1 as decimal(18, 8))
        else (
            select arg_max(r.rate, r.valid_from)
            from policy.exchange_rate as r
            where r.currency = p.currency and r.valid_from <= w.won_day
        )
    end as rate
from pair as p
cross join policy.setting as s
inner join core.win as w on p.handoff_id = w.handoff_id and p.win_no = w.win_no

-- The rate from each deal's own currency (that of what was sold, else base currency) into base currency. NULL where the policy has none.
-- grain: won opportunity
-- key: handoff_id
-- owner: sales manager
select
    h.handoff_id,
    coalesce(sold.currency, s.base_currency) as currency,
    case when coalesce(sold.currency, s.base_currency) = s.base_currency then cast(1 as decimal(18, 8)) else r.rate end as rate
from core.handoff as h
cross join policy.setting as s
left join core.sold as sold on h.handoff_id = sold.handoff_id
left join core.deal_rate as r on h.handoff_id = r.handoff_id and h.win_no = r.win_no and sold.currency = r.currency

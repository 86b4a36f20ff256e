-- What the present win of each deal sold.
-- grain: won opportunity with an accepted quotation or an order
-- key: handoff_id
-- owner: sales manager
select
    s.handoff_id,
    s.freeze_batch,
    s.sold_basis,
    s.basis,
    s.currency,
    s.currency_state,
    s.revenue,
    s.cost,
    s.recurring_annual,
    s.revenue_base,
    s.cost_base,
    s.third_party_cost_base,
    s.products_base,
    s.hours
from core.sold_by_win as s
inner join core.handoff as h on s.handoff_id = h.handoff_id and s.win_no = h.win_no

-- The lines that were sold: headings and options left out are gone, recurring lines carry a year's value.
-- grain: win x counted line
-- key: handoff_id, win_no, basis, source_id, line_no
-- owner: sales manager
with line as (
    select
        f.handoff_id,
        f.win_no,
        f.basis,
        f.source_id,
        f.currency,
        q.line_no,
        q.item_id,
        q.quantity,
        q.net_amount,
        q.cost_amount,
        q.billing_period,
        q.budget_hours
    from core.sold_freeze as f
    inner join staging.quotation_line as q on f.source_id = q.quotation_id and f.source_batch = q.batch_no
    where f.basis = 'quotation' and not q.is_group_heading and not q.is_option_left_out
    union all
    select
        f.handoff_id,
        f.win_no,
        f.basis,
        f.source_id,
        f.currency,
        o.line_no,
        o.item_id,
        o.quantity,
        o.net_amount,
        o.cost_amount,
        o.billing_period,
        null as budget_hours
    from core.sold_freeze as f
    inner join staging.sales_order_line as o on f.source_id = o.order_id and f.source_batch = o.batch_no
    where f.basis = 'order' and not o.is_group_heading
)

select
    l.handoff_id,
    l.win_no,
    l.basis,
    l.source_id,
    l.line_no,
    l.currency,
    l.net_amount,
    l.cost_amount,
    l.billing_period = 0 as is_one_off,
    -- HaloPSA's billing periods as times a year.
    cast(
        case l.billing_period
            when 1 then l.net_amount * 52
            when 2 then l.net_amount * 12
            when 3 then l.net_amount
            when 4 then l.net_amount * 4
            when 5 then l.net_amount * 2
            when 6 then l.net_amount / 5
            when 7 then l.net_amount / 3
            when 8 then l.net_amount / 2
            when 9 then l.net_amount / 4
        end as decimal(18, 4)
    ) as annual_amount,
    l.budget_hours,
    l.quantity,
    coalesce(l.item_id in (select i.id from policy.id_list as i where i.meaning = 'labour_item'), false)
    or coalesce(l.budget_hours > 0, false) as is_labour
from line as l

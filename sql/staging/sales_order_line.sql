-- The lines of every version of every sales order; a line's price is what was sold, discount included.
-- grain: sales order version x line
-- key: order_id, batch_no, line_no
-- owner: platform
with lines as (
    select
        halo_int(r.payload ->> '$.id') as order_id,
        b.whole_batch_no as batch_no,
        from_json(
            r.payload,
            '{"lines":[{"item_id":"VARCHAR","quantity":"VARCHAR","price":"VARCHAR","costprice":"VARCHAR","discount_perc":"VARCHAR",'
            || '"total_net_total":"VARCHAR","billingperiod":"VARCHAR","isgroupdesc":"VARCHAR","project_id":"VARCHAR","quotation_line_id":"VARCHAR"}]}'
        ).lines as line_list
    from raw.sales_order as r
    inner join staging.night as b on r.batch_no = b.batch_no
    left join staging.reused_id as u on u.entity = 'sales_order' and r.row_key = u.row_key
    where b.as_of_utc <= cast($as_of as timestamp) and is_of_record(r.batch_no, r.is_deleted, u.since_batch)
    qualify row_number() over (partition by r.row_key, b.whole_batch_no order by r.batch_no desc, r.is_deleted asc) = 1
),

numbered as (
    select
        l.order_id,
        l.batch_no,
        unnest(l.line_list) as line,
        generate_subscripts(l.line_list, 1) as line_no
    from lines as l
)

select
    n.order_id,
    n.batch_no,
    n.line_no,
    halo_int(n.line.item_id) as item_id,
    coalesce(halo_money(n.line.quantity), 0) as quantity,
    -- A line of nothing costs nothing; a line of something without a price or a cost is not known.
    try_cast(
        coalesce(
            halo_money(n.line.total_net_total),
            case
                when coalesce(halo_money(n.line.quantity), 0) = 0 then 0
                else
                    wide(halo_money(n.line.price)) * halo_money(n.line.quantity) * (1 - coalesce(halo_money(n.line.discount_perc), 0) / 100)
            end
        ) as decimal(18, 4)
    ) as net_amount,
    try_cast(
        case
            when coalesce(halo_money(n.line.quantity), 0) = 0 then 0
            else wide(halo_money(n.line.costprice)) * halo_money(n.line.quantity)
        end as decimal(18, 4)
    ) as cost_amount,
    coalesce(halo_int(n.line.billingperiod), 0) as billing_period,
    halo_bool(n.line.isgroupdesc) as is_group_heading,
    halo_id(n.line.project_id) as project_id,
    halo_id(n.line.quotation_line_id) as quotation_line_id
from numbered as n

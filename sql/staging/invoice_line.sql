-- Lines of posted invoices with the ticket whose work they bill: the line's own, else the invoice's, else that of the invoice which it credits.
-- Net is before tax, and below 0 on a credit note whatever its sign there.
-- grain: posted invoice x line
-- key: invoice_id, line_no
-- owner: platform
with line as (
    select
        i.invoice_id,
        i.posted_at_utc,
        i.currency,
        i.order_id as invoice_order_id,
        coalesce(i.ticket_id, c.ticket_id) as invoice_ticket_id,
        i.credited_invoice_id is not null as is_credit_note,
        i.batch_no as invoice_batch_no,
        unnest(
            from_json(
                r.payload,
                '{"lines":[{"ticket_id":"VARCHAR","net_amount":"VARCHAR","unit_price":"VARCHAR","qty_order":"VARCHAR","isgroupdesc":"VARCHAR",'
                || '"salesorder_line_id":"VARCHAR"}]}'
            ).lines
        ) as line,
        generate_subscripts(from_json(r.payload, '{"lines":["JSON"]}').lines, 1) as line_no
    from staging.invoice as i
    inner join raw.invoice as r on i.invoice_id = halo_int(r.row_key) and i.batch_no = r.batch_no and not r.is_deleted
    left join staging.invoice as c on i.credited_invoice_id = c.invoice_id
),

typed as (
    select
        l.invoice_id,
        l.line_no,
        l.invoice_batch_no,
        l.posted_at_utc,
        l.currency,
        coalesce(halo_id(l.line.ticket_id), l.invoice_ticket_id) as ticket_id,
        coalesce(halo_id(l.line.salesorder_line_id), l.invoice_order_id) as order_id,
        halo_id(l.line.salesorder_line_id) is not null as is_order_line,
        l.is_credit_note,
        cast(
            coalesce(
                halo_money(l.line.net_amount), wide(halo_money(l.line.unit_price)) * coalesce(halo_money(l.line.qty_order), 1), 0
            ) as decimal(18, 4)
        ) as net_amount
    from line as l
    where not halo_bool(l.line.isgroupdesc)
)

select
    t.invoice_id,
    t.line_no,
    t.posted_at_utc,
    t.currency,
    t.ticket_id,
    t.order_id,
    t.is_order_line,
    t.is_credit_note or t.net_amount < 0 as is_credit,
    case when t.is_credit_note then -abs(t.net_amount) else t.net_amount end as net_amount
from typed as t
left join staging.reused_id as u on t.ticket_id = u.ticket_id
where u.since_batch is null or t.invoice_batch_no >= u.since_batch

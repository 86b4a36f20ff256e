-- Lines of posted invoices with the ticket whose work they bill: the line's own, else the invoice's. Net is before tax.
-- grain: posted invoice x line
-- key: invoice_id, line_no
-- owner: platform
with line as (
    select
        i.invoice_id,
        i.posted_at_utc,
        i.currency,
        i.ticket_id as invoice_ticket_id,
        i.batch_no as invoice_batch_no,
        unnest(
            from_json(
                r.payload,
                '{"lines":[{"ticket_id":"VARCHAR","net_amount":"VARCHAR","unit_price":"VARCHAR","qty_order":"VARCHAR","isgroupdesc":"VARCHAR"}]}'
            ).lines
        ) as line,
        generate_subscripts(from_json(r.payload, '{"lines":["JSON"]}').lines, 1) as line_no
    from staging.invoice as i
    inner join raw.invoice as r on i.invoice_id = halo_int(r.row_key) and i.batch_no = r.batch_no and not r.is_deleted
)

select
    l.invoice_id,
    l.line_no,
    l.posted_at_utc,
    l.currency,
    coalesce(halo_id(l.line.ticket_id), l.invoice_ticket_id) as ticket_id,
    cast(
        coalesce(
            halo_money(l.line.net_amount), halo_money(l.line.unit_price) * coalesce(halo_money(l.line.qty_order), 1), 0
        ) as decimal(18, 4)
    ) as net_amount
from line as l
left join staging.reused_id as u on coalesce(halo_id(l.line.ticket_id), l.invoice_ticket_id) = u.ticket_id
where not halo_bool(l.line.isgroupdesc) and (u.since_batch is null or l.invoice_batch_no >= u.since_batch)

-- Every version of every sales order's header.
-- grain: sales order x night on which it changed
-- key: order_id, batch_no
-- owner: platform
with seen as (
    select
        r.batch_no,
        b.as_of_utc as seen_at_utc,
        from_json(
            r.payload,
            '{"id":"VARCHAR","ticket_id":"VARCHAR","quotation_id":"VARCHAR","currency_code_name":"VARCHAR","currency":"VARCHAR"}'
        ) as fields
    from raw.sales_order as r
    inner join raw.batch as b on r.batch_no = b.batch_no
    where b.as_of_utc <= cast($as_of as timestamp)
)

select
    halo_int(s.fields.id) as order_id,
    s.batch_no,
    s.seen_at_utc,
    halo_id(s.fields.ticket_id) as opportunity_id,
    halo_id(s.fields.quotation_id) as quotation_id,
    coalesce(upper(halo_text(s.fields.currency_code_name)), upper(halo_text(s.fields.currency))) as currency
from seen as s

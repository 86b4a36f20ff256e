-- Posted invoices as last seen; drafts, voided and deleted ones have billed nothing, and templates of recurring ones have negative ids.
-- grain: posted invoice
-- key: invoice_id
-- owner: platform
with seen as (
    select
        r.row_key,
        r.batch_no,
        b.as_of_utc as seen_at_utc,
        r.is_deleted,
        json_type(r.payload, '$.lines') = 'ARRAY' as has_lines,
        from_json(
            r.payload,
            '{"id":"VARCHAR","posted":"VARCHAR","voided":"VARCHAR","dateposted":"VARCHAR","invoice_date":"VARCHAR","ticket_id":"VARCHAR",'
            || '"currency_code_name":"VARCHAR","currency":"VARCHAR",'
            || '"invoicenumber":"VARCHAR","salesorder_id":"VARCHAR","creditlinkedtoinvoiceid":"VARCHAR"}'
        ) as fields
    from raw.invoice as r
    inner join raw.batch as b on r.batch_no = b.batch_no
    where b.as_of_utc <= cast($as_of as timestamp)
),

judged as (
    select
        s.*,
        not s.is_deleted
        and not halo_bool(s.fields.voided)
        and (halo_bool(s.fields.posted) or (s.fields.posted is null and halo_utc(s.fields.dateposted) is not null)) as is_posted
    from seen as s
),

newest as (
    select
        *,
        min(case when is_posted then seen_at_utc end) over (partition by row_key) as posted_seen_at_utc
    from judged
    qualify row_number() over (partition by row_key order by batch_no desc, is_deleted asc) = 1
)

select
    halo_int(n.fields.id) as invoice_id,
    n.batch_no,
    coalesce(halo_utc(n.fields.dateposted), halo_utc(n.fields.invoice_date), n.posted_seen_at_utc) as posted_at_utc,
    halo_id(n.fields.ticket_id) as ticket_id,
    coalesce(upper(halo_text(n.fields.currency_code_name)), upper(halo_text(n.fields.currency))) as currency,
    halo_text(n.fields.invoicenumber) as invoice_number,
    halo_id(n.fields.salesorder_id) as order_id,
    halo_id(n.fields.creditlinkedtoinvoiceid) as credited_invoice_id,
    coalesce(n.has_lines, false) as has_lines
from newest as n
where n.is_posted and halo_id(n.fields.id) is not null

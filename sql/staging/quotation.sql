-- Every version of every quotation's header.
-- grain: quotation x night on which it changed
-- key: quotation_id, batch_no
-- owner: platform
with seen as (
    select
        b.whole_batch_no as batch_no,
        r.batch_no as landed_batch_no,
        b.as_of_utc as seen_at_utc,
        r.is_deleted,
        from_json(
            r.payload,
            '{"id":"VARCHAR","ticket_id":"VARCHAR","status":"VARCHAR","original_revised_from_id":"VARCHAR","_revision_from_id":"VARCHAR",'
            || '"currency_code_name":"VARCHAR","currency":"VARCHAR","approvaldatetime":"VARCHAR","approvalname":"VARCHAR"}'
        ) as fields
    from raw.quotation as r
    inner join staging.night as b on r.batch_no = b.batch_no
    left join staging.reused_id as u on u.entity = 'quotation' and r.row_key = u.row_key
    where b.as_of_utc <= cast($as_of as timestamp) and is_of_record(r.batch_no, r.is_deleted, u.since_batch)
    qualify row_number() over (partition by r.row_key, b.whole_batch_no order by r.batch_no desc, r.is_deleted asc) = 1
)

select
    halo_int(s.fields.id) as quotation_id,
    s.batch_no,
    s.seen_at_utc,
    s.is_deleted,
    case when t.since_batch is null or s.landed_batch_no >= t.since_batch then halo_id(s.fields.ticket_id) end as opportunity_id,
    halo_int(s.fields.status) as status,
    coalesce(halo_id(s.fields.original_revised_from_id), halo_id(s.fields._revision_from_id)) as revised_from_id,
    coalesce(upper(halo_text(s.fields.currency_code_name)), upper(halo_text(s.fields.currency))) as currency,
    -- When and by whom it was accepted: that the client's acceptance fills these is a guess of the public sources.
    halo_utc(s.fields.approvaldatetime) as accepted_at_utc,
    halo_text(s.fields.approvalname) as accepted_by
from seen as s
-- What was quoted for a ticket whose id is another ticket's now belongs to nobody.
left join staging.reused_id as t on halo_id(s.fields.ticket_id) = t.ticket_id

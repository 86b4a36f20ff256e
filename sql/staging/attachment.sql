-- The documents that were seen on tickets and on quotations that were signed, each from its first night on: one that is taken away is not
-- noticed. What a list row hangs on is told by its type (0 ticket, 66 signed quotation) and that record's id.
-- grain: document
-- key: attachment_id
-- owner: platform
with seen as (
    select
        r.row_key,
        b.whole_batch_no as batch_no,
        r.batch_no as landed_batch_no,
        r.is_deleted,
        from_json(
            r.payload,
            '{"id":"VARCHAR","type":"VARCHAR","unique_id":"VARCHAR","ticket_id":"VARCHAR","faultid":"VARCHAR","filename":"VARCHAR"}'
        ) as fields
    from raw.attachment as r
    inner join staging.night as b on r.batch_no = b.batch_no
    where b.as_of_utc <= cast($as_of as timestamp)
),

newest as (
    select
        *,
        min(batch_no) over (partition by row_key) as first_batch,
        min(landed_batch_no) over (partition by row_key) as first_landed_batch
    from seen
    qualify row_number() over (partition by row_key order by landed_batch_no desc, is_deleted asc) = 1
),

placed as (
    select
        halo_int(n.fields.id) as attachment_id,
        n.first_batch,
        n.first_landed_batch,
        case halo_int(n.fields.type) when 0 then 'deal' when 66 then 'quotation' end as place,
        halo_text(n.fields.filename) as file_name,
        case
            when halo_int(n.fields.type) = 0
                then coalesce(halo_id(n.fields.unique_id), halo_id(n.fields.ticket_id), halo_id(n.fields.faultid))
            else halo_id(n.fields.unique_id)
        end as record_id
    from newest as n
    where not n.is_deleted
)

select
    p.attachment_id,
    p.first_batch,
    p.place,
    p.file_name,
    case when p.place = 'deal' then p.record_id end as opportunity_id,
    case when p.place = 'quotation' then p.record_id end as quotation_id
from placed as p
-- A document of a record whose id is another record's now belongs to nobody.
left join staging.reused_id as u
    on
        u.entity = case when p.place = 'deal' then 'opportunity' else 'quotation' end
        and u.row_key = cast(p.record_id as varchar)
where
    p.attachment_id is not null
    and p.place is not null
    and p.record_id is not null
    and p.file_name is not null
    and (u.since_batch is null or p.first_landed_batch >= u.since_batch)

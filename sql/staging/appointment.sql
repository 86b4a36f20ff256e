-- Appointments on tickets as last seen, with the first night that saw each, and saw it completed. A deleted one is gone unless it was held.
-- One that got another id by being changed (H: TopLeft #71) was first seen as what stood on that ticket at that time before.
-- grain: appointment
-- key: appointment_id
-- owner: platform
with seen as (
    select
        r.batch_no,
        b.as_of_utc as seen_at_utc,
        r.is_deleted,
        from_json(
            r.payload,
            '{"id":"VARCHAR","ticket_id":"VARCHAR","appointment_type_name":"VARCHAR","start_date":"VARCHAR","complete_status":"VARCHAR"}'
        ) as fields
    from raw.appointment as r
    inner join raw.batch as b on r.batch_no = b.batch_no
    where b.as_of_utc <= cast($as_of as timestamp)
),

newest as (
    select
        *,
        least(
            min(seen_at_utc) over (partition by fields.id),
            min(seen_at_utc) over (partition by fields.ticket_id, fields.appointment_type_name, fields.start_date)
        ) as first_seen_at_utc,
        min(case when coalesce(halo_int(fields.complete_status), 0) >= 1 then seen_at_utc end)
            over (partition by fields.id) as completed_seen_at_utc
    from seen
    qualify row_number() over (partition by fields.id order by batch_no desc, is_deleted asc) = 1
)

select
    halo_int(n.fields.id) as appointment_id,
    halo_id(n.fields.ticket_id) as ticket_id,
    folded(n.fields.appointment_type_name) as type_name,
    halo_utc(n.fields.start_date) as starts_at_utc,
    -- 1 and above is completed: a guess of the public sources.
    coalesce(halo_int(n.fields.complete_status), 0) >= 1 as is_completed,
    n.first_seen_at_utc,
    n.completed_seen_at_utc
from newest as n
left join staging.reused_id as u on halo_id(n.fields.ticket_id) = u.ticket_id
where
    (not n.is_deleted or coalesce(halo_int(n.fields.complete_status), 0) >= 1)
    and (u.since_batch is null or n.batch_no >= u.since_batch)

-- Every version of every approval asked of somebody.
-- grain: ticket x approval sequence x night on which it changed
-- key: ticket_id, seq, batch_no
-- owner: platform
with seen as (
    select
        b.whole_batch_no as batch_no,
        r.batch_no as landed_batch_no,
        b.as_of_utc as seen_at_utc,
        r.is_deleted,
        from_json(
            r.payload,
            '{"ticket_id":"VARCHAR","seq":"VARCHAR","result":"VARCHAR","agent_id":"VARCHAR","datetime":"VARCHAR",'
            || '"dateapproved":"VARCHAR","step_name":"VARCHAR"}'
        ) as fields
    from raw.approval as r
    inner join staging.night as b on r.batch_no = b.batch_no
    left join staging.reused_id as u on u.entity = 'approval' and r.row_key = u.row_key
    where b.as_of_utc <= cast($as_of as timestamp) and is_of_record(r.batch_no, r.is_deleted, u.since_batch)
    qualify row_number() over (partition by r.row_key, b.whole_batch_no order by r.batch_no desc, r.is_deleted asc) = 1
)

select
    halo_int(s.fields.ticket_id) as ticket_id,
    halo_int(s.fields.seq) as seq,
    s.batch_no,
    s.seen_at_utc,
    s.is_deleted,
    folded(s.fields.step_name) as step_name,
    halo_int(s.fields.result) as result,
    halo_id(s.fields.agent_id) as agent_id,
    halo_utc(s.fields.datetime) as requested_at_utc,
    halo_utc(s.fields.dateapproved) as decided_at_utc
from seen as s
left join staging.reused_id as t on halo_int(s.fields.ticket_id) = t.ticket_id
where t.since_batch is null or s.landed_batch_no >= t.since_batch

-- Every version of every opportunity, project, task and change request that a night saw, typed; a deletion is a version too.
-- grain: ticket x night on which its payload changed
-- key: entity, ticket_id, batch_no
-- owner: platform
with opportunity as (
    select 'opportunity' as entity, r.row_key, r.batch_no, r.is_deleted, r.payload
    from raw.opportunity as r
),

project as (
    select 'project' as entity, r.row_key, r.batch_no, r.is_deleted, r.payload
    from raw.project as r
),

change_request as (
    select 'change_request' as entity, r.row_key, r.batch_no, r.is_deleted, r.payload
    from raw.change_request as r
),

every_ticket as (
    select * from opportunity
    union all
    select * from project
    union all
    select * from change_request
),

seen as (
    select
        t.entity,
        b.whole_batch_no as batch_no,
        t.batch_no as landed_batch_no,
        b.as_of_utc as seen_at_utc,
        t.is_deleted,
        t.payload,
        from_json(
            t.payload,
            '{"id":"VARCHAR","summary":"VARCHAR","tickettype_id":"VARCHAR","status_id":"VARCHAR","client_id":"VARCHAR",'
            || '"site_id":"VARCHAR","agent_id":"VARCHAR","team":"VARCHAR","parent_id":"VARCHAR","merged_into_id":"VARCHAR","dateoccurred":"VARCHAR",'
            || '"dateclosed":"VARCHAR","oppconverteddate":"VARCHAR"}'
        ) as fields
    from every_ticket as t
    inner join staging.night as b on t.batch_no = b.batch_no
    left join staging.reused_id as u on t.entity = u.entity and t.row_key = u.row_key
    where b.as_of_utc <= cast($as_of as timestamp) and is_of_record(t.batch_no, t.is_deleted, u.since_batch)
    qualify row_number() over (partition by t.entity, t.row_key, b.whole_batch_no order by t.batch_no desc, t.is_deleted asc) = 1
)

select
    s.entity,
    halo_int(s.fields.id) as ticket_id,
    s.batch_no,
    s.seen_at_utc,
    s.is_deleted,
    coalesce(halo_text(s.fields.summary), '(no title)') as title,
    halo_int(s.fields.tickettype_id) as ticket_type_id,
    halo_int(s.fields.status_id) as status_id,
    -- Client 1 is HaloPSA's "unknown".
    coalesce(case when halo_id(s.fields.client_id) > 1 then halo_id(s.fields.client_id) end, p.client_id) as client_id,
    halo_id(s.fields.agent_id) as agent_id,
    halo_text(s.fields.team) as team,
    halo_id(s.fields.parent_id) as parent_id,
    halo_id(s.fields.merged_into_id) as merged_into_id,
    halo_utc(s.fields.dateoccurred) as opened_at_utc,
    halo_utc(s.fields.dateclosed) as closed_at_utc,
    halo_utc(s.fields.oppconverteddate) as converted_at_utc,
    s.payload
from seen as s
left join staging.site as p on halo_id(s.fields.site_id) = p.site_id
where halo_int(s.fields.id) is not null

-- Hours that tickets were given, by kind of work, from night to night: out of the tickets' details, and in bulk where the tenant grants
-- reporting. Rows that hold no hours (HaloPSA's -9999) are left out.
-- grain: source x budget row x stretch of nights
-- key: source, ticket_id, budget_id, valid_from_batch
-- owner: platform
with detail as (
    select
        halo_int(r.payload ->> '$.id') as ticket_id,
        r.batch_no as valid_from_batch,
        lead(r.batch_no) over (partition by r.row_key order by r.batch_no) as valid_to_batch,
        from_json(r.payload, '{"budgets":[{"id":"VARCHAR","hours":"VARCHAR"}]}').budgets as budget_list
    from raw.ticket_detail as r
    inner join raw.batch as b on r.batch_no = b.batch_no
    where b.as_of_utc <= cast($as_of as timestamp) and not r.is_deleted
),

detail_row as (
    select
        d.ticket_id,
        d.valid_from_batch,
        d.valid_to_batch,
        unnest(d.budget_list) as budget,
        generate_subscripts(d.budget_list, 1) as position
    from detail as d
),

reported as (
    select
        r.batch_no as valid_from_batch,
        lead(r.batch_no) over (partition by r.row_key order by r.batch_no asc, r.is_deleted desc) as valid_to_batch,
        r.is_deleted,
        from_json(r.payload, '{"id":"VARCHAR","ticket_id":"VARCHAR","hours":"VARCHAR"}') as fields
    from raw.budget as r
    inner join raw.batch as b on r.batch_no = b.batch_no
    where b.as_of_utc <= cast($as_of as timestamp)
),

every_row as (
    select
        'detail' as source,
        d.ticket_id,
        -- A row without an id of its own is known by its place.
        coalesce(halo_id(d.budget.id), -d.position) as budget_id,
        d.valid_from_batch,
        d.valid_to_batch,
        halo_hours(d.budget.hours) as hours
    from detail_row as d
    union all
    select
        'report' as source,
        halo_int(r.fields.ticket_id) as ticket_id,
        halo_int(r.fields.id) as budget_id,
        r.valid_from_batch,
        r.valid_to_batch,
        halo_hours(r.fields.hours) as hours
    from reported as r
    where not r.is_deleted
)

select
    e.source,
    e.ticket_id,
    e.budget_id,
    e.valid_from_batch,
    e.valid_to_batch,
    e.hours
from every_row as e
left join staging.reused_id as u on e.ticket_id = u.ticket_id
where e.ticket_id > 0 and e.hours > 0 and (u.since_batch is null or e.valid_from_batch >= u.since_batch)
qualify row_number() over (partition by e.source, e.ticket_id, e.budget_id, e.valid_from_batch order by e.hours desc) = 1

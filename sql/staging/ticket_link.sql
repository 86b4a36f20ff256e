-- How tickets hang together besides their parents, as last seen in their details: created from another, or related (both ways).
-- grain: ticket x other ticket x kind of link
-- key: ticket_id, linked_id, link_kind
-- owner: platform
with newest as (
    select
        r.batch_no,
        from_json(r.payload, '{"id":"VARCHAR","createdfrom_id":"VARCHAR","related_tickets":[{"id":"VARCHAR"}]}') as fields
    from raw.ticket_detail as r
    inner join raw.batch as b on r.batch_no = b.batch_no
    where b.as_of_utc <= cast($as_of as timestamp)
    qualify row_number() over (partition by r.row_key order by r.batch_no desc, r.is_deleted asc) = 1
),

detail as (
    select
        halo_int(n.fields.id) as ticket_id,
        halo_id(n.fields.createdfrom_id) as created_from_id,
        n.fields.related_tickets as related_list
    from newest as n
    left join staging.reused_id as u on halo_int(n.fields.id) = u.ticket_id
    where u.since_batch is null or n.batch_no >= u.since_batch
),

related as (
    select
        d.ticket_id,
        halo_id(unnest(d.related_list).id) as other_id
    from detail as d
)

select
    d.ticket_id,
    d.created_from_id as linked_id,
    'created_from' as link_kind
from detail as d
where d.created_from_id is not null
union
select
    r.ticket_id,
    r.other_id as linked_id,
    'related' as link_kind
from related as r
where r.other_id is not null
union
select
    r.other_id as ticket_id,
    r.ticket_id as linked_id,
    'related' as link_kind
from related as r
where r.other_id is not null

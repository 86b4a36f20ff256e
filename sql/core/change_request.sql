-- Change requests as last seen, with their project (by parent, else a related ticket, else the one they were created from, each climbing
-- from task to project), their state and when it was decided. One that was deleted undecided is withdrawn; one without a project is left out.
-- grain: change request
-- key: change_id
-- owner: project manager
with field as (
    select
        f.ticket_id,
        f.batch_no,
        max(case when f.meaning = 'decided' then halo_utc(f.value) end) as decided_at_utc,
        max(case when f.meaning = 'price' then halo_money(f.value) end) as price,
        max(case when f.meaning = 'hours' then halo_hours(f.value) end) as declared_hours,
        max(case when f.meaning = 'origin' then folded(f.shown) end) as origin_label
    from staging.ticket_field as f
    where f.entity = 'change_request'
    group by f.ticket_id, f.batch_no
),

version as (
    select
        t.ticket_id as change_id,
        t.batch_no,
        t.seen_at_utc,
        t.is_deleted,
        t.client_id,
        t.opened_at_utc,
        f.decided_at_utc,
        f.price,
        f.declared_hours,
        f.origin_label,
        case
            when n.meaning = 'change_approved_status' then 'approved'
            when n.meaning = 'change_rejected_status' then 'rejected'
            when n.meaning = 'change_withdrawn_status' or t.is_deleted then 'withdrawn'
            else 'raised'
        end as state
    from staging.ticket as t
    inner join staging.ticket_type as y on t.ticket_type_id = y.ticket_type_id
    inner join policy.name_list as kind on kind.meaning = 'change_request_type' and y.ticket_type_name = kind.name
    left join staging.status as s on t.status_id = s.status_id
    left join policy.name_list as n
        on
            s.status_name = n.name
            and n.meaning in ('change_approved_status', 'change_rejected_status', 'change_withdrawn_status')
    left join field as f on t.ticket_id = f.ticket_id and t.batch_no = f.batch_no
    where t.entity = 'change_request'
),

newest as (
    select
        v.*,
        min(v.seen_at_utc) over (partition by v.change_id, v.state) as state_seen_at_utc,
        min(v.seen_at_utc) over (partition by v.change_id) as first_seen_at_utc
    from version as v
    qualify row_number() over (partition by v.change_id order by v.batch_no desc) = 1
),

link as (
    select
        l.ticket_id as change_id,
        min(case when l.link_kind = 'related' then p.project_id end) as related_project_id,
        min(case when l.link_kind = 'created_from' then p.project_id end) as source_project_id
    from staging.ticket_link as l
    inner join core.ticket_project as p on l.linked_id = p.ticket_id
    group by l.ticket_id
)

select
    n.change_id,
    n.client_id,
    coalesce(p.project_id, l.related_project_id, l.source_project_id) as project_id,
    case
        when p.project_id is not null then 'parent'
        when l.related_project_id is not null then 'related'
        when l.source_project_id is not null then 'created_from'
    end as link_kind,
    n.state,
    coalesce(n.opened_at_utc, n.first_seen_at_utc) as raised_at_utc,
    case when n.state != 'raised' then coalesce(n.decided_at_utc, n.state_seen_at_utc) end as decided_at_utc,
    n.price,
    n.declared_hours,
    coalesce(o.origin, 'unknown') as origin
from newest as n
left join core.ticket_project as p on n.change_id = p.ticket_id
left join link as l on n.change_id = l.change_id
left join policy.change_origin as o on n.origin_label = o.label
-- Nobody can link a change that is gone: it is not counted as unlinked.
where not n.is_deleted or coalesce(p.project_id, l.related_project_id, l.source_project_id) is not null

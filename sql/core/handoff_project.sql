-- Each project as last seen, with the deal it belongs to: its parent opportunity, else the one that it was created from, else the one whose
-- sales order line names it (a deleted order only where no living one does).
-- grain: project
-- key: project_id
-- owner: project manager
with order_link as (
    select
        l.project_id,
        coalesce(min(case when not o.is_deleted then o.opportunity_id end), min(o.opportunity_id)) as opportunity_id
    from core.order_history as o
    inner join staging.sales_order_line as l on o.order_id = l.order_id and o.valid_from_batch = l.batch_no
    where o.is_current and l.project_id is not null and o.opportunity_id is not null
    group by l.project_id
),

opportunity as (
    select v.opportunity_id
    from core.opportunity_history as v
    where v.is_current
),

first_seen as (
    select
        p.project_id,
        min(p.valid_from_utc) as first_seen_at_utc,
        min(case when p.is_cancelled then p.valid_from_utc end) as cancelled_seen_at_utc,
        max(case when p.is_deleted and p.is_current then p.valid_from_utc end) as deleted_at_utc
    from core.project_history as p
    group by p.project_id
),

linked as (
    select
        p.project_id,
        p.title,
        p.client_id,
        p.agent_id,
        p.team,
        p.kickoff_recorded,
        coalesce(p.opened_at_utc, f.first_seen_at_utc) as created_at_utc,
        case when not p.is_cancelled then p.closed_at_utc end as closed_at_utc,
        case when p.is_cancelled then coalesce(p.closed_at_utc, f.cancelled_seen_at_utc) end as cancelled_at_utc,
        p.is_cancelled,
        p.is_deleted,
        f.deleted_at_utc,
        f.first_seen_at_utc,
        coalesce(parent.opportunity_id, source.opportunity_id, o.opportunity_id) as opportunity_id,
        case
            when coalesce(parent.opportunity_id, source.opportunity_id) is not null then 'opportunity'
            when o.opportunity_id is not null then 'sales_order'
            else 'no_opportunity'
        end as origin
    from core.project_history as p
    inner join first_seen as f on p.project_id = f.project_id
    left join opportunity as parent on p.parent_id = parent.opportunity_id
    left join staging.ticket_link as made on p.project_id = made.ticket_id and made.link_kind = 'created_from'
    left join opportunity as source on made.linked_id = source.opportunity_id
    left join order_link as o on p.project_id = o.project_id
    where p.is_current
)

select
    l.* exclude (opportunity_id, client_id, agent_id),
    l.client_id,
    l.agent_id,
    h.handoff_id,
    h.handoff_id is not null
    and row_number() over (partition by h.handoff_id order by l.is_cancelled or l.is_deleted, l.project_id) = 1 as is_first
from linked as l
left join core.handoff as h on l.opportunity_id = h.handoff_id

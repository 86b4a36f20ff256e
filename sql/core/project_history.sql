-- What was known of each project, from night to night (SCD2). Tasks are not projects.
-- grain: project x stretch of nights
-- key: project_id, valid_from_batch
-- owner: platform
with field as (
    select
        f.ticket_id,
        f.batch_no,
        max(case when f.meaning = 'kickoff_recorded' then halo_day(f.value, p.time_zone) end) as kickoff_recorded,
        max(case when f.meaning = 'feasibility' then f.stored end) as feasibility,
        max(case when f.meaning = 'resource_plan' then f.stored end) as resource_plan
    from staging.ticket_field as f
    cross join policy.setting as p
    where f.entity = 'project'
    group by f.ticket_id, f.batch_no
),

version as (
    select
        t.ticket_id as project_id,
        t.batch_no,
        t.seen_at_utc,
        t.is_deleted,
        t.title,
        t.client_id,
        t.agent_id,
        t.team,
        t.parent_id,
        t.opened_at_utc,
        t.closed_at_utc,
        coalesce(s.status_name in (select n.name from policy.name_list as n where n.meaning = 'cancelled_status'), false) as is_cancelled,
        coalesce(s.status_name in (select n.name from policy.name_list as n where n.meaning = 'client_hold_status'), false)
        and not t.is_deleted as is_on_client_hold,
        f.kickoff_recorded,
        f.feasibility,
        f.resource_plan
    from staging.ticket as t
    inner join staging.ticket_type as y on t.ticket_type_id = y.ticket_type_id
    inner join policy.name_list as kind on kind.meaning = 'project_type' and y.ticket_type_name = kind.name
    left join staging.status as s on t.status_id = s.status_id
    left join field as f on t.ticket_id = f.ticket_id and t.batch_no = f.batch_no
    where t.entity = 'project'
),

changed as (
    select
        *,
        row(
            title, client_id, agent_id, team, parent_id, opened_at_utc, closed_at_utc, is_cancelled, is_deleted,
            is_on_client_hold, kickoff_recorded, feasibility, resource_plan
        ) as tracked
    from version
    qualify tracked is distinct from lag(tracked) over (partition by project_id order by batch_no)
)

select
    * exclude (batch_no, seen_at_utc, tracked),
    batch_no as valid_from_batch,
    lead(batch_no) over (partition by project_id order by batch_no) as valid_to_batch,
    seen_at_utc as valid_from_utc,
    lead(seen_at_utc) over (partition by project_id order by batch_no) as valid_to_utc,
    lead(batch_no) over (partition by project_id order by batch_no) is null as is_current
from changed

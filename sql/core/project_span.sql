-- The weeks in which each project of a deal has margin rows: from its creation (its close, where that is earlier) to 13 weeks after its
-- close or the running week, and none from the day on which it was cancelled or deleted.
-- grain: project with a deal
-- key: project_id
-- owner: project manager
with lived as (
    select
        p.project_id,
        p.handoff_id,
        p.client_id,
        local_day(p.created_at_utc, s.time_zone) as created_day,
        local_day(p.closed_at_utc, s.time_zone) as closed_day,
        least(local_day(p.cancelled_at_utc, s.time_zone), local_day(p.deleted_at_utc, s.time_zone)) as gone_day,
        local_day(cast($as_of as timestamp), s.time_zone) as today
    from core.handoff_project as p
    cross join policy.setting as s
    where p.handoff_id is not null
)

select
    l.project_id,
    l.handoff_id,
    l.client_id,
    coalesce(k.kickoff_day, l.created_day) as active_from_day,
    l.closed_day,
    l.gone_day,
    week_of(least(l.created_day, l.closed_day)) as first_week,
    least(week_of(l.closed_day) + 91, week_of(l.today)) as last_week
from lived as l
left join core.project_kickoff as k on l.project_id = k.project_id

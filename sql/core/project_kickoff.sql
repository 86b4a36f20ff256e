-- When each project was planned to kick off, since when that is known, and when it did.
-- grain: project
-- key: project_id
-- owner: project manager
with meeting as (
    select
        a.ticket_id as project_id,
        min(case when a.is_completed then a.starts_at_utc end) as held_at_utc,
        min(case when not a.is_completed then a.starts_at_utc end) as planned_at_utc,
        min(a.first_seen_at_utc) as seen_at_utc
    from staging.appointment as a
    inner join policy.name_list as n on n.meaning = 'kickoff_appointment_type' and a.type_name = n.name
    where a.starts_at_utc is not null
    group by a.ticket_id
)

select
    p.project_id,
    coalesce(m.held_at_utc, m.planned_at_utc) as scheduled_at_utc,
    m.seen_at_utc as schedule_seen_at_utc,
    coalesce(m.held_at_utc, local_noon_utc(p.kickoff_recorded, s.time_zone)) as kickoff_at_utc,
    -- A sign-off has to stand by this moment; where only a day is recorded, by the end of that day.
    coalesce(m.held_at_utc, local_end_utc(p.kickoff_recorded, s.time_zone)) as gate_at_utc,
    coalesce(local_day(m.held_at_utc, s.time_zone), p.kickoff_recorded) as kickoff_day
from core.handoff_project as p
cross join policy.setting as s
left join meeting as m on p.project_id = m.project_id

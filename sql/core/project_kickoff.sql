-- When each project was planned to kick off, since when that is known, when it did, and since when that is known.
-- grain: project
-- key: project_id
-- owner: project manager
with meeting as (
    select
        a.ticket_id as project_id,
        min(case when a.is_completed then a.starts_at_utc end) as held_at_utc,
        min(case when not a.is_completed then a.starts_at_utc end) as planned_at_utc,
        min(a.first_seen_at_utc) as seen_at_utc,
        min(case when a.is_completed then a.completed_seen_at_utc end) as held_seen_at_utc
    from staging.appointment as a
    inner join policy.name_list as n on n.meaning = 'kickoff_appointment_type' and a.type_name = n.name
    where a.starts_at_utc is not null
    group by a.ticket_id
),

milestone as (
    select
        m.ticket_id as project_id,
        min(m.planned_day) as planned_day,
        min(m.first_seen_at_utc) as seen_at_utc
    from staging.milestone as m
    inner join policy.name_list as n on n.meaning = 'kickoff_milestone' and m.milestone_name = n.name
    group by m.ticket_id
),

recorded as (
    select
        p.project_id,
        min(p.valid_from_utc) as seen_at_utc
    from core.project_history as p
    where p.kickoff_recorded is not null
    group by p.project_id
)

select
    p.project_id,
    -- A plan names a day; its noon stands for it.
    coalesce(m.held_at_utc, m.planned_at_utc, local_noon_utc(t.planned_day, s.time_zone)) as scheduled_at_utc,
    least(m.seen_at_utc, t.seen_at_utc) as schedule_seen_at_utc,
    coalesce(m.held_at_utc, local_noon_utc(p.kickoff_recorded, s.time_zone)) as kickoff_at_utc,
    -- A sign-off has to stand by this moment; where only a day is recorded, by the end of that day.
    coalesce(m.held_at_utc, local_end_utc(p.kickoff_recorded, s.time_zone)) as gate_at_utc,
    coalesce(local_day(m.held_at_utc, s.time_zone), p.kickoff_recorded) as kickoff_day,
    case
        when m.held_at_utc is not null then least(m.held_seen_at_utc, r.seen_at_utc)
        when p.kickoff_recorded is not null then r.seen_at_utc
    end as kickoff_seen_at_utc
from core.handoff_project as p
cross join policy.setting as s
left join meeting as m on p.project_id = m.project_id
left join milestone as t on p.project_id = t.project_id
left join recorded as r on p.project_id = r.project_id

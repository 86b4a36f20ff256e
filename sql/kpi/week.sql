-- The weeks that are reported: from the first event of any metric to the week of the as-of.
-- grain: ISO week
-- key: week_start
-- owner: service delivery lead
with today as (
    select local_day(cast($as_of as timestamp), s.time_zone) as day
    from policy.setting as s
),

event_day as (
    select c.won_day as day
    from kpi.handoff_cohort as c
    union all
    select c.committed_day
    from kpi.handoff_cohort as c
    cross join today as t
    where c.committed_day < t.day
    union all
    select c.kickoff_day
    from kpi.handoff_cohort as c
    union all
    select c.closed_day
    from kpi.project_cohort as c
    union all
    select local_day(r.decided_at_utc, s.time_zone)
    from core.change_request as r
    cross join policy.setting as s
    where r.project_id is not null and r.state = 'approved'
)

select distinct
    d.week_start,
    d.week_start + 6 as week_end,
    least(d.week_start + 6, t.day) as counted_to,
    t.day as today
from policy.calendar_day as d
cross join today as t
where d.day <= t.day and d.week_start >= (select week_of(min(e.day)) from event_day as e)

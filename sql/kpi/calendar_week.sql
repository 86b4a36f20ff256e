-- Every ISO week of the calendar that has begun by the newest night, and up to when what happened counts as of it: to its end, or to the night's as-of.
-- grain: ISO week
-- key: week_start
-- owner: platform
with today as (
    select
        local_day(n.as_of_utc, s.time_zone) as day,
        n.as_of_utc,
        s.time_zone
    from core.night as n
    cross join policy.setting as s
    where n.is_latest
)

select
    c.day as week_start,
    c.day + 6 as week_end,
    least(c.day + 6, t.day) as counted_to,
    least(local_end_utc(c.day + 6, t.time_zone), t.as_of_utc) as counted_to_utc,
    t.day as today
from policy.calendar_day as c
cross join today as t
where c.day = c.week_start and c.day <= t.day

-- The oldest week that may be reported: the first of the last 260 (policy.setting says how many), or of the window of a baseline in force
-- where that is earlier: charts and movements are held against it. A record of long ago makes no thousands of empty weeks.
-- grain: one row
-- key: week_start
-- owner: service delivery lead
with oldest as (
    select max(w.week_start) - 7 * (cast(max(s.reported_weeks) as integer) - 1) as week_start
    from kpi.calendar_week as w
    cross join policy.setting as s
    union all
    select min(week_of(b.window_start)) as week_start
    from kpi.kpi_baseline as b
    where b.is_current
)

select min(o.week_start) as week_start
from oldest as o

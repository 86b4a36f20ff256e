-- The weeks that are reported: from the first member of any metric to the week of the as-of, none older than may be reported.
-- grain: ISO week
-- key: week_start
-- owner: service delivery lead
select
    w.week_start,
    w.week_end,
    w.counted_to,
    w.today
from kpi.calendar_week as w
inner join kpi.oldest_week as o on w.week_start >= o.week_start
where w.week_start >= (select min(m.week_start) from kpi.kpi_member as m)

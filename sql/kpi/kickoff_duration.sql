-- Days from win to kickoff as of each week, for the deals won in the 13 weeks that end with it: how many kicked off on a day,
-- how many were censored on it (not started yet, or cancelled). Deals that kicked off before they were won are left out.
-- grain: week x segment x day
-- key: week_start, segment_type, segment, day
-- owner: service delivery lead
with member as (
    select
        w.week_start,
        c.segment_type,
        c.segment,
        c.kickoff_day is not null and c.kickoff_day <= w.counted_to as is_event,
        case
            when c.kickoff_day <= w.counted_to then date_diff('day', c.won_day, c.kickoff_day)
            when c.cancelled_day <= w.counted_to then greatest(date_diff('day', c.won_day, c.cancelled_day), 0)
            else date_diff('day', c.won_day, w.counted_to)
        end as day
    from kpi.week as w
    inner join kpi.handoff_cohort as c on c.won_day > w.week_end - 91 and c.won_day <= w.counted_to
    where c.kickoff_day is null or c.kickoff_day >= c.won_day
)

select
    m.week_start,
    m.segment_type,
    m.segment,
    m.day,
    count(*) filter (where m.is_event) as events,
    count(*) filter (where not m.is_event) as censored
from member as m
group by m.week_start, m.segment_type, m.segment, m.day

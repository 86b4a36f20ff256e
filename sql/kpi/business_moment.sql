-- Business seconds from the calendar's beginning to each moment that gaps and escalations are timed with: the business time between two
-- moments is the difference of theirs.
-- grain: moment
-- key: moment_utc
-- owner: service delivery lead
with moment as (
    select unnest([g.detected_at_utc, g.resolved_at_utc, g.first_escalated_at_utc, g.acknowledged_at_utc]) as moment_utc
    from marts.fact_gap as g
    union
    select unnest([d.first_escalated_at_utc, d.acknowledged_at_utc, d.closed_at_utc])
    from marts.fact_decision as d
    union
    select w.counted_to_utc
    from kpi.calendar_week as w
),

dated as (
    select
        m.moment_utc,
        local_day(m.moment_utc, s.time_zone) as day
    from moment as m
    cross join policy.setting as s
),

business_day as (
    select
        c.day,
        c.work_start_utc,
        c.work_end_utc,
        sum(date_diff('second', c.work_start_utc, c.work_end_utc)) over (order by c.day) as seconds_by_its_end
    from policy.calendar_day as c
)

select
    m.moment_utc,
    cast(
        d.seconds_by_its_end - greatest(date_diff('second', greatest(m.moment_utc, d.work_start_utc), d.work_end_utc), 0) as bigint
    ) as business_seconds
from dated as m
inner join business_day as d on m.day = d.day

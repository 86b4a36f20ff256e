-- Gaps as of each week, of those detected in the 13 weeks that end with it: how long they took to close, in business hours, and whether
-- those that were due by then were closed in time. Open ones are censored at the week's end, waived and moot ones when they became so.
-- grain: metric x week x gap
-- key: metric, week_start, record_key
-- owner: sales manager
with gap as (
    select
        g.gap_key,
        g.handoff_key,
        g.state,
        g.detected_at_utc,
        g.resolved_at_utc,
        g.due_at_utc,
        local_day(g.detected_at_utc, s.time_zone) as detected_day,
        local_day(g.resolved_at_utc, s.time_zone) as ended_day,
        g.source_url
    from marts.fact_gap as g
    cross join policy.setting as s
    inner join marts.dim_handoff as h on g.handoff_key = h.handoff_key
    where h.deal_state != 'deleted'
),

standing as (
    select
        w.week_start,
        w.counted_to_utc,
        g.gap_key,
        g.state = 'resolved' and g.ended_day <= w.counted_to as is_resolved,
        g.detected_at_utc,
        case when g.ended_day <= w.counted_to then g.resolved_at_utc else w.counted_to_utc end as until_utc
    from kpi.calendar_week as w
    inner join gap as g on g.detected_day > w.week_end - 91 and g.detected_day <= w.counted_to
),

counted as (
    select
        'gap_resolution_hours' as metric,
        s.week_start,
        s.gap_key,
        cast(null as text) as exclusion,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        cast(b.business_seconds - a.business_seconds as double) / 3600 as duration,
        coalesce(s.is_resolved, false) as is_event
    from standing as s
    inner join kpi.business_moment as a on s.detected_at_utc = a.moment_utc
    inner join kpi.business_moment as b on s.until_utc = b.moment_utc
    union all
    select
        'gap_within_sla_rate',
        s.week_start,
        s.gap_key,
        -- Nobody had to close it any more when it fell due.
        case when g.state in ('waived', 'moot') and g.resolved_at_utc <= g.due_at_utc then g.state end,
        cast(coalesce(g.state = 'resolved' and g.resolved_at_utc <= g.due_at_utc, false) as double),
        1,
        null,
        null
    from standing as s
    inner join gap as g on s.gap_key = g.gap_key
    where g.due_at_utc <= s.counted_to_utc
)

select
    m.metric,
    m.week_start,
    'gap' as record,
    g.gap_key as record_key,
    g.handoff_key,
    f.project_key,
    cast(null as text) as change_origin,
    g.detected_day as happened_on,
    m.exclusion,
    m.numerator,
    m.denominator,
    cast(null as double) as numerator_2,
    cast(null as double) as denominator_2,
    m.duration,
    m.is_event,
    g.source_url
from counted as m
inner join gap as g on m.gap_key = g.gap_key
inner join marts.fact_handoff as f on g.handoff_key = f.handoff_key

-- Changes and projects in the metrics of scope: approved changes in the week of their decision, over the projects active in the week or the
-- hours of base work on them; and projects closed in the 13 weeks to each week, with or without an approved change by then.
-- grain: metric x week x record
-- key: metric, week_start, record, record_key
-- owner: project manager
with approved as (
    select
        r.change_key,
        p.project_id,
        r.origin,
        local_day(r.decided_at_utc, s.time_zone) as decided_day,
        r.source_url
    from marts.fact_change_request as r
    cross join policy.setting as s
    inner join kpi.project_cohort as p on r.project_key = p.project_key
    where r.state = 'approved'
),

active as (
    select
        w.week_start,
        w.week_end,
        p.project_id,
        greatest(p.active_from_day, w.week_start) as happened_on
    from kpi.calendar_week as w
    inner join kpi.project_cohort as p
        on p.active_from_day <= w.counted_to and (p.ended_day is null or p.ended_day >= w.week_start)
),

-- Deleted time counts in the weeks that ended before it was seen to be gone.
logged as (
    select
        a.week_start,
        a.project_id,
        any_value(a.happened_on) as happened_on,
        cast(sum(t.hours) as double) as hours
    from active as a
    inner join core.time_entry as t
        on
            a.project_id = t.project_id
            and a.week_start = week_of(t.worked_day)
            and coalesce(t.removed_day > a.week_end, true)
    group by a.week_start, a.project_id
),

first_approved as (
    select
        a.project_id,
        min(a.decided_day) as decided_day
    from approved as a
    group by a.project_id
),

counted as (
    select
        k.metric,
        week_of(a.decided_day) as week_start,
        a.change_key,
        a.project_id,
        a.origin as change_origin,
        a.decided_day as happened_on,
        cast(k.each_counts as double) as numerator,
        cast(null as double) as denominator,
        a.source_url
    from approved as a
    cross join (values ('scope_change_frequency', 1), ('scope_changes_per_100h', 100)) as k (metric, each_counts)
    union all
    select
        'scope_change_frequency',
        a.week_start,
        null,
        a.project_id,
        null,
        a.happened_on,
        null,
        1,
        null
    from active as a
    union all
    select
        'scope_changes_per_100h',
        l.week_start,
        null,
        l.project_id,
        null,
        l.happened_on,
        null,
        l.hours,
        null
    from logged as l
    where l.hours > 0
    union all
    select
        'projects_with_change_rate',
        w.week_start,
        null,
        p.project_id,
        null,
        p.closed_day,
        cast(coalesce(a.decided_day <= w.counted_to, false) as double),
        1,
        null
    from kpi.calendar_week as w
    inner join kpi.project_cohort as p on p.closed_day > w.week_end - 91 and p.closed_day <= w.counted_to
    left join first_approved as a on p.project_id = a.project_id
    where p.is_won_deal or not p.has_deal
)

select
    m.metric,
    m.week_start,
    case when m.change_key is null then 'project' else 'change' end as record,
    coalesce(m.change_key, p.project_key) as record_key,
    p.handoff_key,
    p.project_key,
    m.change_origin,
    m.happened_on,
    cast(null as text) as exclusion,
    m.numerator,
    m.denominator,
    cast(null as double) as numerator_2,
    cast(null as double) as denominator_2,
    cast(null as double) as duration,
    cast(null as boolean) as is_event,
    coalesce(m.source_url, p.source_url) as source_url
from counted as m
inner join kpi.project_cohort as p on m.project_id = p.project_id

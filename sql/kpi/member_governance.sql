-- Decisions, approvals and overrides: decisions open at each week's end, approvals in the week of their decision, and overrides whose time had
-- run out at each week's end. An override that was closed does not say when, so it is in no week.
-- grain: metric x week x record
-- key: metric, week_start, record, record_key
-- owner: service delivery lead
with decision as (
    select
        d.decision_key,
        d.handoff_key,
        local_day(d.opened_at_utc, s.time_zone) as opened_day,
        d.due_at_utc,
        local_day(d.closed_at_utc, s.time_zone) as closed_day,
        d.source_url
    from marts.fact_decision as d
    cross join policy.setting as s
),

approval as (
    select
        a.approval_key,
        a.handoff_key,
        a.project_key,
        a.requested_at_utc,
        a.decided_at_utc,
        a.has_moments,
        local_day(a.decided_at_utc, s.time_zone) as decided_day,
        a.source_url
    from marts.fact_approval as a
    cross join policy.setting as s
    where a.result in ('accepted', 'rejected')
),

override as (
    select
        o.override_key,
        o.handoff_key,
        local_day(o.approved_at_utc, s.time_zone) as approved_day,
        o.expires_at_utc,
        local_day(o.expires_at_utc, s.time_zone) as expired_day,
        o.source_url
    from marts.fact_override as o
    cross join policy.setting as s
    where o.state in ('approved', 'expired')
),

counted as (
    select
        'decision_overdue_rate' as metric,
        w.week_start,
        'decision' as record,
        d.decision_key as record_key,
        d.handoff_key,
        cast(0 as bigint) as project_key,
        d.opened_day as happened_on,
        cast(null as text) as exclusion,
        cast(d.due_at_utc < w.counted_to_utc as double) as numerator,
        cast(1 as double) as denominator,
        d.source_url
    from decision as d
    inner join kpi.calendar_week as w on d.opened_day <= w.counted_to and coalesce(d.closed_day > w.counted_to, true)
    union all
    select
        'approval_under_a_minute_rate',
        week_of(a.decided_day),
        'approval',
        a.approval_key,
        a.handoff_key,
        a.project_key,
        a.decided_day,
        case
            when not a.has_moments then 'no_moment'
            when a.decided_at_utc < a.requested_at_utc then 'decided_before_request'
        end,
        cast(a.decided_at_utc <= a.requested_at_utc + interval 60 second as double),
        1,
        a.source_url
    from approval as a
    union all
    select
        'expired_overrides_open',
        w.week_start,
        'override',
        o.override_key,
        o.handoff_key,
        0,
        o.expired_day,
        null,
        1,
        null,
        o.source_url
    from override as o
    inner join kpi.calendar_week as w on o.approved_day <= w.counted_to and o.expires_at_utc < w.counted_to_utc
)

select
    m.metric,
    m.week_start,
    m.record,
    m.record_key,
    m.handoff_key,
    case when m.project_key != 0 then m.project_key else coalesce(f.project_key, 0) end as project_key,
    cast(null as text) as change_origin,
    m.happened_on,
    m.exclusion,
    m.numerator,
    m.denominator,
    cast(null as double) as numerator_2,
    cast(null as double) as denominator_2,
    cast(null as double) as duration,
    cast(null as boolean) as is_event,
    coalesce(m.source_url, d.source_url, '') as source_url
from counted as m
left join marts.fact_handoff as f on m.handoff_key = f.handoff_key
left join marts.dim_handoff as d on m.handoff_key = d.handoff_key and d.handoff_key != 0

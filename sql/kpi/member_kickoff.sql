-- Handoffs in the metrics of their kickoff: days from win to kickoff as of each week, for the deals won in the 13 weeks that end with it, and
-- kickoffs without sign-off or with a missed assumption, in the week of the kickoff.
-- Not started is censored on the week's last day, cancelled on the day of cancellation; a kickoff before the win is left out.
-- grain: metric x week x handoff
-- key: metric, week_start, record_key
-- owner: service delivery lead
with waiting as (
    select
        w.week_start,
        c.handoff_id,
        c.won_day as happened_on,
        case when c.kickoff_day < c.won_day then 'kickoff_before_won' end as exclusion,
        coalesce(c.kickoff_day <= w.counted_to, false) as is_event,
        case
            when c.kickoff_day <= w.counted_to then date_diff('day', c.won_day, c.kickoff_day)
            when c.cancelled_day <= w.counted_to then greatest(date_diff('day', c.won_day, c.cancelled_day), 0)
            else date_diff('day', c.won_day, w.counted_to)
        end as duration
    from kpi.calendar_week as w
    inner join kpi.handoff_cohort as c on c.won_day > w.week_end - 91 and c.won_day <= w.counted_to
),

-- What spoke of a missed assumption: a decision that found one false, or a change that the sale had left out.
missed as (
    select
        d.handoff_key,
        local_day(d.opened_at_utc, s.time_zone) as day
    from marts.fact_decision as d
    cross join policy.setting as s
    where d.kind = 'assumption' and d.is_assumption_false
    union all
    select
        r.handoff_key,
        local_day(r.raised_at_utc, s.time_zone) as day
    from marts.fact_change_request as r
    cross join policy.setting as s
    where r.origin = 'sales_gap'
),

first_missed as (
    select
        m.handoff_key,
        min(m.day) as day
    from missed as m
    group by m.handoff_key
),

counted as (
    select
        k.metric,
        w.week_start,
        w.handoff_id,
        w.happened_on,
        w.exclusion,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        cast(w.duration as double) as duration,
        w.is_event
    from waiting as w
    cross join (values ('days_to_kickoff_median'), ('kickoff_within_target')) as k (metric)
    union all
    select
        'kickoff_without_signoff',
        week_of(c.kickoff_day),
        c.handoff_id,
        c.kickoff_day,
        null,
        cast(c.kickoff_without_signoff as double),
        1,
        null,
        c.kickoff_without_signoff
    from kpi.handoff_cohort as c
    where c.kickoff_day is not null
    union all
    select
        'missed_assumption_rate',
        week_of(c.kickoff_day),
        c.handoff_id,
        c.kickoff_day,
        null,
        cast(coalesce(f.day <= c.kickoff_day + 56, false) as double),
        1,
        null,
        coalesce(f.day <= c.kickoff_day + 56, false)
    from kpi.handoff_cohort as c
    left join first_missed as f on c.handoff_key = f.handoff_key
    where c.kickoff_day is not null
)

select
    m.metric,
    m.week_start,
    'handoff' as record,
    c.handoff_key as record_key,
    c.handoff_key,
    c.project_key,
    cast(null as text) as change_origin,
    m.happened_on,
    m.exclusion,
    m.numerator,
    m.denominator,
    cast(null as double) as numerator_2,
    cast(null as double) as denominator_2,
    m.duration,
    m.is_event,
    c.source_url
from counted as m
inner join kpi.handoff_cohort as c on m.handoff_id = c.handoff_id

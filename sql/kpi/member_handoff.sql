-- Handoffs in the metrics that ask about a deal once: completeness, first-pass acceptance, kickoff delay, no commitment, overrides.
-- grain: metric x handoff
-- key: metric, record_key
-- owner: service delivery lead
with overridden as (
    select
        o.handoff_key,
        min(local_day(o.approved_at_utc, s.time_zone)) as first_approved_day
    from marts.fact_override as o
    cross join policy.setting as s
    where o.approved_at_utc is not null and o.state != 'refused'
    group by o.handoff_key
),

counted as (
    select
        'handoff_completeness' as metric,
        c.handoff_id,
        c.won_day as happened_on,
        case when c.score_at_won is null then 'no_score' end as exclusion,
        c.score_at_won as numerator
    from kpi.handoff_cohort as c
    union all
    select
        'first_pass_acceptance',
        c.handoff_id,
        c.first_decision_day,
        null,
        cast(c.accepted_first_pass as double)
    from kpi.handoff_cohort as c
    where c.first_decision_day is not null
    union all
    select
        'kickoff_delay_rate',
        c.handoff_id,
        c.committed_day,
        case when c.cancelled_day <= c.committed_day then 'cancelled' end,
        cast(coalesce(c.kickoff_day > c.committed_day, true) as double)
    from kpi.handoff_cohort as c
    where c.committed_day < (select max(w.today) from kpi.calendar_week as w)
    union all
    select
        'no_commit_rate',
        c.handoff_id,
        c.won_day,
        null,
        cast(coalesce(c.first_committed_seen_day > c.won_day + 56, true) as double)
    from kpi.handoff_cohort as c
    union all
    select
        'override_rate',
        c.handoff_id,
        c.won_day,
        null,
        cast(coalesce(o.first_approved_day <= c.won_day + 56, false) as double)
    from kpi.handoff_cohort as c
    left join overridden as o on c.handoff_key = o.handoff_key
)

select
    m.metric,
    week_of(m.happened_on) as week_start,
    'handoff' as record,
    c.handoff_key as record_key,
    c.handoff_key,
    c.project_key,
    cast(null as text) as change_origin,
    m.happened_on,
    m.exclusion,
    m.numerator,
    cast(1 as double) as denominator,
    cast(null as double) as numerator_2,
    cast(null as double) as denominator_2,
    cast(null as double) as duration,
    cast(null as boolean) as is_event,
    c.source_url
from counted as m
inner join kpi.handoff_cohort as c on m.handoff_id = c.handoff_id

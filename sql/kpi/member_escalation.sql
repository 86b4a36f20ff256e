-- Escalated gaps and decisions as of each week, of those escalated in the 13 weeks that end with it: business hours to acknowledgement.
-- Not acknowledged is censored at the week's end, or when the gap or the decision ended; acknowledged before it was escalated is left out.
-- grain: metric x week x escalation
-- key: metric, week_start, record_key
-- owner: service delivery lead
with escalated as (
    select
        g.gap_key as escalation_key,
        g.handoff_key,
        g.first_escalated_at_utc,
        g.acknowledged_at_utc,
        g.resolved_at_utc as ended_at_utc,
        g.source_url
    from marts.fact_gap as g
    inner join marts.dim_handoff as h on g.handoff_key = h.handoff_key
    where g.first_escalated_at_utc is not null and h.deal_state != 'deleted'
    union all
    select
        d.decision_key,
        d.handoff_key,
        d.first_escalated_at_utc,
        d.acknowledged_at_utc,
        d.closed_at_utc,
        coalesce(d.source_url, h.source_url, '')
    from marts.fact_decision as d
    left join marts.dim_handoff as h on d.handoff_key = h.handoff_key and h.handoff_key != 0
    where d.first_escalated_at_utc is not null
),

dated as (
    select
        e.escalation_key,
        e.handoff_key,
        e.first_escalated_at_utc,
        e.acknowledged_at_utc,
        e.ended_at_utc,
        local_day(e.first_escalated_at_utc, s.time_zone) as escalated_day,
        local_day(e.acknowledged_at_utc, s.time_zone) as acknowledged_day,
        local_day(e.ended_at_utc, s.time_zone) as ended_day,
        e.source_url
    from escalated as e
    cross join policy.setting as s
),

standing as (
    select
        w.week_start,
        d.escalation_key,
        d.handoff_key,
        d.escalated_day,
        d.first_escalated_at_utc,
        case when d.acknowledged_at_utc < d.first_escalated_at_utc then 'acknowledged_before' end as exclusion,
        coalesce(d.acknowledged_day <= w.counted_to, false) as is_event,
        case
            when d.acknowledged_day <= w.counted_to then d.acknowledged_at_utc
            when d.ended_day <= w.counted_to then greatest(d.ended_at_utc, d.first_escalated_at_utc)
            else w.counted_to_utc
        end as until_utc,
        d.source_url
    from kpi.calendar_week as w
    inner join dated as d on d.escalated_day > w.week_end - 91 and d.escalated_day <= w.counted_to
)

select
    'escalation_ack_hours' as metric,
    s.week_start,
    'escalation' as record,
    s.escalation_key as record_key,
    s.handoff_key,
    coalesce(f.project_key, 0) as project_key,
    cast(null as text) as change_origin,
    s.escalated_day as happened_on,
    s.exclusion,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as numerator_2,
    cast(null as double) as denominator_2,
    cast(b.business_seconds - a.business_seconds as double) / 3600 as duration,
    s.is_event,
    s.source_url
from standing as s
inner join kpi.business_moment as a on s.first_escalated_at_utc = a.moment_utc
inner join kpi.business_moment as b on s.until_utc = b.moment_utc
left join marts.fact_handoff as f on s.handoff_key = f.handoff_key

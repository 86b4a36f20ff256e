-- Time on change requests, of any state, that was older than the policy's billing lag and not billed at the end of each week.
-- Where not every invoice is known, nobody can say that it was not billed: it is left out.
-- grain: metric x week x time entry
-- key: metric, week_start, record_key
-- owner: project manager
select
    'unbilled_scope_hours' as metric,
    w.week_start,
    'time' as record,
    contract_key($tenant, 'time', u.ticket_id || ':' || u.action_id) as record_key,
    p.handoff_key,
    p.project_key,
    r.origin as change_origin,
    u.unbilled_from_day as happened_on,
    case when not u.is_billing_known then 'billing_unknown' end as exclusion,
    cast(u.hours as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as numerator_2,
    cast(null as double) as denominator_2,
    cast(null as double) as duration,
    cast(null as boolean) as is_event,
    r.source_url
from core.unbilled_change_hour as u
inner join kpi.calendar_week as w
    on
        u.unbilled_from_day <= w.counted_to
        and coalesce(u.billed_day > w.counted_to, true)
        and coalesce(u.removed_day > w.counted_to, true)
inner join kpi.project_cohort as p on u.project_id = p.project_id
inner join marts.fact_change_request as r on contract_key($tenant, 'change', u.change_id) = r.change_key

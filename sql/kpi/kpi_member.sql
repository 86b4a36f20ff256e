-- Which record counts where: every record that is in a metric's week, with what it adds to the figure, or why it is left out, and the segments
-- that it belongs to. kpi_weekly is summed from these rows, and `handoff explain kpi` reads them.
-- grain: metric x week x record
-- key: metric_key, week_start, record, record_key
-- owner: service delivery lead
with member as (
    select
        m.metric, m.week_start, m.record, m.record_key, m.handoff_key, m.project_key, m.change_origin, m.happened_on, m.exclusion,
        m.numerator, m.denominator, m.numerator_2, m.denominator_2, m.duration, m.is_event, m.source_url
    from kpi.member_handoff as m
    union all
    select
        m.metric, m.week_start, m.record, m.record_key, m.handoff_key, m.project_key, m.change_origin, m.happened_on, m.exclusion,
        m.numerator, m.denominator, m.numerator_2, m.denominator_2, m.duration, m.is_event, m.source_url
    from kpi.member_kickoff as m
    union all
    select
        m.metric, m.week_start, m.record, m.record_key, m.handoff_key, m.project_key, m.change_origin, m.happened_on, m.exclusion,
        m.numerator, m.denominator, m.numerator_2, m.denominator_2, m.duration, m.is_event, m.source_url
    from kpi.member_change as m
    union all
    select
        m.metric, m.week_start, m.record, m.record_key, m.handoff_key, m.project_key, m.change_origin, m.happened_on, m.exclusion,
        m.numerator, m.denominator, m.numerator_2, m.denominator_2, m.duration, m.is_event, m.source_url
    from kpi.member_margin as m
    union all
    select
        m.metric, m.week_start, m.record, m.record_key, m.handoff_key, m.project_key, m.change_origin, m.happened_on, m.exclusion,
        m.numerator, m.denominator, m.numerator_2, m.denominator_2, m.duration, m.is_event, m.source_url
    from kpi.member_time as m
    union all
    select
        m.metric, m.week_start, m.record, m.record_key, m.handoff_key, m.project_key, m.change_origin, m.happened_on, m.exclusion,
        m.numerator, m.denominator, m.numerator_2, m.denominator_2, m.duration, m.is_event, m.source_url
    from kpi.member_gap as m
    union all
    select
        m.metric, m.week_start, m.record, m.record_key, m.handoff_key, m.project_key, m.change_origin, m.happened_on, m.exclusion,
        m.numerator, m.denominator, m.numerator_2, m.denominator_2, m.duration, m.is_event, m.source_url
    from kpi.member_escalation as m
    union all
    select
        m.metric, m.week_start, m.record, m.record_key, m.handoff_key, m.project_key, m.change_origin, m.happened_on, m.exclusion,
        m.numerator, m.denominator, m.numerator_2, m.denominator_2, m.duration, m.is_event, m.source_url
    from kpi.member_governance as m
),

metric as (
    select
        k.metric,
        contract_key($tenant, 'metric', k.metric) as metric_key
    from policy.metric as k
)

select
    k.metric_key,
    m.week_start,
    date_key(m.week_start) as week_date_key,
    m.record,
    m.record_key,
    m.handoff_key,
    m.project_key,
    -- The client of the deal; of the project where there is no deal.
    case when m.handoff_key = 0 then coalesce(p.client_key, 0) else coalesce(f.client_key, 0) end as client_key,
    coalesce(f.sales_agent_key, 0) as sales_agent_key,
    f.sales_team,
    p.delivery_team,
    h.deal_type,
    h.service_template,
    m.change_origin,
    m.happened_on,
    m.exclusion is null as is_counted,
    m.exclusion,
    case when m.exclusion is null then m.numerator end as numerator,
    case when m.exclusion is null then m.denominator end as denominator,
    case when m.exclusion is null then m.numerator_2 end as numerator_2,
    case when m.exclusion is null then m.denominator_2 end as denominator_2,
    case when m.exclusion is null then m.duration end as duration,
    case when m.exclusion is null then m.is_event end as is_event,
    m.source_url
from member as m
inner join metric as k on m.metric = k.metric
-- What has not begun yet counts when it has.
inner join kpi.calendar_week as w on m.week_start = w.week_start
left join marts.fact_handoff as f on m.handoff_key = f.handoff_key
left join marts.dim_handoff as h on m.handoff_key = h.handoff_key and h.handoff_key != 0
left join kpi.project_cohort as p on m.project_key = p.project_key

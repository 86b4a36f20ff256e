-- Projects of won deals in the metrics of margin: closed ones in their week of closing, as of the Sunday 8 weeks later or the latest there
-- is; open ones as of each Sunday. Only a complete margin counts, any other state says why it does not.
-- grain: metric x week x project
-- key: metric, week_start, record_key
-- owner: project manager
with standing as (
    select
        'margin_erosion_pp' as metric,
        w.week_start,
        p.project_id,
        p.closed_day as happened_on,
        least(w.week_end + 56, week_of(w.today) + 6) as as_of_date
    from kpi.project_cohort as p
    inner join kpi.calendar_week as w on week_of(p.closed_day) = w.week_start
    where p.is_won_deal
    union all
    select
        'open_margin_erosion_pp',
        w.week_start,
        p.project_id,
        w.counted_to,
        w.week_end
    from kpi.project_cohort as p
    inner join marts.fact_project_margin as m on p.project_key = m.project_key and not m.is_delivered
    inner join kpi.calendar_week as w on m.as_of_date = w.week_end
    where p.is_won_deal and coalesce(p.cancelled_day > w.counted_to, true)
),

judged as (
    select
        s.metric,
        s.week_start,
        s.project_id,
        s.happened_on,
        -- The margin rows of a deleted project end with the Sunday before.
        case
            when m.project_key is null then 'deleted'
            when m.margin_state != 'complete' then m.margin_state
        end as exclusion,
        m.sold_revenue_base,
        m.sold_revenue_base - m.sold_cost_base as sold_margin,
        m.forecast_revenue_base,
        m.forecast_revenue_base - m.forecast_cost_base as forecast_margin,
        m.erosion_amount_base
    from standing as s
    inner join kpi.project_cohort as p on s.project_id = p.project_id
    left join marts.fact_project_margin as m
        on
            p.project_key = m.project_key
            and s.as_of_date = m.as_of_date
            and (s.metric = 'margin_erosion_pp') = m.is_delivered
),

counted as (
    select
        j.metric,
        j.week_start,
        j.project_id,
        j.happened_on,
        j.exclusion,
        j.sold_margin as numerator,
        j.sold_revenue_base as denominator,
        j.forecast_margin as numerator_2,
        j.forecast_revenue_base as denominator_2
    from judged as j
    union all
    select
        'margin_erosion_amount',
        j.week_start,
        j.project_id,
        j.happened_on,
        j.exclusion,
        j.erosion_amount_base,
        null,
        null,
        null
    from judged as j
    where j.metric = 'margin_erosion_pp'
)

select
    m.metric,
    m.week_start,
    'project' as record,
    p.project_key as record_key,
    p.handoff_key,
    p.project_key,
    cast(null as text) as change_origin,
    m.happened_on,
    m.exclusion,
    cast(m.numerator as double) as numerator,
    cast(m.denominator as double) as denominator,
    cast(m.numerator_2 as double) as numerator_2,
    cast(m.denominator_2 as double) as denominator_2,
    cast(null as double) as duration,
    cast(null as boolean) as is_event,
    p.source_url
from counted as m
inner join kpi.project_cohort as p on m.project_id = p.project_id

-- Sold, re-based, actual and forecast margin of every project of a deal by week, the erosion between them and its bridge by cause; a shared
-- deal's unallocated remainder stands beside them. The bridge's terms are differences of the very amounts that the erosion is made of, so
-- that they sum to it to the last digit.
-- grain: project x week from its creation week to 13 weeks after its close; as_of_date is the week's Sunday; a remainder has project_key 0
-- key: project_key, handoff_key, as_of_date
-- owner: project manager
with costed as (
    select
        f.project_id,
        f.handoff_id,
        f.client_id,
        f.as_of_date,
        f.is_delivered,
        f.is_active,
        f.hours_in_week,
        f.has_no_rate,
        f.has_unrated_hours,
        f.sold_revenue,
        f.sold_cost,
        f.sold_labour,
        f.sold_third_party,
        f.sold_hours,
        f.third_party,
        f.forecast_hours,
        f.forecast_base_cost,
        f.forecast_approved_cost,
        f.forecast_base_revenue,
        f.forecast_revenue,
        f.actual_revenue,
        f.uncosted_hours,
        f.unapproved_cost,
        f.unapproved_billed,
        f.price,
        case when f.uncosted_hours = 0 then f.base_cost + f.approved_cost + f.unapproved_cost + f.third_party end as actual_cost,
        case
            when f.uncosted_hours = 0 and not f.has_unrated_hours
                then f.forecast_base_cost + f.forecast_approved_cost + f.unapproved_cost + f.third_party
        end as forecast_cost,
        f.sold_revenue + f.price as rebased_revenue,
        case
            when f.has_sold_rate and f.undeclared_uncosted_hours = 0
                then f.sold_cost + coalesce(prorated(f.sold_labour, f.declared_hours, f.sold_hours), 0) + f.undeclared_cost
            when not f.has_sold_rate and f.approved_uncosted_hours = 0 then f.sold_cost + f.approved_cost
        end as rebased_cost
    from core.project_forecast as f
),

stated as (
    select
        c.*,
        case
            when c.has_no_rate then 'no_rate'
            when c.uncosted_hours > 0 or c.has_unrated_hours then 'uncosted'
            when c.sold_revenue is null or c.sold_cost is null or c.third_party is null then 'no_baseline'
            -- A revenue that nobody can know gives no percentage either.
            when c.sold_revenue <= 0 or coalesce(c.forecast_revenue <= 0, true) then 'undefined'
            else 'complete'
        end as margin_state,
        case
            when c.sold_revenue > 0 then cast(c.sold_revenue - c.sold_cost as double) / cast(c.sold_revenue as double) * 100
        end as sold_pct,
        case
            when c.rebased_revenue > 0
                then cast(c.rebased_revenue - c.rebased_cost as double) / cast(c.rebased_revenue as double) * 100
        end as rebased_pct,
        case
            when c.forecast_revenue > 0
                then cast(c.forecast_revenue - c.forecast_cost as double) / cast(c.forecast_revenue as double) * 100
        end as forecast_pct,
        prorated(c.sold_labour, c.forecast_hours - c.sold_hours, c.sold_hours) as hours_effect
    from costed as c
),

complete as (
    select
        s.project_id,
        s.as_of_date,
        s.forecast_pct as forecast_margin_pct,
        s.sold_pct - s.forecast_pct as erosion_pp,
        (s.sold_revenue - s.sold_cost) - (s.forecast_revenue - s.forecast_cost) as erosion_amount,
        s.rebased_pct - s.forecast_pct as erosion_rebased_pp,
        s.hours_effect as bridge_hours,
        s.forecast_base_cost - s.sold_labour - s.hours_effect as bridge_rate,
        s.third_party - s.sold_third_party as bridge_third_party,
        s.sold_revenue - s.forecast_base_revenue as bridge_discount,
        s.unapproved_cost - s.unapproved_billed as bridge_unapproved_change,
        s.forecast_approved_cost - s.price as bridge_approved_change
    from stated as s
    where s.margin_state = 'complete'
),

remainder as (
    select
        s.handoff_id,
        h.client_id,
        w.as_of_date,
        bool_and(w.is_delivered) as is_delivered,
        any_value(s.revenue_base) as revenue_base,
        any_value(s.cost_base) as cost_base
    from core.project_share as s
    inner join core.handoff as h on s.handoff_id = h.handoff_id
    inner join core.project_week as w on s.handoff_id = w.handoff_id
    where s.project_id is null
    group by s.handoff_id, h.client_id, w.as_of_date
)

select
    contract_key($tenant, 'project', m.project_id) as project_key,
    contract_key($tenant, 'handoff', m.handoff_id) as handoff_key,
    coalesce(contract_key($tenant, 'client', c.client_id), 0) as client_key,
    m.as_of_date,
    date_key(m.as_of_date) as as_of_date_key,
    m.is_delivered,
    m.is_active,
    cast(m.hours_in_week as decimal(18, 4)) as logged_hours_week,
    m.margin_state,
    m.sold_revenue as sold_revenue_base,
    m.sold_cost as sold_cost_base,
    m.sold_pct as sold_margin_pct,
    cast(m.rebased_revenue as decimal(18, 4)) as rebased_revenue_base,
    cast(m.rebased_cost as decimal(18, 4)) as rebased_cost_base,
    m.rebased_pct as rebased_margin_pct,
    cast(m.actual_revenue as decimal(18, 4)) as actual_revenue_base,
    cast(m.actual_cost as decimal(18, 4)) as actual_cost_base,
    cast(m.forecast_revenue as decimal(18, 4)) as forecast_revenue_base,
    cast(m.forecast_cost as decimal(18, 4)) as forecast_cost_base,
    k.forecast_margin_pct,
    case when m.is_delivered then 'delivered' else 'budget_or_logged' end as forecast_method,
    k.erosion_pp,
    cast(k.erosion_amount as decimal(18, 4)) as erosion_amount_base,
    k.erosion_rebased_pp,
    cast(m.uncosted_hours as decimal(18, 4)) as uncosted_hours,
    cast(k.bridge_hours as decimal(18, 4)) as bridge_hours,
    cast(k.bridge_rate as decimal(18, 4)) as bridge_rate,
    cast(k.bridge_third_party as decimal(18, 4)) as bridge_third_party,
    cast(k.bridge_discount as decimal(18, 4)) as bridge_discount,
    cast(k.bridge_unapproved_change as decimal(18, 4)) as bridge_unapproved_change,
    cast(k.bridge_approved_change as decimal(18, 4)) as bridge_approved_change,
    cast(
        k.erosion_amount - coalesce(k.bridge_hours, 0) - coalesce(k.bridge_rate, 0) - k.bridge_third_party - k.bridge_discount
        - k.bridge_unapproved_change - k.bridge_approved_change as decimal(18, 4)
    ) as bridge_unexplained
from stated as m
left join complete as k on m.project_id = k.project_id and m.as_of_date = k.as_of_date
left join staging.client as c on m.client_id = c.client_id
union all
select
    cast(0 as bigint) as project_key,
    contract_key($tenant, 'handoff', r.handoff_id) as handoff_key,
    coalesce(contract_key($tenant, 'client', c.client_id), 0) as client_key,
    r.as_of_date,
    date_key(r.as_of_date) as as_of_date_key,
    r.is_delivered,
    false as is_active,
    0 as logged_hours_week,
    'undefined' as margin_state,
    r.revenue_base as sold_revenue_base,
    r.cost_base as sold_cost_base,
    case
        when r.revenue_base > 0 then cast(r.revenue_base - r.cost_base as double) / cast(r.revenue_base as double) * 100
    end as sold_margin_pct,
    null as rebased_revenue_base,
    null as rebased_cost_base,
    null as rebased_margin_pct,
    null as actual_revenue_base,
    null as actual_cost_base,
    null as forecast_revenue_base,
    null as forecast_cost_base,
    null as forecast_margin_pct,
    case when r.is_delivered then 'delivered' else 'budget_or_logged' end as forecast_method,
    null as erosion_pp,
    null as erosion_amount_base,
    null as erosion_rebased_pp,
    0 as uncosted_hours,
    null as bridge_hours,
    null as bridge_rate,
    null as bridge_third_party,
    null as bridge_discount,
    null as bridge_unapproved_change,
    null as bridge_approved_change,
    null as bridge_unexplained
from remainder as r
left join staging.client as c on r.client_id = c.client_id

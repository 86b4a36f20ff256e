-- Margin as sold against margin as delivered, for delivered projects; a shared deal's unallocated remainder stands beside them.
-- grain: project x week from its creation week to 13 weeks after its close; as_of_date is the week's Sunday; a remainder has project_key 0
-- key: project_key, handoff_key, as_of_date
-- owner: project manager
with costed as (
    select
        w.project_id,
        w.handoff_id,
        w.client_id,
        w.as_of_date,
        w.is_active,
        w.hours_in_week,
        w.uncosted_hours,
        s.revenue_base as sold_revenue,
        s.cost_base as sold_cost,
        s.has_no_rate or w.has_no_billing_rate as has_no_rate,
        case when not w.has_no_billing_rate then s.revenue_base + w.change_price_base + w.billed_change_base end as actual_revenue,
        case when w.uncosted_hours = 0 then w.labour_cost_base + s.third_party_base end as actual_cost
    from core.project_week as w
    inner join core.project_share as s on w.handoff_id = s.handoff_id and w.project_id = s.project_id
),

stated as (
    select
        c.*,
        case
            when c.has_no_rate then 'no_rate'
            when c.uncosted_hours > 0 then 'uncosted'
            when c.sold_revenue is null or c.sold_cost is null then 'no_baseline'
            -- A revenue that nobody can know gives no percentage either.
            when c.sold_revenue <= 0 or coalesce(c.actual_revenue <= 0, true) then 'undefined'
            else 'complete'
        end as margin_state,
        case
            when c.sold_revenue > 0
                then cast(c.sold_revenue - c.sold_cost as double) / cast(c.sold_revenue as double) * 100
        end as sold_pct,
        case
            when c.actual_revenue > 0
                then cast(c.actual_revenue - c.actual_cost as double) / cast(c.actual_revenue as double) * 100
        end as actual_pct
    from costed as c
),

remainder as (
    select distinct
        s.handoff_id,
        h.client_id,
        w.as_of_date,
        s.revenue_base,
        s.cost_base
    from core.project_share as s
    inner join core.handoff as h on s.handoff_id = h.handoff_id
    inner join core.project_week as w on s.handoff_id = w.handoff_id
    where s.project_id is null
)

select
    contract_key($tenant, 'project', m.project_id) as project_key,
    contract_key($tenant, 'handoff', m.handoff_id) as handoff_key,
    coalesce(contract_key($tenant, 'client', c.client_id), 0) as client_key,
    m.as_of_date,
    date_key(m.as_of_date) as as_of_date_key,
    true as is_delivered,
    m.is_active,
    cast(m.hours_in_week as decimal(18, 4)) as logged_hours_week,
    m.margin_state,
    m.sold_revenue as sold_revenue_base,
    m.sold_cost as sold_cost_base,
    m.sold_pct as sold_margin_pct,
    cast(null as decimal(18, 4)) as rebased_revenue_base,
    cast(null as decimal(18, 4)) as rebased_cost_base,
    cast(null as double) as rebased_margin_pct,
    cast(m.actual_revenue as decimal(18, 4)) as actual_revenue_base,
    cast(m.actual_cost as decimal(18, 4)) as actual_cost_base,
    cast(m.actual_revenue as decimal(18, 4)) as forecast_revenue_base,
    cast(m.actual_cost as decimal(18, 4)) as forecast_cost_base,
    case when m.margin_state = 'complete' then m.actual_pct end as forecast_margin_pct,
    'delivered' as forecast_method,
    case when m.margin_state = 'complete' then m.sold_pct - m.actual_pct end as erosion_pp,
    case
        when m.margin_state = 'complete'
            then cast((m.sold_revenue - m.sold_cost) - (m.actual_revenue - m.actual_cost) as decimal(18, 4))
    end as erosion_amount_base,
    cast(null as double) as erosion_rebased_pp,
    cast(m.uncosted_hours as decimal(18, 4)) as uncosted_hours,
    cast(null as decimal(18, 4)) as bridge_hours,
    cast(null as decimal(18, 4)) as bridge_rate,
    cast(null as decimal(18, 4)) as bridge_third_party,
    cast(null as decimal(18, 4)) as bridge_discount,
    cast(null as decimal(18, 4)) as bridge_unapproved_change,
    cast(null as decimal(18, 4)) as bridge_approved_change,
    cast(null as decimal(18, 4)) as bridge_unexplained
from stated as m
left join staging.client as c on m.client_id = c.client_id
union all
select
    cast(0 as bigint) as project_key,
    contract_key($tenant, 'handoff', r.handoff_id) as handoff_key,
    coalesce(contract_key($tenant, 'client', c.client_id), 0) as client_key,
    r.as_of_date,
    date_key(r.as_of_date) as as_of_date_key,
    true as is_delivered,
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
    'delivered' as forecast_method,
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

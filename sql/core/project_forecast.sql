-- Cost and revenue of each project at completion and so far, by part, as of each Sunday. Hours that were worked keep their own cost; hours
-- to come cost what base hours have cost on average, before the first one what was sold.
-- grain: project with a deal x week from its creation to 13 weeks after its close
-- key: project_id, as_of_date
-- owner: project manager
with known as (
    select
        w.project_id,
        w.handoff_id,
        w.client_id,
        w.as_of_date,
        w.is_delivered,
        w.is_active,
        w.hours_in_week,
        w.base_hours,
        w.base_cost,
        w.base_charge,
        w.uncharged_hours,
        w.unbilled_charge,
        w.unbilled_uncharged_hours,
        w.uncosted_hours,
        w.unapproved_cost,
        w.unapproved_hours,
        w.approved_cost,
        w.approved_uncosted_hours,
        w.undeclared_cost,
        w.undeclared_uncosted_hours,
        w.price,
        w.declared_hours,
        w.declared_to_come,
        w.unapproved_billed,
        w.base_billed,
        w.credited,
        t.is_time_and_material,
        n.is_known as is_billing_known,
        s.revenue_base as sold_revenue,
        s.cost_base as sold_cost,
        coalesce(s.sold_third_party_base, 0) as sold_third_party,
        s.cost_base - coalesce(s.sold_third_party_base, 0) as sold_labour,
        coalesce(s.products_base, 0) as products,
        case when s.hours > 0 then s.hours end as sold_hours,
        s.third_party_base as third_party,
        coalesce(b.hours, case when s.hours > 0 then s.hours end) as baseline_hours,
        s.has_no_rate or w.has_no_billing_rate as has_no_rate
    from core.project_week as w
    cross join core.billing_known as n
    inner join core.project_share as s on w.handoff_id = s.handoff_id and w.project_id = s.project_id
    inner join core.project_billing as t on w.project_id = t.project_id
    left join core.project_baseline as b on w.project_id = b.project_id
),

planned as (
    select
        k.*,
        -- NULL where nobody knows how many hours it was meant to take: money is forecast then, not hours.
        case
            when k.is_delivered then k.base_hours
            else greatest(k.baseline_hours, case when k.baseline_hours is not null then k.base_hours end)
        end as forecast_hours,
        prorated(k.sold_labour, k.base_hours, k.sold_hours) is not null as has_sold_rate
    from known as k
),

costed as (
    select
        p.*,
        case
            when p.is_delivered then p.base_cost
            when p.forecast_hours is null then greatest(coalesce(p.sold_labour, 0), p.base_cost)
            when p.forecast_hours = p.base_hours then p.base_cost
            when p.base_hours > 0 then p.base_cost + prorated(p.base_cost, p.forecast_hours - p.base_hours, p.base_hours)
            when p.has_sold_rate then p.sold_labour + prorated(p.sold_labour, p.forecast_hours - p.sold_hours, p.sold_hours)
            when p.sold_labour > 0 then p.sold_labour
        end as forecast_base_cost,
        case
            when p.is_delivered or p.declared_to_come = 0 then 0
            when p.base_hours > 0 then prorated(p.base_cost, p.declared_to_come, p.base_hours)
            when p.has_sold_rate then prorated(p.sold_labour, p.declared_to_come, p.sold_hours)
        end as declared_cost_to_come,
        case
            when not p.is_time_and_material or p.is_delivered or coalesce(p.forecast_hours <= p.base_hours, true) then 0
            when p.base_hours > 0
                then
                    case
                        when p.uncharged_hours = 0 then prorated(p.base_charge, p.forecast_hours - p.base_hours, p.base_hours)
                    end
            when p.sold_hours > 0 then prorated(p.sold_revenue - p.products, p.forecast_hours, p.sold_hours)
        end as charge_to_come
    from planned as p
),

earned as (
    select
        c.*,
        case
            when not c.is_time_and_material then c.sold_revenue + c.credited
            when c.is_billing_known and c.unbilled_uncharged_hours = 0 and c.sold_revenue is not null
                then c.products + c.base_billed + c.credited + c.unbilled_charge
        end as base_revenue_so_far,
        c.price
        -- Whether work on a change that nobody approved was billed may not be known: no revenue then, rather than a wrong one.
        + case when c.unapproved_hours = 0 or c.is_billing_known then c.unapproved_billed end as change_revenue
    from costed as c
)

select
    e.project_id,
    e.handoff_id,
    e.client_id,
    e.as_of_date,
    e.is_delivered,
    e.is_active,
    e.hours_in_week,
    e.has_no_rate,
    e.has_sold_rate,
    e.sold_revenue,
    e.sold_cost,
    e.sold_labour,
    e.sold_third_party,
    e.sold_hours,
    e.third_party,
    e.base_cost,
    e.forecast_hours,
    e.forecast_base_cost,
    e.uncosted_hours,
    e.unapproved_cost,
    e.unapproved_billed,
    e.approved_cost,
    e.approved_uncosted_hours,
    e.undeclared_cost,
    e.undeclared_uncosted_hours,
    e.price,
    e.declared_hours,
    e.approved_cost + e.declared_cost_to_come as forecast_approved_cost,
    e.forecast_base_cost is null or e.declared_cost_to_come is null as has_unrated_hours,
    e.base_revenue_so_far + e.charge_to_come as forecast_base_revenue,
    case when not e.has_no_rate then e.base_revenue_so_far + e.charge_to_come + e.change_revenue end as forecast_revenue,
    case
        when e.has_no_rate or e.base_revenue_so_far is null then null
        when e.is_delivered or e.is_time_and_material then e.base_revenue_so_far + e.change_revenue
        when e.forecast_hours is not null
            then
                e.products + e.change_revenue
                + case
                    when e.forecast_hours = 0 then 0
                    else prorated(e.base_revenue_so_far - e.products, e.base_hours, e.forecast_hours)
                end
        when e.uncosted_hours = 0
            then
                e.products + e.change_revenue
                + case
                    when e.forecast_base_cost = 0 then 0
                    else prorated(e.base_revenue_so_far - e.products, e.base_cost, e.forecast_base_cost)
                end
    end as actual_revenue
from earned as e

-- What the projects of a deal and its remainder sold sums to what the deal sold, on every Sunday on which all of its projects have a row and
-- the remainder is known.
-- reads: marts.fact_project_margin, marts.dim_project, marts.fact_handoff
with part as (
    select
        m.handoff_key,
        m.as_of_date,
        count(*) filter (where m.project_key != 0) as projects,
        sum(m.sold_revenue_base) as revenue,
        sum(m.sold_cost_base) as cost,
        -- What the deal sold is not known, or a part of it is in a currency without a rate: then neither is what is left of it.
        coalesce(bool_or(m.project_key = 0 and m.sold_revenue_base is null), false) as has_open_revenue,
        coalesce(bool_or(m.project_key = 0 and m.sold_cost_base is null), false) as has_open_cost
    from marts.fact_project_margin as m
    group by m.handoff_key, m.as_of_date
),

project_of as (
    select
        p.handoff_key,
        count(*) as projects
    from marts.dim_project as p
    where p.handoff_key != 0
    group by p.handoff_key
)

select
    h.handoff_key,
    s.as_of_date
from part as s
inner join project_of as p on s.handoff_key = p.handoff_key and s.projects = p.projects
inner join marts.fact_handoff as h on s.handoff_key = h.handoff_key
where
    h.currency_state != 'no_rate'
    and (
        (s.revenue is distinct from h.sold_revenue_base and not s.has_open_revenue)
        or (s.cost is distinct from h.sold_cost_base and not s.has_open_cost)
    )

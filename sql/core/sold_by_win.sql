-- What each win sold, frozen: one-off revenue and cost, hours, a year of recurring revenue, in the deal's and in base currency.
-- grain: win with an accepted quotation or an order
-- key: handoff_id, win_no
-- owner: sales manager
with per_currency as (
    select
        l.handoff_id,
        l.win_no,
        l.currency,
        sum_if_known(l.is_one_off, l.net_amount) as revenue,
        sum_if_known(l.is_one_off, l.cost_amount) as cost,
        sum_if_known(not l.is_one_off, l.annual_amount) as recurring_annual,
        sum_if_known(l.is_one_off and not l.is_labour, l.cost_amount) as third_party_cost,
        sum_if_known(l.is_one_off and not l.is_labour, l.net_amount) as products,
        sum(case when l.is_one_off then l.budget_hours end) as budget_hours,
        sum(case when l.is_one_off and l.is_labour then l.quantity end) as labour_quantity
    from core.sold_line as l
    group by l.handoff_id, l.win_no, l.currency
),

converted as (
    select
        p.handoff_id,
        p.win_no,
        count(*) as currencies,
        any_value(p.currency) as currency,
        count(r.rate) = count(*) as has_rates,
        bool_and(p.currency = s.base_currency) as is_base,
        any_value(s.base_currency) as base_currency,
        sum_if_known(true, p.revenue) as revenue,
        sum_if_known(true, p.cost) as cost,
        sum_if_known(true, p.recurring_annual) as recurring_annual,
        cast(sum_if_known(true, cast(p.revenue * r.rate as decimal(18, 4))) as decimal(18, 4)) as revenue_base,
        cast(sum_if_known(true, cast(p.cost * r.rate as decimal(18, 4))) as decimal(18, 4)) as cost_base,
        cast(sum_if_known(true, cast(p.recurring_annual * r.rate as decimal(18, 4))) as decimal(18, 4)) as recurring_annual_base,
        cast(sum_if_known(true, cast(p.third_party_cost * r.rate as decimal(18, 4))) as decimal(18, 4)) as third_party_cost_base,
        cast(sum_if_known(true, cast(p.products * r.rate as decimal(18, 4))) as decimal(18, 4)) as products_base,
        coalesce(sum(p.budget_hours), sum(p.labour_quantity)) as hours
    from per_currency as p
    cross join policy.setting as s
    inner join core.deal_rate as r on p.handoff_id = r.handoff_id and p.win_no = r.win_no and p.currency = r.currency
    group by p.handoff_id, p.win_no
),

first_night as (
    select
        f.handoff_id,
        f.win_no,
        min(f.freeze_batch) as freeze_batch,
        min(f.basis) as basis,
        bool_and(f.is_observed) as is_observed
    from core.sold_freeze as f
    group by f.handoff_id, f.win_no
)

select
    c.handoff_id,
    c.win_no,
    f.freeze_batch,
    f.basis || case when f.is_observed then '' else '_first_seen' end as sold_basis,
    f.basis,
    -- Several currencies are never added up as they are: the deal is then shown in base currency.
    case when c.currencies = 1 then c.currency else c.base_currency end as currency,
    case
        when c.is_base then 'same'
        when c.has_rates then 'converted'
        else 'no_rate'
    end as currency_state,
    cast(case when c.currencies = 1 then c.revenue when c.has_rates then c.revenue_base end as decimal(18, 4)) as revenue,
    cast(case when c.currencies = 1 then c.cost when c.has_rates then c.cost_base end as decimal(18, 4)) as cost,
    cast(
        case when c.currencies = 1 then c.recurring_annual when c.has_rates then c.recurring_annual_base end as decimal(18, 4)
    ) as recurring_annual,
    case when c.has_rates then c.revenue_base end as revenue_base,
    case when c.has_rates then c.cost_base end as cost_base,
    case when c.has_rates then c.third_party_cost_base end as third_party_cost_base,
    case when c.has_rates then c.products_base end as products_base,
    cast(c.hours as decimal(18, 4)) as hours
from converted as c
inner join first_night as f on c.handoff_id = f.handoff_id and c.win_no = f.win_no

-- What each win sold, frozen: one-off revenue and cost, hours, a year of recurring revenue, in the deal's and in base currency.
-- grain: win with an accepted quotation or an order
-- key: handoff_id, win_no
-- owner: sales manager
with per_currency as (
    select
        l.handoff_id,
        l.win_no,
        l.currency,
        sum(case when l.is_one_off then l.net_amount else 0 end) as revenue,
        sum(case when l.is_one_off then l.cost_amount else 0 end) as cost,
        sum(case when not l.is_one_off then l.annual_amount else 0 end) as recurring_annual,
        sum(case when l.is_one_off and not l.is_labour then l.cost_amount else 0 end) as third_party_cost,
        sum(case when l.is_one_off and not l.is_labour then l.net_amount else 0 end) as products,
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
        sum(p.revenue) as revenue,
        sum(p.cost) as cost,
        sum(p.recurring_annual) as recurring_annual,
        cast(sum(cast(p.revenue * r.rate as decimal(18, 4))) as decimal(18, 4)) as revenue_base,
        cast(sum(cast(p.cost * r.rate as decimal(18, 4))) as decimal(18, 4)) as cost_base,
        cast(sum(cast(p.recurring_annual * r.rate as decimal(18, 4))) as decimal(18, 4)) as recurring_annual_base,
        cast(sum(cast(p.third_party_cost * r.rate as decimal(18, 4))) as decimal(18, 4)) as third_party_cost_base,
        cast(sum(cast(p.products * r.rate as decimal(18, 4))) as decimal(18, 4)) as products_base,
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

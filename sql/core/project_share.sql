-- Each project's share of what was sold, and each deal's unallocated remainder (project_id NULL), so that parts always sum to the deal.
-- Where an order line names a project, every named project takes its own lines; else the first project takes the whole deal.
-- grain: handoff x project, and one remainder per handoff that is shared
-- key: handoff_id, project_id
-- owner: sales manager
with line as (
    select
        h.handoff_id,
        h.win_no,
        l.project_id,
        o.currency,
        l.net_amount,
        l.cost_amount,
        l.quantity,
        coalesce(l.item_id in (select i.id from policy.id_list as i where i.meaning = 'labour_item'), false) as is_labour
    from core.handoff as h
    inner join core.order_history as o on h.handoff_id = o.opportunity_id and o.is_current and not o.is_deleted
    inner join staging.sales_order_line as l on o.order_id = l.order_id and o.valid_from_batch = l.batch_no
    where not l.is_group_heading and l.billing_period = 0
),

deal as (
    select
        h.handoff_id,
        coalesce(max(case when l.project_id is not null then 1 else 0 end), 0) = 1 as is_shared,
        count(l.handoff_id) > 0 as has_order
    from core.handoff as h
    left join line as l on h.handoff_id = l.handoff_id
    group by h.handoff_id
),

order_total as (
    select
        l.handoff_id,
        l.project_id,
        cast(sum_if_known(true, cast(wide(l.net_amount) * r.rate as decimal(18, 4))) as decimal(18, 4)) as revenue_base,
        cast(sum_if_known(true, cast(wide(l.cost_amount) * r.rate as decimal(18, 4))) as decimal(18, 4)) as cost_base,
        cast(sum_if_known(not l.is_labour, cast(wide(l.cost_amount) * r.rate as decimal(18, 4))) as decimal(18, 4)) as third_party_base,
        cast(sum_if_known(not l.is_labour, cast(wide(l.net_amount) * r.rate as decimal(18, 4))) as decimal(18, 4)) as products_base,
        sum(case when l.is_labour then l.quantity end) as hours,
        bool_or(r.rate is null) as has_no_rate
    from line as l
    inner join core.deal_rate as r on l.handoff_id = r.handoff_id and l.win_no = r.win_no and l.currency = r.currency
    group by l.handoff_id, l.project_id
),

order_third_party as (
    select
        t.handoff_id,
        case when not bool_or(t.has_no_rate) then cast(sum_if_known(true, t.third_party_base) as decimal(18, 4)) end as third_party_base,
        bool_or(t.has_no_rate) as has_no_rate
    from order_total as t
    group by t.handoff_id
),

own_share as (
    select
        p.handoff_id,
        p.project_id,
        d.is_shared,
        t.handoff_id is not null as is_named,
        -- What is known of it only in part is not known.
        case
            when d.is_shared and not t.has_no_rate then t.revenue_base
            when p.is_first and not d.is_shared then sold.revenue_base
        end as revenue_base,
        case
            when d.is_shared and not t.has_no_rate then t.cost_base
            when p.is_first and not d.is_shared then sold.cost_base
        end as cost_base,
        case
            when d.is_shared and not t.has_no_rate then t.third_party_base
            when p.is_first and not d.is_shared then sold.third_party_cost_base
        end as sold_third_party_base,
        case
            when d.is_shared and not t.has_no_rate then t.products_base
            when p.is_first and not d.is_shared then sold.products_base
        end as products_base,
        case
            when d.is_shared and t.handoff_id is null then 0
            when d.is_shared and t.has_no_rate then null
            when d.is_shared then t.third_party_base
            when not p.is_first then 0
            when d.has_order then o.third_party_base
            -- Neither order nor quotation: no third party is known of, which the state no_baseline says.
            when sold.handoff_id is null then 0
            else sold.third_party_cost_base
        end as third_party_base,
        case
            when d.is_shared then t.hours
            when p.is_first then sold.hours
        end as hours,
        -- An unknown rate is told apart from an unknown sale.
        coalesce(sold.currency_state = 'no_rate', false)
        or coalesce(case when d.is_shared then t.has_no_rate when p.is_first and d.has_order then o.has_no_rate end, false) as has_no_rate
    from core.handoff_project as p
    inner join deal as d on p.handoff_id = d.handoff_id
    left join core.sold as sold on p.handoff_id = sold.handoff_id
    left join order_total as t on p.handoff_id = t.handoff_id and p.project_id = t.project_id
    left join order_third_party as o on p.handoff_id = o.handoff_id
),

remainder as (
    select
        d.handoff_id,
        cast(null as bigint) as project_id,
        true as is_shared,
        case
            when count(*) filter (where s.is_named and s.revenue_base is null) = 0
                then any_value(sold.revenue_base) - coalesce(sum(s.revenue_base), 0)
        end as revenue_base,
        case
            when count(*) filter (where s.is_named and s.cost_base is null) = 0
                then any_value(sold.cost_base) - coalesce(sum(s.cost_base), 0)
        end as cost_base,
        cast(null as decimal(18, 4)) as sold_third_party_base,
        cast(null as decimal(18, 4)) as products_base,
        cast(null as decimal(18, 4)) as third_party_base,
        cast(null as decimal(18, 4)) as hours,
        coalesce(bool_or(sold.currency_state = 'no_rate'), false) as has_no_rate
    from deal as d
    left join core.sold as sold on d.handoff_id = sold.handoff_id
    left join own_share as s on d.handoff_id = s.handoff_id
    where d.is_shared
    group by d.handoff_id
)

select
    s.handoff_id,
    s.project_id,
    s.is_shared,
    cast(s.revenue_base as decimal(18, 4)) as revenue_base,
    cast(s.cost_base as decimal(18, 4)) as cost_base,
    cast(s.sold_third_party_base as decimal(18, 4)) as sold_third_party_base,
    cast(s.products_base as decimal(18, 4)) as products_base,
    cast(s.third_party_base as decimal(18, 4)) as third_party_base,
    cast(s.hours as decimal(18, 4)) as hours,
    s.has_no_rate
from own_share as s
union all
select
    r.handoff_id,
    r.project_id,
    r.is_shared,
    cast(r.revenue_base as decimal(18, 4)) as revenue_base,
    cast(r.cost_base as decimal(18, 4)) as cost_base,
    r.sold_third_party_base,
    r.products_base,
    r.third_party_base,
    r.hours,
    r.has_no_rate
from remainder as r

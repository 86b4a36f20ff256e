-- Change requests linked to a project. Those without one are counted in meta_source_completeness.
-- grain: one change request linked to a project (others are counted in meta_source_completeness)
-- key: change_key
-- owner: project manager
with logged as (
    select
        t.change_id,
        sum(t.hours) as hours,
        sum(t.cost) as cost,
        count(*) = count(t.cost) as is_costed
    from core.time_entry as t
    where t.change_id is not null and t.removed_day is null
    group by t.change_id
),

billed as (
    select
        b.change_id,
        min(b.posted_at_utc) as billed_at_utc
    from core.billed_line as b
    where b.change_id is not null and not b.is_credit
    group by b.change_id
)

select
    contract_key($tenant, 'change', r.change_id) as change_key,
    r.change_id,
    contract_key($tenant, 'project', r.project_id) as project_key,
    coalesce(contract_key($tenant, 'handoff', p.handoff_id), 0) as handoff_key,
    coalesce(contract_key($tenant, 'client', c.client_id), 0) as client_key,
    r.raised_at_utc,
    r.decided_at_utc,
    date_key(local_day(r.decided_at_utc, s.time_zone)) as decided_date_key,
    cast(0 as bigint) as decision_key,
    r.state,
    r.origin,
    r.link_kind,
    cast(coalesce(l.hours, 0) as decimal(18, 4)) as logged_hours,
    cast(case when l.change_id is null then 0 when l.is_costed then l.cost end as decimal(18, 4)) as cost_base,
    r.price,
    cast(wide(r.price) * case when p.handoff_id is null then 1 else d.rate end as decimal(18, 4)) as price_base,
    coalesce(sold.currency, s.base_currency) as currency,
    -- False only where every invoice was seen.
    case when b.change_id is not null then true when n.is_known then false end as is_billed,
    b.billed_at_utc,
    s.links_base || '/tickets?id=' || r.change_id as source_url
from core.change_request as r
cross join policy.setting as s
cross join core.billing_known as n
inner join core.handoff_project as p on r.project_id = p.project_id
left join core.sold as sold on p.handoff_id = sold.handoff_id
left join core.handoff_rate as d on p.handoff_id = d.handoff_id
left join staging.client as c on r.client_id = c.client_id
left join billed as b on r.change_id = b.change_id
left join logged as l on r.change_id = l.change_id

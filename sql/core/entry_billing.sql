-- What each hour on a change request, and on a time and material project, is charged, and the day on which it was billed: by the invoice
-- that the entry names where the policy says which field does, else by the first posted invoice of its change request or project, on or after
-- the day worked. The charge is NULL where nobody knows it, the day while nobody has billed it.
-- grain: ticket x action, on a change request or a time and material project
-- key: ticket_id, action_id
-- owner: project manager
with named_invoice as (
    select
        n.invoice_name,
        min(n.posted_day) as posted_day
    from (
        select
            i.invoice_number as invoice_name,
            local_day(i.posted_at_utc, s.time_zone) as posted_day
        from staging.invoice as i
        cross join policy.setting as s
        union all
        select
            cast(i.invoice_id as varchar) as invoice_name,
            local_day(i.posted_at_utc, s.time_zone) as posted_day
        from staging.invoice as i
        cross join policy.setting as s
    ) as n
    where n.invoice_name is not null
    group by n.invoice_name
),

-- A change request or a project is one billed thing; its id tells it, with the kind.
bill as (
    select distinct
        l.change_id is not null as is_change,
        coalesce(l.change_id, l.project_id) as billed_id,
        l.posted_day
    from core.billed_line as l
    where not l.is_credit and (l.change_id is not null or not l.is_order_line)
),

entry as (
    select
        t.ticket_id,
        t.action_id,
        t.worked_day,
        t.change_id is not null as is_change,
        coalesce(t.change_id, t.project_id) as billed_id,
        t.invoice_name,
        case
            when t.charge_hours <= 0 then 0
            when t.charge_amount is not null and s.has_charge_amounts then wide(t.charge_amount) * d.rate
            else wide(t.charge_hours) * r.rate
        end as charge_base
    from core.time_entry as t
    cross join policy.setting as s
    left join core.project_billing as b on t.project_id = b.project_id
    left join core.handoff_project as p on t.project_id = p.project_id
    left join core.handoff_rate as d on p.handoff_id = d.handoff_id
    left join policy.charge_rate as r on t.charge_rate = r.charge_rate
    where t.change_id is not null or b.is_time_and_material
)

select
    e.ticket_id,
    e.action_id,
    cast(e.charge_base as decimal(18, 4)) as charge_base,
    case when e.invoice_name is not null then n.posted_day else b.posted_day end as billed_day
from entry as e
asof left join bill as b on e.is_change = b.is_change and e.billed_id = b.billed_id and e.worked_day <= b.posted_day
left join named_invoice as n on e.invoice_name = n.invoice_name

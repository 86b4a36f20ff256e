-- Lines of posted invoices that bill, or credit, a project or a change request, converted at the rate of the deal's win (where there is no
-- deal: of the posting). A credit without a ticket belongs to the first project of the deal whose order it names, unless orders name projects.
-- The amount is NULL where the policy has no rate.
-- grain: posted invoice line that leads to a project
-- key: invoice_id, line_no
-- owner: project manager
with order_project as (
    select
        o.order_id,
        p.project_id
    from core.order_history as o
    inner join core.handoff_project as p on o.opportunity_id = p.handoff_id and p.is_first
    inner join core.project_share as s on p.handoff_id = s.handoff_id and p.project_id = s.project_id
    where o.is_current and not s.is_shared
),

line as (
    select
        l.invoice_id,
        l.line_no,
        c.change_id,
        coalesce(c.project_id, t.project_id, case when l.ticket_id is null and l.is_credit then o.project_id end) as project_id,
        l.posted_at_utc,
        l.currency,
        l.is_order_line,
        l.is_credit,
        l.net_amount
    from staging.invoice_line as l
    left join core.change_request as c on l.ticket_id = c.change_id
    left join core.ticket_project as t on l.ticket_id = t.ticket_id
    left join order_project as o on l.order_id = o.order_id
)

select
    l.invoice_id,
    l.line_no,
    l.change_id,
    l.project_id,
    l.posted_at_utc,
    local_day(l.posted_at_utc, s.time_zone) as posted_day,
    l.is_order_line,
    l.is_credit,
    cast(
        wide(l.net_amount)
        * case
            when coalesce(l.currency, s.base_currency) = s.base_currency then 1
            else (
                select arg_max(r.rate, r.valid_from)
                from policy.exchange_rate as r
                where r.currency = l.currency and r.valid_from <= coalesce(h.won_day, local_day(l.posted_at_utc, s.time_zone))
            )
        end as decimal(18, 4)
    ) as net_base
from line as l
cross join policy.setting as s
left join core.handoff_project as p on l.project_id = p.project_id
left join core.handoff as h on p.handoff_id = h.handoff_id
where l.project_id is not null or l.change_id is not null

-- What was billed for each change request: lines of posted invoices that name its ticket, converted at the rate of its deal's win.
-- The amount is NULL where the policy has no rate.
-- grain: change request x invoice line
-- key: change_id, invoice_id, line_no
-- owner: project manager
with line as (
    select
        r.change_id,
        r.project_id,
        i.invoice_id,
        i.line_no,
        i.posted_at_utc,
        local_day(i.posted_at_utc, s.time_zone) as posted_day,
        coalesce(i.currency, s.base_currency) as currency,
        s.base_currency,
        i.net_amount,
        coalesce(h.won_day, local_day(i.posted_at_utc, s.time_zone)) as rate_day
    from core.change_request as r
    cross join policy.setting as s
    inner join staging.invoice_line as i on r.change_id = i.ticket_id
    left join core.handoff_project as p on r.project_id = p.project_id
    left join core.handoff as h on p.handoff_id = h.handoff_id
)

select
    l.change_id,
    l.project_id,
    l.invoice_id,
    l.line_no,
    l.posted_at_utc,
    l.posted_day,
    cast(
        l.net_amount
        * case
            when l.currency = l.base_currency then 1
            else (
                select arg_max(r.rate, r.valid_from)
                from policy.exchange_rate as r
                where r.currency = l.currency and r.valid_from <= l.rate_day
            )
        end as decimal(18, 4)
    ) as net_base
from line as l

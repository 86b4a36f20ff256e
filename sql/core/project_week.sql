-- Delivered projects of a deal, weekly as of each Sunday from the week of closing to 13 weeks after, or until the project was deleted: hours,
-- cost, approved changes, and what was billed for changes that were not approved, so far.
-- grain: delivered project x week
-- key: project_id, as_of_date
-- owner: project manager
with delivered as (
    select
        p.project_id,
        p.handoff_id,
        p.client_id,
        local_day(p.closed_at_utc, s.time_zone) as closed_day,
        coalesce(local_day(p.deleted_at_utc, s.time_zone), date '9999-12-31') as deleted_day,
        local_day(cast($as_of as timestamp), s.time_zone) as today
    from core.handoff_project as p
    cross join policy.setting as s
    where p.handoff_id is not null and p.closed_at_utc is not null
),

project_week as (
    select
        d.project_id,
        d.handoff_id,
        d.client_id,
        d.closed_day,
        c.week_start,
        c.day as as_of_date
    from delivered as d
    inner join policy.calendar_day as c
        on
            isodow(c.day) = 7
            and c.week_start >= week_of(d.closed_day)
            and c.week_start <= least(week_of(d.closed_day) + 91, week_of(d.today))
            and c.day < d.deleted_day
),

change as (
    select
        r.project_id,
        r.change_id,
        local_day(r.decided_at_utc, s.time_zone) as decided_day,
        r.state = 'approved' as is_approved,
        cast(coalesce(r.price, 0) * d.rate as decimal(18, 4)) as price_base
    from core.change_request as r
    cross join policy.setting as s
    inner join core.handoff_project as p on r.project_id = p.project_id
    inner join core.handoff_rate as d on p.handoff_id = d.handoff_id
),

base_work as (
    select
        w.project_id,
        w.as_of_date,
        sum(t.hours) as hours,
        sum(case when t.worked_day >= w.week_start then t.hours else 0 end) as hours_in_week,
        sum(t.cost) as cost,
        sum(case when t.cost is null then t.hours else 0 end) as uncosted_hours
    from project_week as w
    inner join core.time_entry as t
        on w.project_id = t.project_id and t.worked_day <= w.as_of_date and coalesce(t.removed_day > w.as_of_date, true)
    group by w.project_id, w.as_of_date
),

change_work as (
    select
        w.project_id,
        w.as_of_date,
        sum(t.cost) as cost,
        sum(case when t.cost is null then t.hours else 0 end) as uncosted_hours,
        sum(case when c.is_approved and c.decided_day <= w.as_of_date then 0 else t.hours end) as unapproved_hours
    from project_week as w
    inner join change as c on w.project_id = c.project_id
    inner join core.time_entry as t
        on c.change_id = t.change_id and t.worked_day <= w.as_of_date and coalesce(t.removed_day > w.as_of_date, true)
    group by w.project_id, w.as_of_date
),

change_price as (
    select
        w.project_id,
        w.as_of_date,
        sum(c.price_base) as approved_price_base
    from project_week as w
    inner join change as c on w.project_id = c.project_id and c.is_approved and c.decided_day <= w.as_of_date
    group by w.project_id, w.as_of_date
),

change_billed as (
    select
        w.project_id,
        w.as_of_date,
        sum(i.net_base) as billed_base,
        count(*) > count(i.net_base) as has_no_rate
    from project_week as w
    inner join change as c on w.project_id = c.project_id and not (c.is_approved and c.decided_day <= w.as_of_date)
    inner join core.change_billing as i on c.change_id = i.change_id and i.posted_day <= w.as_of_date
    group by w.project_id, w.as_of_date
)

select
    w.project_id,
    w.handoff_id,
    w.client_id,
    w.week_start,
    w.as_of_date,
    w.closed_day,
    w.closed_day >= w.week_start as is_active,
    coalesce(b.hours_in_week, 0) as hours_in_week,
    coalesce(b.cost, 0) + coalesce(k.cost, 0) as labour_cost_base,
    coalesce(b.uncosted_hours, 0) + coalesce(k.uncosted_hours, 0) as uncosted_hours,
    coalesce(p.approved_price_base, 0) as change_price_base,
    -- Whether work on a change that nobody approved was billed may not be known: no revenue then, rather than a wrong one.
    case
        when coalesce(k.unapproved_hours, 0) = 0 or n.is_known then coalesce(i.billed_base, 0)
    end as billed_change_base,
    coalesce(i.has_no_rate, false) as has_no_billing_rate
from project_week as w
left join base_work as b on w.project_id = b.project_id and w.as_of_date = b.as_of_date
left join change_work as k on w.project_id = k.project_id and w.as_of_date = k.as_of_date
left join change_price as p on w.project_id = p.project_id and w.as_of_date = p.as_of_date
left join change_billed as i on w.project_id = i.project_id and w.as_of_date = i.as_of_date
cross join core.billing_known as n

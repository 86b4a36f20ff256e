-- Each project of a deal as of each Sunday: hours, cost and charge of base work, work on changes, prices, bills and credits so far.
-- grain: project with a deal x week from its creation to 13 weeks after its close
-- key: project_id, as_of_date
-- owner: project manager
with grid as (
    select
        s.project_id,
        s.handoff_id,
        s.client_id,
        s.closed_day,
        s.active_from_day,
        s.gone_day,
        cast(unnest(generate_series(s.first_week, s.last_week, interval 7 day)) as date) as week_start
    from core.project_span as s
),

week as (
    select
        g.*,
        g.week_start + 6 as as_of_date
    from grid as g
    where
        coalesce(g.week_start + 6 < g.gone_day, true)
        -- No day that the calendar lacks.
        and g.week_start >= (select min(c.week_start) from policy.calendar_day as c)
),

change_week as (
    select
        e.project_id,
        greatest(week_of(e.day), s.first_week) as week_start,
        sum(e.amount) filter (where e.measure = 'uncosted_hours') as uncosted_hours,
        sum(e.amount) filter (where e.measure = 'unapproved_cost') as unapproved_cost,
        sum(e.amount) filter (where e.measure = 'unapproved_hours') as unapproved_hours,
        sum(e.amount) filter (where e.measure = 'approved_cost') as approved_cost,
        sum(e.amount) filter (where e.measure = 'approved_uncosted_hours') as approved_uncosted_hours,
        sum(e.amount) filter (where e.measure = 'undeclared_cost') as undeclared_cost,
        sum(e.amount) filter (where e.measure = 'undeclared_uncosted_hours') as undeclared_uncosted_hours,
        sum(e.amount) filter (where e.measure = 'price') as price,
        sum(e.amount) filter (where e.measure = 'declared_hours') as declared_hours,
        sum(e.amount) filter (where e.measure = 'declared_to_come') as declared_to_come,
        sum(e.amount) filter (where e.measure = 'unapproved_billed') as unapproved_billed,
        sum(e.amount) filter (where e.measure = 'base_billed') as base_billed,
        sum(e.amount) filter (where e.measure = 'credited') as credited,
        sum(e.amount) filter (where e.measure = 'no_rate') as lines_without_rate
    from core.change_event as e
    inner join core.project_span as s on e.project_id = s.project_id
    group by e.project_id, greatest(week_of(e.day), s.first_week)
)

select
    w.project_id,
    w.handoff_id,
    w.client_id,
    w.week_start,
    w.as_of_date,
    coalesce(w.closed_day <= w.as_of_date, false) as is_delivered,
    w.active_from_day <= w.as_of_date and coalesce(w.closed_day >= w.week_start, true) as is_active,
    coalesce(b.hours_in_week, 0) as hours_in_week,
    coalesce(sum(b.hours) over so_far, 0) as base_hours,
    coalesce(sum(b.cost) over so_far, 0) as base_cost,
    coalesce(sum(b.charge) over so_far, 0) as base_charge,
    coalesce(sum(b.uncharged_hours) over so_far, 0) as uncharged_hours,
    coalesce(sum(b.unbilled_charge) over so_far, 0) as unbilled_charge,
    coalesce(sum(b.unbilled_uncharged_hours) over so_far, 0) as unbilled_uncharged_hours,
    coalesce(sum(b.uncosted_hours) over so_far, 0) + coalesce(sum(c.uncosted_hours) over so_far, 0) as uncosted_hours,
    coalesce(sum(c.unapproved_cost) over so_far, 0) as unapproved_cost,
    coalesce(sum(c.unapproved_hours) over so_far, 0) as unapproved_hours,
    coalesce(sum(c.approved_cost) over so_far, 0) as approved_cost,
    coalesce(sum(c.approved_uncosted_hours) over so_far, 0) as approved_uncosted_hours,
    coalesce(sum(c.undeclared_cost) over so_far, 0) as undeclared_cost,
    coalesce(sum(c.undeclared_uncosted_hours) over so_far, 0) as undeclared_uncosted_hours,
    coalesce(sum(c.price) over so_far, 0) as price,
    coalesce(sum(c.declared_hours) over so_far, 0) as declared_hours,
    coalesce(sum(c.declared_to_come) over so_far, 0) as declared_to_come,
    coalesce(sum(c.unapproved_billed) over so_far, 0) as unapproved_billed,
    coalesce(sum(c.base_billed) over so_far, 0) as base_billed,
    coalesce(sum(c.credited) over so_far, 0) as credited,
    coalesce(sum(c.lines_without_rate) over so_far, 0) > 0 as has_no_billing_rate
from week as w
left join core.base_work_week as b on w.project_id = b.project_id and w.week_start = b.week_start
left join change_week as c on w.project_id = c.project_id and w.week_start = c.week_start
window so_far as (partition by w.project_id order by w.week_start)

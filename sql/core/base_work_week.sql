-- Base work (on the project and its tasks) by week: what each week adds to hours, cost and charge so far, and takes away where time was
-- deleted or billed. Adding up the weeks gives what was so on a Sunday, without looking at every entry again for every week.
-- What happened before a project's first week counts in it.
-- grain: project with a deal x week in which something changed
-- key: project_id, week_start
-- owner: project manager
with entry as (
    select
        t.project_id,
        s.first_week,
        t.worked_day,
        case when t.removed_day is not null then greatest(t.removed_day, t.worked_day) end as gone_day,
        case when b.billed_day is not null then greatest(b.billed_day, t.worked_day) end as billed_day,
        t.hours,
        coalesce(t.cost, 0) as cost,
        case when t.cost is null then t.hours else 0 end as uncosted_hours,
        coalesce(b.charge_base, 0) as charge,
        case when b.ticket_id is not null and b.charge_base is null then t.hours else 0 end as uncharged_hours
    from core.time_entry as t
    inner join core.project_span as s on t.project_id = s.project_id
    left join core.entry_billing as b on t.ticket_id = b.ticket_id and t.action_id = b.action_id
    where t.change_id is null
),

event as (
    select
        e.project_id,
        e.first_week,
        e.worked_day as day,
        e.hours,
        e.cost,
        e.uncosted_hours,
        e.charge,
        e.uncharged_hours,
        e.charge as unbilled_charge,
        e.uncharged_hours as unbilled_uncharged_hours,
        -- Time that was deleted in its own week was never there on a Sunday.
        case when week_of(e.worked_day) >= e.first_week and coalesce(e.gone_day > week_of(e.worked_day) + 6, true) then e.hours else 0 end
            as hours_in_week
    from entry as e
    union all
    select
        e.project_id,
        e.first_week,
        e.gone_day as day,
        -e.hours as hours,
        -e.cost as cost,
        -e.uncosted_hours as uncosted_hours,
        -e.charge as charge,
        -e.uncharged_hours as uncharged_hours,
        0 as unbilled_charge,
        0 as unbilled_uncharged_hours,
        0 as hours_in_week
    from entry as e
    where e.gone_day is not null
    union all
    select
        e.project_id,
        e.first_week,
        least(e.gone_day, e.billed_day) as day,
        0 as hours,
        0 as cost,
        0 as uncosted_hours,
        0 as charge,
        0 as uncharged_hours,
        -e.charge as unbilled_charge,
        -e.uncharged_hours as unbilled_uncharged_hours,
        0 as hours_in_week
    from entry as e
    where e.gone_day is not null or e.billed_day is not null
)

select
    e.project_id,
    greatest(week_of(e.day), e.first_week) as week_start,
    sum(e.hours) as hours,
    sum(e.cost) as cost,
    sum(e.uncosted_hours) as uncosted_hours,
    sum(e.charge) as charge,
    sum(e.uncharged_hours) as uncharged_hours,
    sum(e.unbilled_charge) as unbilled_charge,
    sum(e.unbilled_uncharged_hours) as unbilled_uncharged_hours,
    sum(e.hours_in_week) as hours_in_week
from event as e
group by e.project_id, greatest(week_of(e.day), e.first_week)

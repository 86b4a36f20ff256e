-- Time with its project or its change request, and its cost: the agent's dated cost of the day worked where HaloPSA's own dated costs are
-- read, else their cost price on the latest night up to that day, else on the first night that saw one.
-- Base work is on the project and its tasks; time on a change request never is.
-- Deleted time has the day on which it was seen to be gone: it counts in the weeks that ended before.
-- grain: ticket x action
-- key: ticket_id, action_id
-- owner: project manager
with seen as (
    select
        a.agent_id,
        local_day(a.seen_at_utc, s.time_zone) as seen_day,
        a.cost_price
    from staging.agent as a
    cross join policy.setting as s
    where a.cost_price is not null
    qualify row_number() over (partition by a.agent_id, local_day(a.seen_at_utc, s.time_zone) order by a.batch_no desc) = 1
),

priced as (
    select
        d.agent_id,
        d.since_day as from_day,
        d.cost_price
    from staging.agent_cost as d
    union all
    select
        e.agent_id,
        e.seen_day as from_day,
        e.cost_price
    from seen as e
    where e.agent_id not in (select d.agent_id from staging.agent_cost as d)
),

span as (
    select
        p.agent_id,
        p.cost_price,
        case
            when lag(p.from_day) over (partition by p.agent_id order by p.from_day) is null then date '0001-01-01'
            else p.from_day
        end as since_day,
        coalesce(lead(p.from_day) over (partition by p.agent_id order by p.from_day), date '9999-12-31') as until_day
    from priced as p
),

located as (
    select
        t.ticket_id,
        t.action_id,
        t.agent_id,
        t.worked_at_utc,
        local_day(t.worked_at_utc, s.time_zone) as worked_day,
        t.hours,
        t.charge_hours,
        t.charge_amount,
        t.charge_rate,
        t.invoice_name,
        local_day(t.removed_at_utc, s.time_zone) as removed_day,
        c.change_id,
        case when c.change_id is null then p.project_id end as project_id
    from staging.time_entry as t
    cross join policy.setting as s
    left join core.change_request as c on t.ticket_id = c.change_id
    left join core.ticket_project as p on t.ticket_id = p.ticket_id
)

select
    l.ticket_id,
    l.action_id,
    l.agent_id,
    l.worked_at_utc,
    l.worked_day,
    l.hours,
    l.charge_hours,
    l.charge_amount,
    l.charge_rate,
    l.invoice_name,
    l.removed_day,
    l.change_id,
    l.project_id,
    cast(wide(l.hours) * c.cost_price as decimal(18, 4)) as cost
from located as l
left join span as c on l.agent_id = c.agent_id and l.worked_day >= c.since_day and l.worked_day < c.until_day
where l.change_id is not null or l.project_id is not null

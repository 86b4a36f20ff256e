-- Time with its project or its change request, and its cost: the agent's cost price on the latest night up to the day worked,
-- else on the first night that saw one. Base work is on the project and its tasks; time on a change request never is.
-- grain: ticket x action
-- key: ticket_id, action_id
-- owner: project manager
with priced as (
    select
        a.agent_id,
        local_day(a.seen_at_utc, s.time_zone) as seen_day,
        a.cost_price
    from staging.agent as a
    cross join policy.setting as s
    where a.cost_price is not null
    qualify row_number() over (partition by a.agent_id, local_day(a.seen_at_utc, s.time_zone) order by a.batch_no desc) = 1
),

span as (
    select
        p.agent_id,
        p.cost_price,
        case
            when lag(p.seen_day) over (partition by p.agent_id order by p.seen_day) is null then date '0001-01-01'
            else p.seen_day
        end as since_day,
        coalesce(lead(p.seen_day) over (partition by p.agent_id order by p.seen_day), date '9999-12-31') as until_day
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
    l.change_id,
    l.project_id,
    cast(l.hours * c.cost_price as decimal(18, 4)) as cost
from located as l
left join span as c on l.agent_id = c.agent_id and l.worked_day >= c.since_day and l.worked_day < c.until_day
where l.change_id is not null or l.project_id is not null

-- What changes and invoices add to a project's margin and take away again, by day: work on changes before and after their approval, declared
-- hours, prices, bills and credits. The sum of a measure up to a day is what was so on that day.
-- grain: project x day x measure, several rows where several things happened
-- key: none
-- owner: project manager
with change as (
    select
        r.change_id,
        r.project_id,
        case when r.state = 'approved' then local_day(r.decided_at_utc, s.time_zone) end as approved_day,
        r.declared_hours,
        cast(wide(coalesce(r.price, 0)) * d.rate as decimal(18, 4)) as price_base
    from core.change_request as r
    cross join policy.setting as s
    inner join core.handoff_project as p on r.project_id = p.project_id
    inner join core.handoff_rate as d on p.handoff_id = d.handoff_id
),

entry as (
    select
        c.change_id,
        c.project_id,
        c.approved_day,
        c.declared_hours,
        t.worked_day,
        t.removed_day,
        -- From this day on it is work on an approved change.
        case when c.approved_day is not null then greatest(t.worked_day, c.approved_day) end as turned_day,
        t.hours,
        cast(coalesce(t.cost, 0) as decimal(18, 4)) as cost,
        case when t.cost is null then t.hours else 0 end as uncosted_hours
    from core.time_entry as t
    inner join change as c on t.change_id = c.change_id
),

worked as (
    select
        e.project_id,
        unnest([
            struct_pack(measure := 'uncosted_hours', amount := e.uncosted_hours, from_day := e.worked_day, to_day := e.removed_day),
            struct_pack(
                measure := 'unapproved_cost', amount := e.cost, from_day := e.worked_day, to_day := least(e.turned_day, e.removed_day)
            ),
            struct_pack(
                measure := 'unapproved_hours', amount := e.hours, from_day := e.worked_day, to_day := least(e.turned_day, e.removed_day)
            ),
            struct_pack(measure := 'approved_cost', amount := e.cost, from_day := e.turned_day, to_day := e.removed_day),
            struct_pack(measure := 'approved_uncosted_hours', amount := e.uncosted_hours, from_day := e.turned_day, to_day := e.removed_day),
            struct_pack(
                measure := 'undeclared_cost',
                amount := case when e.declared_hours is null then e.cost end,
                from_day := e.turned_day,
                to_day := e.removed_day
            ),
            struct_pack(
                measure := 'undeclared_uncosted_hours',
                amount := case when e.declared_hours is null then e.uncosted_hours end,
                from_day := e.turned_day,
                to_day := e.removed_day
            )
        ]) as fact
    from entry as e
),

agreed as (
    select
        c.project_id,
        unnest([
            struct_pack(measure := 'price', amount := c.price_base, from_day := c.approved_day, to_day := cast(null as date)),
            struct_pack(measure := 'declared_hours', amount := c.declared_hours, from_day := c.approved_day, to_day := cast(null as date))
        ]) as fact
    from change as c
),

-- Hours logged on a change that declared some, from step to step, and how many of the declared ones are to come after each.
step as (
    select
        e.change_id,
        e.worked_day as day,
        e.hours
    from entry as e
    where e.declared_hours is not null and e.approved_day is not null
    union all
    select
        e.change_id,
        greatest(e.removed_day, e.worked_day) as day,
        -e.hours as hours
    from entry as e
    where e.declared_hours is not null and e.approved_day is not null and e.removed_day is not null
    union all
    select
        c.change_id,
        c.approved_day as day,
        0 as hours
    from change as c
    where c.declared_hours is not null and c.approved_day is not null
),

day_step as (
    select
        s.change_id,
        s.day,
        sum(s.hours) as hours
    from step as s
    group by s.change_id, s.day
),

to_come as (
    select
        c.project_id,
        struct_pack(
            measure := 'declared_to_come',
            amount := cast(
                greatest(c.declared_hours - sum(s.hours) over (partition by s.change_id order by s.day), 0) as decimal(18, 4)
            ),
            from_day := greatest(s.day, c.approved_day),
            to_day := lead(s.day) over (partition by s.change_id order by s.day)
        ) as fact
    from day_step as s
    inner join change as c on s.change_id = c.change_id
),

line as (
    select
        l.project_id,
        case
            when l.change_id is not null then 'unapproved_billed'
            when l.is_credit then 'credited'
            else 'base_billed'
        end as measure,
        l.net_base,
        l.posted_day as from_day,
        -- What was billed for an approved change is its price already.
        c.approved_day as to_day
    from core.billed_line as l
    inner join core.project_billing as b on l.project_id = b.project_id
    left join change as c on l.change_id = c.change_id
    where l.change_id is not null or l.is_credit or (b.is_time_and_material and not l.is_order_line)
),

billed as (
    select
        l.project_id,
        unnest([
            struct_pack(measure := l.measure, amount := l.net_base, from_day := l.from_day, to_day := l.to_day),
            struct_pack(
                measure := 'no_rate',
                amount := cast(case when l.net_base is null then 1 else 0 end as decimal(18, 4)),
                from_day := l.from_day,
                to_day := l.to_day
            )
        ]) as fact
    from line as l
),

stretch as (
    select * from worked
    union all
    select * from agreed
    union all
    select * from to_come
    union all
    select * from billed
),

counted as (
    select
        s.project_id,
        s.fact.measure as measure,
        s.fact.amount as amount,
        s.fact.from_day as from_day,
        s.fact.to_day as to_day
    from stretch as s
    where s.fact.amount != 0 and s.fact.from_day is not null and coalesce(s.fact.to_day > s.fact.from_day, true)
)

select
    c.project_id,
    c.measure,
    c.from_day as day,
    c.amount
from counted as c
union all
select
    c.project_id,
    c.measure,
    c.to_day as day,
    -c.amount as amount
from counted as c
where c.to_day is not null

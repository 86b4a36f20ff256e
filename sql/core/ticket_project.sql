-- The project that each project, task or change request hangs on, climbing parents up to ten levels. A deleted task still leads to its
-- project: time that was logged on it was worked.
-- grain: ticket that hangs on a project
-- key: ticket_id
-- owner: project manager
with recursive newest as (
    select
        t.ticket_id,
        t.entity,
        t.parent_id
    from staging.ticket as t
    where t.entity in ('project', 'change_request')
    qualify row_number() over (partition by t.ticket_id order by t.is_deleted asc, t.batch_no desc, t.entity asc) = 1
),

climb as (
    select
        n.ticket_id,
        coalesce(p.project_id, n.parent_id) as reached_id,
        p.project_id is not null as is_project,
        0 as steps
    from newest as n
    left join core.handoff_project as p on n.ticket_id = p.project_id
    union all
    select
        c.ticket_id,
        coalesce(p.project_id, n.parent_id) as reached_id,
        p.project_id is not null as is_project,
        c.steps + 1 as steps
    from climb as c
    inner join newest as n on c.reached_id = n.ticket_id
    left join core.handoff_project as p on c.reached_id = p.project_id
    where not c.is_project and c.steps < 10
)

select
    c.ticket_id,
    c.reached_id as project_id
from climb as c
where c.is_project

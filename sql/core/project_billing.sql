-- How each project is billed, as last seen: time and material by its custom field or its ticket type, else a fixed price.
-- grain: project
-- key: project_id
-- owner: project manager
with newest as (
    select
        t.ticket_id as project_id,
        t.batch_no,
        t.ticket_type_id
    from staging.ticket as t
    where t.entity = 'project'
    qualify row_number() over (partition by t.ticket_id order by t.batch_no desc) = 1
)

select
    p.project_id,
    coalesce(f.shown is not null and folded(f.shown) in (select m.name from policy.name_list as m where m.meaning = 'time_and_material'), false)
    or coalesce(y.ticket_type_name in (select m.name from policy.name_list as m where m.meaning = 'time_and_material_type'), false)
        as is_time_and_material
from core.handoff_project as p
left join newest as n on p.project_id = n.project_id
left join staging.ticket_type as y on n.ticket_type_id = y.ticket_type_id
left join staging.ticket_field as f
    on n.project_id = f.ticket_id and n.batch_no = f.batch_no and f.entity = 'project' and f.meaning = 'billing_type'

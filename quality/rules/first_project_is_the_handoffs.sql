-- A handoff with projects has exactly one first project, and it is the one that the handoff names; project_count counts them all.
-- reads: marts.fact_handoff, marts.dim_project
with counted as (
    select
        p.handoff_key,
        count(*) as projects,
        count(*) filter (where p.is_first) as firsts,
        max(p.project_key) filter (where p.is_first) as first_key
    from marts.dim_project as p
    where p.handoff_key != 0
    group by p.handoff_key
)

select h.handoff_key
from marts.fact_handoff as h
left join counted as c on h.handoff_key = c.handoff_key
where
    h.project_count != coalesce(c.projects, 0)
    or c.firsts != 1
    or h.project_key != c.first_key
    or (c.projects is null and h.project_key != 0)

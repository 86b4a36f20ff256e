-- Hours that each project was given, frozen: its budget rows on the win night, else on the first later night that saw any.
-- Rows that came in bulk count where a project has some, since they are read every night; else those of its details.
-- grain: project with budget rows
-- key: project_id
-- owner: project manager
with budget as (
    select
        p.project_id,
        b.source,
        b.valid_from_batch,
        b.valid_to_batch,
        b.hours,
        -- A project without a win has its baseline from its first sight.
        greatest(b.valid_from_batch, coalesce(h.win_batch, 0)) as counted_from_batch
    from core.handoff_project as p
    inner join staging.budget as b on p.project_id = b.ticket_id
    left join core.handoff as h on p.handoff_id = h.handoff_id
    where b.valid_to_batch is null or h.win_batch is null or b.valid_to_batch > h.win_batch
),

frozen as (
    select
        b.project_id,
        min(b.counted_from_batch) as freeze_batch
    from budget as b
    group by b.project_id
),

by_source as (
    select
        b.project_id,
        b.source,
        f.freeze_batch,
        sum(b.hours) as hours
    from budget as b
    inner join frozen as f on b.project_id = f.project_id
    where in_force(b.valid_from_batch, b.valid_to_batch, f.freeze_batch)
    group by b.project_id, b.source, f.freeze_batch
)

select
    b.project_id,
    b.freeze_batch,
    cast(arg_max(b.hours, b.source) as decimal(18, 4)) as hours
from by_source as b
group by b.project_id, b.freeze_batch

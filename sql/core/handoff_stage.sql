-- Which stretch of nights each stage of a handoff is judged on: the win night, the night that first saw the sign-off, and the last.
-- grain: handoff x stage that was observed
-- key: handoff_id, stage
-- owner: sales manager
with stage as (
    select
        h.handoff_id,
        'won' as stage,
        h.win_batch as batch_no
    from core.handoff as h
    union all
    select
        s.handoff_id,
        'signoff' as stage,
        s.signoff_batch as batch_no
    from core.signoff as s
    where s.signoff_batch is not null
    union all
    select
        h.handoff_id,
        'latest' as stage,
        n.batch_no
    from core.handoff as h
    cross join core.night as n
    where n.is_latest
)

select
    s.handoff_id,
    s.stage,
    n.as_of_utc as stage_at_utc,
    max(e.slice_batch) as slice_batch
from stage as s
inner join core.night as n on s.batch_no = n.batch_no
inner join core.evidence as e on s.handoff_id = e.handoff_id and e.slice_batch <= s.batch_no
group by s.handoff_id, s.stage, n.as_of_utc

-- Every check at each stage of its handoff: whether a waiver stood on the night of the stage, and the score then.
-- A waiver lifts the cap of a hard item; it does not raise the quality.
-- grain: handoff x stage that was observed x checklist item
-- key: handoff_id, stage, item
-- owner: sales manager
with waived as (
    select distinct
        g.handoff_id,
        g.stage,
        w.item
    from core.handoff_stage as g
    inner join core.waiver as w on g.handoff_id = w.handoff_id and w.from_utc <= g.stage_at_utc and g.stage_at_utc < w.to_utc
),

checked as (
    select
        g.handoff_id,
        g.stage,
        g.stage_at_utc,
        c.item,
        c.position,
        c.is_hard,
        c.weight,
        c.cap,
        c.policy_version,
        c.result,
        c.quality,
        c.reason,
        c.evidence_url,
        c.evidence_hash,
        c.stands_since_utc,
        w.item is not null as is_waived
    from core.handoff_stage as g
    inner join core.item_check as c on g.handoff_id = c.handoff_id and g.slice_batch = c.slice_batch
    left join waived as w on g.handoff_id = w.handoff_id and g.stage = w.stage and c.item = w.item
),

score as (
    select
        c.handoff_id,
        c.stage,
        -- Sums are decimal: a sum of doubles depends on the order in which threads add them.
        sum(case when c.result != 'not_applicable' then cast(c.weight * c.quality as decimal(18, 6)) end) as reached,
        sum(case when c.result != 'not_applicable' then cast(c.weight as decimal(18, 6)) end) as reachable,
        min(case when c.is_hard and c.result != 'not_applicable' and c.quality < 1 and not c.is_waived then c.cap end) as cap
    from checked as c
    group by c.handoff_id, c.stage
)

select
    c.handoff_id,
    c.stage,
    c.stage_at_utc,
    c.item,
    c.position,
    c.is_hard,
    c.weight,
    c.policy_version,
    c.result,
    c.quality,
    c.reason,
    c.evidence_url,
    c.evidence_hash,
    c.stands_since_utc,
    c.is_waived,
    -- least() leaves out a cap that is NULL; nothing that applies is no score.
    case when t.reachable > 0 then least(cast(t.reached as double) / cast(t.reachable as double) * 100, t.cap) end as score
from checked as c
inner join score as t on c.handoff_id = t.handoff_id and c.stage = t.stage

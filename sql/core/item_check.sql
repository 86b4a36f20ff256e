-- Every judgement of the checklist by the policy then in force, with the moment since which it stands and the score of its stretch of nights.
-- grain: handoff x stretch of nights x checklist item
-- key: handoff_id, slice_batch, item
-- owner: sales manager
with compared as (
    select
        c.handoff_id,
        c.slice_batch,
        c.slice_from_utc,
        c.slice_to_utc,
        c.is_won,
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
        c.evidence_text,
        coalesce(
            row(c.result, c.quality, c.evidence_text)
            is distinct from lag(row(c.result, c.quality, c.evidence_text)) over (partition by c.handoff_id, c.item order by c.slice_batch),
            true
        ) as is_new
    from governance.item_check as c
),

stretch as (
    select
        c.*,
        sum(case when c.is_new then 1 else 0 end) over (partition by c.handoff_id, c.item order by c.slice_batch) as stretch_no
    from compared as c
),

score as (
    select
        c.handoff_id,
        c.slice_batch,
        -- Sums are decimal: a sum of doubles depends on the order in which threads add them.
        sum(case when c.result != 'not_applicable' then cast(c.weight * c.quality as decimal(18, 6)) end) as reached,
        sum(case when c.result != 'not_applicable' then cast(c.weight as decimal(18, 6)) end) as reachable,
        min(case when c.is_hard and c.result != 'not_applicable' and c.quality < 1 then c.cap end) as cap
    from governance.item_check as c
    group by c.handoff_id, c.slice_batch
)

select
    s.handoff_id,
    s.slice_batch,
    s.slice_from_utc,
    s.slice_to_utc,
    s.is_won,
    s.item,
    s.position,
    s.is_hard,
    s.weight,
    s.policy_version,
    s.result,
    s.quality,
    s.reason,
    s.evidence_url,
    sha256(s.evidence_text) as evidence_hash,
    min(s.slice_from_utc) over (partition by s.handoff_id, s.item, s.stretch_no) as stands_since_utc,
    -- least() leaves out a cap that is NULL; nothing that applies is no score.
    case when t.reachable > 0 then least(cast(t.reached as double) / cast(t.reachable as double) * 100, t.cap) end as score
from stretch as s
inner join score as t on s.handoff_id = t.handoff_id and s.slice_batch = t.slice_batch

-- Every judgement of the checklist by the policy then in force, with the moment since which it stands.
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
    s.cap,
    s.policy_version,
    s.result,
    s.quality,
    s.reason,
    s.evidence_url,
    sha256(s.evidence_text) as evidence_hash,
    min(s.slice_from_utc) over (partition by s.handoff_id, s.item, s.stretch_no) as stands_since_utc
from stretch as s

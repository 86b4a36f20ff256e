-- The stretches of nights on which a handoff is judged, since it was first won: cut wherever anything that a rule may read changed, and where
-- another policy came into force.
-- grain: handoff x stretch of nights
-- key: handoff_id, slice_batch
-- owner: sales manager
with handoff as (
    select
        h.handoff_id,
        h.first_won_batch
    from core.handoff as h
),

boundary as (
    select
        v.opportunity_id as handoff_id,
        v.valid_from_batch as slice_batch
    from core.opportunity_history as v
    union
    select
        v.opportunity_id as handoff_id,
        v.valid_from_batch as slice_batch
    from core.deal_version as v
    union
    select
        s.handoff_id,
        s.valid_from_batch as slice_batch
    from core.sold_history as s
    union
    select
        q.opportunity_id as handoff_id,
        q.valid_from_batch as slice_batch
    from core.quotation_history as q
    union
    select
        q.opportunity_id as handoff_id,
        q.valid_to_batch as slice_batch
    from core.quotation_history as q
    where q.valid_to_batch is not null
    union
    select
        a.opportunity_id as handoff_id,
        a.first_batch as slice_batch
    from staging.attachment as a
    where a.place = 'deal'
    union
    select
        q.opportunity_id as handoff_id,
        a.first_batch as slice_batch
    from staging.attachment as a
    inner join core.quotation_history as q on a.quotation_id = q.quotation_id
    union
    select
        h.handoff_id,
        d.from_batch as slice_batch
    from handoff as h
    cross join policy.document as d
    union
    -- The first night from the win on that read all documents.
    select
        h.handoff_id,
        min(n.whole_batch_no) as slice_batch
    from handoff as h
    inner join staging.night as n on h.first_won_batch <= n.whole_batch_no
    inner join raw.load_batch as l on n.batch_no = l.batch_no and l.entity = 'attachment' and l.state = 'complete'
    group by h.handoff_id
),

slice as (
    select
        b.handoff_id,
        b.slice_batch,
        lead(b.slice_batch) over (partition by b.handoff_id order by b.slice_batch) as next_batch
    from boundary as b
    inner join handoff as h on b.handoff_id = h.handoff_id and b.slice_batch >= h.first_won_batch
    inner join core.night as n on b.slice_batch = n.batch_no
)

select
    s.handoff_id,
    s.slice_batch,
    s.next_batch,
    n.as_of_utc as slice_from_utc,
    following.as_of_utc as slice_to_utc,
    d.policy_no
from slice as s
inner join core.night as n on s.slice_batch = n.batch_no
left join core.night as following on s.next_batch = following.batch_no
inner join policy.document as d on in_force(d.from_batch, d.to_batch, s.slice_batch)

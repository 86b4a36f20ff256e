-- The night on which what was sold was frozen, and the quotations (else orders) that count: later nights change nothing of it.
-- grain: won opportunity x counted quotation or order
-- key: handoff_id, basis, source_id
-- owner: sales manager
with quotation_seen as (
    select
        h.handoff_id,
        h.win_batch,
        q.quotation_id,
        q.revised_from_id,
        q.currency,
        q.valid_from_batch,
        q.valid_to_batch
    from core.handoff as h
    inner join core.quotation_history as q on h.handoff_id = q.opportunity_id
    where q.is_accepted and (q.valid_to_batch is null or q.valid_to_batch > h.win_batch)
),

order_seen as (
    select
        h.handoff_id,
        h.win_batch,
        o.order_id,
        o.currency,
        o.valid_from_batch,
        o.valid_to_batch
    from core.handoff as h
    inner join core.order_history as o on h.handoff_id = o.opportunity_id
    where o.valid_to_batch is null or o.valid_to_batch > h.win_batch
),

candidate as (
    select
        q.handoff_id,
        greatest(q.valid_from_batch, q.win_batch) as batch_no
    from quotation_seen as q
    union all
    select
        o.handoff_id,
        greatest(o.valid_from_batch, o.win_batch) as batch_no
    from order_seen as o
),

first_night as (
    select
        c.handoff_id,
        min(c.batch_no) as freeze_batch
    from candidate as c
    group by c.handoff_id
),

quotation_then as (
    select
        q.handoff_id,
        f.freeze_batch,
        q.quotation_id,
        q.revised_from_id,
        q.currency,
        q.valid_from_batch
    from quotation_seen as q
    inner join first_night as f on q.handoff_id = f.handoff_id
    where q.valid_from_batch <= f.freeze_batch and (q.valid_to_batch is null or q.valid_to_batch > f.freeze_batch)
),

counted as (
    select
        q.handoff_id,
        q.freeze_batch,
        'quotation' as basis,
        q.quotation_id as source_id,
        q.valid_from_batch as source_batch,
        q.currency
    from quotation_then as q
    where not exists (
        select 1
        from quotation_then as later
        where later.handoff_id = q.handoff_id and later.revised_from_id = q.quotation_id
    )
    union all
    select
        o.handoff_id,
        f.freeze_batch,
        'order' as basis,
        o.order_id as source_id,
        o.valid_from_batch as source_batch,
        o.currency
    from order_seen as o
    inner join first_night as f on o.handoff_id = f.handoff_id
    where
        o.valid_from_batch <= f.freeze_batch
        and (o.valid_to_batch is null or o.valid_to_batch > f.freeze_batch)
        and not exists (select 1 from quotation_then as q where q.handoff_id = o.handoff_id)
)

select
    c.handoff_id,
    c.freeze_batch,
    n.as_of_utc as frozen_at_utc,
    c.basis,
    c.source_id,
    c.source_batch,
    c.currency,
    -- Frozen on the win's own night, and the win itself observed: else these figures are first seen.
    h.history_basis = 'observed' and c.freeze_batch = h.win_batch as is_observed
from counted as c
inner join core.handoff as h on c.handoff_id = h.handoff_id
inner join core.night as n on c.freeze_batch = n.batch_no

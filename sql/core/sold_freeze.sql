-- The night on which what a win sold was frozen, and the quotations (else orders) that count: later nights change nothing of it.
-- grain: win x counted quotation or order
-- key: handoff_id, win_no, basis, source_id
-- owner: sales manager
with quotation_seen as (
    select
        w.handoff_id,
        w.win_no,
        w.win_batch,
        q.quotation_id,
        q.revised_from_id,
        q.currency,
        q.valid_from_batch,
        q.valid_to_batch
    from core.win as w
    inner join core.quotation_history as q on w.handoff_id = q.opportunity_id
    where
        q.is_accepted
        and (q.valid_to_batch is null or q.valid_to_batch > w.win_batch)
        and (w.next_win_batch is null or q.valid_from_batch < w.next_win_batch)
),

order_seen as (
    select
        w.handoff_id,
        w.win_no,
        w.win_batch,
        o.order_id,
        o.currency,
        o.valid_from_batch,
        o.valid_to_batch
    from core.win as w
    inner join core.order_history as o on w.handoff_id = o.opportunity_id
    where
        not o.is_deleted
        and (o.valid_to_batch is null or o.valid_to_batch > w.win_batch)
        and (w.next_win_batch is null or o.valid_from_batch < w.next_win_batch)
),

candidate as (
    select
        q.handoff_id,
        q.win_no,
        greatest(q.valid_from_batch, q.win_batch) as batch_no
    from quotation_seen as q
    union all
    select
        o.handoff_id,
        o.win_no,
        greatest(o.valid_from_batch, o.win_batch) as batch_no
    from order_seen as o
),

first_night as (
    select
        c.handoff_id,
        c.win_no,
        min(c.batch_no) as freeze_batch
    from candidate as c
    group by c.handoff_id, c.win_no
),

quotation_then as (
    select
        q.handoff_id,
        q.win_no,
        f.freeze_batch,
        q.quotation_id,
        q.revised_from_id,
        q.currency,
        q.valid_from_batch
    from quotation_seen as q
    inner join first_night as f on q.handoff_id = f.handoff_id and q.win_no = f.win_no
    where q.valid_from_batch <= f.freeze_batch and (q.valid_to_batch is null or q.valid_to_batch > f.freeze_batch)
),

counted as (
    select
        q.handoff_id,
        q.win_no,
        q.freeze_batch,
        'quotation' as basis,
        q.quotation_id as source_id,
        q.valid_from_batch as source_batch,
        q.currency
    from quotation_then as q
    where not exists (
            select 1
            from quotation_then as later
            where later.handoff_id = q.handoff_id and later.win_no = q.win_no and later.revised_from_id = q.quotation_id
        )
    union all
    select
        o.handoff_id,
        o.win_no,
        f.freeze_batch,
        'order' as basis,
        o.order_id as source_id,
        o.valid_from_batch as source_batch,
        o.currency
    from order_seen as o
    inner join first_night as f on o.handoff_id = f.handoff_id and o.win_no = f.win_no
    where
        o.valid_from_batch <= f.freeze_batch
        and (o.valid_to_batch is null or o.valid_to_batch > f.freeze_batch)
        and not exists (select 1 from quotation_then as q where q.handoff_id = o.handoff_id and q.win_no = o.win_no)
)

select
    c.handoff_id,
    c.win_no,
    c.freeze_batch,
    c.basis,
    c.source_id,
    c.source_batch,
    c.currency,
    -- Frozen on the win's own night, and the win itself observed: else these figures are first seen.
    w.history_basis = 'observed' and c.freeze_batch = w.win_batch as is_observed
from counted as c
inner join core.win as w on c.handoff_id = w.handoff_id and c.win_no = w.win_no

-- The documents of each handoff that were known on each stretch of nights: its own, and the signed copies of quotations accepted then.
-- grain: handoff x stretch of nights x document
-- key: handoff_id, slice_batch, attachment_id
-- owner: sales manager
select
    s.handoff_id,
    s.slice_batch,
    a.attachment_id,
    a.place,
    a.file_name
from core.deal_slice as s
inner join staging.attachment as a on s.handoff_id = a.opportunity_id and a.first_batch <= s.slice_batch
union all
select
    s.handoff_id,
    s.slice_batch,
    a.attachment_id,
    a.place,
    a.file_name
from core.deal_slice as s
inner join core.quotation_history as q
    on s.handoff_id = q.opportunity_id and q.is_accepted and in_force(q.valid_from_batch, q.valid_to_batch, s.slice_batch)
inner join staging.attachment as a on q.quotation_id = a.quotation_id and a.first_batch <= s.slice_batch

-- The mapped custom fields of each handoff as they stood on each stretch of nights, in every form that a rule may read.
-- grain: handoff x stretch of nights x meaning
-- key: handoff_id, slice_batch, meaning
-- owner: sales manager
select
    s.handoff_id,
    s.slice_batch,
    f.meaning,
    f.stored,
    halo_day(f.value, p.time_zone) as field_day,
    cast(halo_money(f.value) as double) as number
from core.deal_slice as s
cross join policy.setting as p
inner join core.deal_version as v on s.handoff_id = v.opportunity_id and in_force(v.valid_from_batch, v.valid_to_batch, s.slice_batch)
inner join staging.ticket_field as f on f.entity = 'opportunity' and s.handoff_id = f.ticket_id and v.valid_from_batch = f.batch_no

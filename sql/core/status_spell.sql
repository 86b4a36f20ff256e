-- Which status each blocked opportunity had from when to when: a row for each stretch of nights on which it was the same.
-- grain: blocked opportunity x stretch of nights with one status
-- key: handoff_id, from_utc
-- owner: service delivery lead
with blocked as (
    select distinct i.handoff_id
    from ledger.intent as i
    where i.action = 'halo_blocking' and i.handoff_id is not null
),

version as (
    select
        t.ticket_id as handoff_id,
        t.batch_no,
        t.seen_at_utc,
        t.status_id
    from staging.ticket as t
    inner join blocked as b on t.ticket_id = b.handoff_id
    where t.entity = 'opportunity' and not t.is_deleted and t.status_id is not null
    qualify t.status_id is distinct from lag(t.status_id) over (partition by t.ticket_id order by t.batch_no)
)

select
    v.handoff_id,
    v.status_id,
    v.seen_at_utc as from_utc,
    lead(v.seen_at_utc) over (partition by v.handoff_id order by v.batch_no) as to_utc
from version as v

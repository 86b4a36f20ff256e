-- Stretches of time in which an approved override stood: from the approval up to, not including, its end or the moment at which it was closed.
-- Those of one handoff and item that overlap or touch are one stretch. `item` is empty where a control as a whole is overridden.
-- grain: handoff x item x stretch of time
-- key: handoff_id, item, from_utc
-- owner: service delivery lead
with approved as (
    select
        o.handoff_id,
        o.item,
        o.approved_at_utc as from_utc,
        least(o.expires_at_utc, coalesce(o.closed_at_utc, o.expires_at_utc)) as to_utc
    from ledger.override as o
    where o.approved_at_utc is not null and o.state in ('approved', 'expired', 'closed')
),

beginning as (
    select
        a.handoff_id,
        a.item,
        a.from_utc,
        a.to_utc,
        coalesce(
            a.from_utc > max(a.to_utc) over (
                partition by a.handoff_id, a.item order by a.from_utc, a.to_utc rows between unbounded preceding and 1 preceding
            ),
            true
        ) as is_new
    from approved as a
    where a.from_utc < a.to_utc
),

numbered as (
    select
        b.handoff_id,
        b.item,
        b.from_utc,
        b.to_utc,
        sum(case when b.is_new then 1 else 0 end) over (partition by b.handoff_id, b.item order by b.from_utc, b.to_utc) as stretch_no
    from beginning as b
)

select
    n.handoff_id,
    n.item,
    min(n.from_utc) as from_utc,
    max(n.to_utc) as to_utc
from numbered as n
group by n.handoff_id, n.item, n.stretch_no

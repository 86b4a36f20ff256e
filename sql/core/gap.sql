-- Gaps: runs of nights on which a won, non-historic handoff had an item missing or partial. Business hours count from detection on.
-- A gap is resolved by an item that is met; where the deal is won no more, or the item no longer applies or left the policy, it is moot.
-- A waiver closes it, and it stays waived whatever comes later, unless the waiver ends first: then it is open again (waiver_expired).
-- grain: handoff x checklist item x run of nights
-- key: handoff_id, item, detected_at_utc
-- owner: sales manager
with judged as (
    select
        c.handoff_id,
        c.item,
        c.is_hard,
        c.slice_batch,
        c.slice_from_utc,
        c.slice_to_utc,
        c.is_won and c.result in ('missing', 'partial') as is_gap,
        lag(c.slice_to_utc) over one_item as former_to_utc,
        lead(c.slice_from_utc) over one_item as next_from_utc,
        lead(c.is_won and c.result = 'met') over one_item as is_met_next
    from core.item_check as c
    inner join core.handoff as h on c.handoff_id = h.handoff_id
    where not h.is_historic
    window one_item as (partition by c.handoff_id, c.item order by c.slice_batch)
),

numbered as (
    select
        j.*,
        -- An item that another policy lacks has no row on its nights: what comes after is another run.
        sum(case when j.is_gap and j.former_to_utc = j.slice_from_utc then 0 else 1 end)
            over (partition by j.handoff_id, j.item order by j.slice_batch) as run_no
    from judged as j
),

run as (
    select
        n.handoff_id,
        n.item,
        arg_min(n.is_hard, n.slice_batch) as is_hard,
        arg_max(n.is_hard, n.slice_batch) as is_hard_now,
        min(n.slice_from_utc) as detected_at_utc,
        arg_max(coalesce(n.slice_to_utc, timestamp '9999-12-31'), n.slice_batch) as ended_at_utc,
        arg_max(coalesce(n.is_met_next and n.next_from_utc = n.slice_to_utc, false), n.slice_batch) as is_met_after
    from numbered as n
    where n.is_gap
    group by n.handoff_id, n.item, n.run_no
),

ended as (
    select
        r.* exclude (ended_at_utc),
        nullif(r.ended_at_utc, timestamp '9999-12-31') as ended_at_utc,
        least(r.ended_at_utc, cast($as_of as timestamp)) as seen_to_utc
    from run as r
),

waived as (
    select
        e.handoff_id,
        e.item,
        e.detected_at_utc,
        -- Not before the gap was there; only where the waiver still stood when the run was last seen.
        max(case when e.seen_to_utc < w.to_utc then greatest(w.from_utc, e.detected_at_utc) end) as waived_at_utc,
        bool_or(w.to_utc <= e.seen_to_utc) as has_expired
    from ended as e
    inner join core.waiver as w
        on e.handoff_id = w.handoff_id and e.item = w.item and w.from_utc <= e.seen_to_utc and w.to_utc > e.detected_at_utc
    group by e.handoff_id, e.item, e.detected_at_utc
),

closed as (
    select
        e.handoff_id,
        e.item,
        e.is_hard,
        e.is_hard_now,
        e.detected_at_utc,
        coalesce(w.waived_at_utc, e.ended_at_utc) as resolved_at_utc,
        case
            when w.waived_at_utc is not null then 'waived'
            when e.ended_at_utc is null and w.has_expired then 'waiver_expired'
            when e.ended_at_utc is null then 'open'
            when e.is_met_after then 'resolved'
            else 'moot'
        end as state,
        coalesce(w.waived_at_utc, e.seen_to_utc) as counted_to_utc
    from ended as e
    left join waived as w on e.handoff_id = w.handoff_id and e.item = w.item and e.detected_at_utc = w.detected_at_utc
),

business_time as (
    select
        g.handoff_id,
        g.item,
        g.detected_at_utc,
        sum(
            greatest(
                date_diff('second', greatest(g.detected_at_utc, d.work_start_utc), least(g.counted_to_utc, d.work_end_utc)), 0
            )
        ) as open_seconds
    from closed as g
    inner join policy.calendar_day as d
        on d.is_business_day and d.work_end_utc > g.detected_at_utc and d.work_start_utc < g.counted_to_utc
    group by g.handoff_id, g.item, g.detected_at_utc
)

select
    g.handoff_id,
    g.item,
    g.is_hard,
    g.is_hard_now,
    h.agent_id as seller_id,
    p.agent_id as delivery_id,
    g.detected_at_utc,
    g.resolved_at_utc,
    g.state,
    cast(coalesce(b.open_seconds, 0) as double) / 3600 as open_hours
from closed as g
inner join core.handoff as h on g.handoff_id = h.handoff_id
left join core.handoff_project as p on g.handoff_id = p.handoff_id and p.is_first
left join business_time as b on g.handoff_id = b.handoff_id and g.item = b.item and g.detected_at_utc = b.detected_at_utc

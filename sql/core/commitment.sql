-- The committed kickoff date of each handoff: frozen at the first sign-off, else the first one seen, else the policy's default; and the
-- local day since which the deal is known to have one of its own (the win's day at the latest for one that stood when it was first seen).
-- grain: handoff
-- key: handoff_id
-- owner: project manager
with first_seen as (
    select
        v.opportunity_id as handoff_id,
        arg_min(v.kickoff_committed, v.valid_from_batch) filter (where v.kickoff_committed is not null) as committed,
        local_day(min(v.valid_from_utc) filter (where v.kickoff_committed is not null), any_value(s.time_zone)) as seen_day,
        bool_or(v.is_first_sight and v.kickoff_committed is not null) as is_from_first_sight
    from (
        select
            o.opportunity_id,
            o.kickoff_committed,
            o.valid_from_batch,
            o.valid_from_utc,
            row_number() over (partition by o.opportunity_id order by o.valid_from_batch) = 1 as is_first_sight
        from core.opportunity_history as o
    ) as v
    cross join policy.setting as s
    group by v.opportunity_id
),

by_default as (
    select
        h.handoff_id,
        min(c.day) as committed
    from core.handoff as h
    cross join policy.setting as s
    inner join policy.calendar_day as w on h.won_day = w.day
    inner join policy.calendar_day as c on w.business_day_number + s.default_business_days = c.business_day_number
    group by h.handoff_id
)

select
    h.handoff_id,
    f.committed as first_committed_day,
    case when f.is_from_first_sight then least(f.seen_day, h.won_day) else f.seen_day end as first_committed_seen_day,
    coalesce(o.committed_then, f.committed, d.committed) as committed_day,
    case
        when o.committed_then is not null then 'frozen'
        when f.committed is not null then 'first_seen'
        else 'policy_default'
    end as commit_basis
from core.handoff as h
inner join core.signoff as o on h.handoff_id = o.handoff_id
left join first_seen as f on h.handoff_id = f.handoff_id
left join by_default as d on h.handoff_id = d.handoff_id

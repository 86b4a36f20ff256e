-- The committed kickoff date of each handoff: frozen at the first sign-off, else the first one seen, else the policy's default.
-- grain: handoff
-- key: handoff_id
-- owner: project manager
with first_seen as (
    select
        v.opportunity_id as handoff_id,
        arg_min(v.kickoff_committed, v.valid_from_batch) as committed
    from core.opportunity_history as v
    where v.kickoff_committed is not null
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

-- Local days for which the first project of a handoff was seen on the client's hold, up to its kickoff.
-- grain: handoff with such days
-- key: handoff_id
-- owner: project manager
with stretch as (
    select
        p.handoff_id,
        local_day(v.valid_from_utc, s.time_zone) as first_day,
        least(
            local_day(coalesce(v.valid_to_utc, cast($as_of as timestamp)), s.time_zone),
            coalesce(k.kickoff_day, date '9999-12-31')
        ) as last_day
    from core.handoff_project as p
    cross join policy.setting as s
    inner join core.project_history as v on p.project_id = v.project_id
    inner join core.project_kickoff as k on p.project_id = k.project_id
    where p.is_first and v.is_on_client_hold
)

select
    t.handoff_id,
    sum(greatest(date_diff('day', t.first_day, t.last_day), 0)) as client_hold_days
from stretch as t
group by t.handoff_id

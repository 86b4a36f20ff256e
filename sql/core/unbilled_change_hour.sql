-- Hours on change requests of any state that are linked to a project: since when they would have to be billed, and when they were.
-- An hour is unbilled as of a day from `unbilled_from_day` on, while its `billed_day` is not reached, unless it was deleted by then.
-- grain: time entry on a linked change request
-- key: ticket_id, action_id
-- owner: project manager
select
    t.change_id,
    r.project_id,
    t.ticket_id,
    t.action_id,
    t.worked_day,
    t.removed_day,
    t.hours,
    -- Older than the lag: the day after its last day.
    t.worked_day + cast(s.billing_lag_days as integer) + 1 as unbilled_from_day,
    b.billed_day,
    -- Where it is false nobody can say that an hour was not billed.
    n.is_known as is_billing_known
from core.time_entry as t
cross join policy.setting as s
cross join core.billing_known as n
inner join core.change_request as r on t.change_id = r.change_id and r.project_id is not null
inner join core.entry_billing as b on t.ticket_id = b.ticket_id and t.action_id = b.action_id

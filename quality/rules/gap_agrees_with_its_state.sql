-- A gap has an end exactly where nobody has to close it any more, a level exactly where it was escalated, and is in time only if it was resolved
-- by its deadline.
-- reads: marts.fact_gap
select g.gap_key
from marts.fact_gap as g
where
    (g.resolved_at_utc is null) != (g.state in ('open', 'waiver_expired'))
    or (g.first_escalated_at_utc is null) != (g.escalation_level = 0)
    or (g.state = 'resolved' and coalesce(g.within_sla != (g.resolved_at_utc <= g.due_at_utc), true))
    or (g.state != 'resolved' and coalesce(g.within_sla, false))

-- What the metrics count of each deal that is won now, in every segment that it belongs to. Days are local.
-- grain: won handoff x segment
-- key: handoff_id, segment_type, segment
-- owner: service delivery lead
select
    h.handoff_id,
    g.segment_type,
    g.segment,
    h.won_day,
    f.score_at_won,
    f.kickoff_committed_date as committed_day,
    k.kickoff_day,
    f.kickoff_without_signoff,
    local_day(coalesce(p.cancelled_at_utc, p.deleted_at_utc), s.time_zone) as cancelled_day
from core.handoff as h
cross join policy.setting as s
inner join marts.fact_handoff as f on contract_key($tenant, 'handoff', h.handoff_id) = f.handoff_key
inner join kpi.segment as g on g.segment_type = 'all' or (g.segment_type = 'sales_team' and h.sales_team = g.segment)
left join core.handoff_project as p on h.handoff_id = p.handoff_id and p.is_first
left join core.project_kickoff as k on p.project_id = k.project_id
where h.deal_state = 'won'

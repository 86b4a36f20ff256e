-- What the metrics look at in each deal that is won now. Days are local.
-- grain: handoff that is won now
-- key: handoff_id
-- owner: service delivery lead
select
    h.handoff_id,
    f.handoff_key,
    f.project_key,
    h.won_day,
    f.score_at_won,
    local_day(f.first_decision_at_utc, s.time_zone) as first_decision_day,
    f.accepted_first_pass,
    f.kickoff_committed_date as committed_day,
    m.first_committed_seen_day,
    k.kickoff_day,
    f.kickoff_without_signoff,
    local_day(coalesce(p.cancelled_at_utc, p.deleted_at_utc), s.time_zone) as cancelled_day,
    d.source_url
from core.handoff as h
cross join policy.setting as s
inner join marts.fact_handoff as f on contract_key($tenant, 'handoff', h.handoff_id) = f.handoff_key
inner join marts.dim_handoff as d on f.handoff_key = d.handoff_key
inner join core.commitment as m on h.handoff_id = m.handoff_id
left join core.handoff_project as p on h.handoff_id = p.handoff_id and p.is_first
left join core.project_kickoff as k on p.project_id = k.project_id
where h.deal_state = 'won'

-- When each project was active and closed. It belongs to a deal here only while that is won (handoff_key 0 otherwise). Days are local.
-- grain: project
-- key: project_id
-- owner: service delivery lead
select
    p.project_id,
    d.project_key,
    case when h.deal_state = 'won' then d.handoff_key else 0 end as handoff_key,
    coalesce(h.deal_state = 'won', false) as is_won_deal,
    p.handoff_id is not null as has_deal,
    d.client_key,
    p.team as delivery_team,
    coalesce(k.kickoff_day, local_day(p.created_at_utc, s.time_zone)) as active_from_day,
    local_day(coalesce(p.closed_at_utc, p.cancelled_at_utc, p.deleted_at_utc), s.time_zone) as ended_day,
    local_day(p.closed_at_utc, s.time_zone) as closed_day,
    local_day(p.cancelled_at_utc, s.time_zone) as cancelled_day,
    p.is_deleted,
    d.source_url
from core.handoff_project as p
cross join policy.setting as s
inner join marts.dim_project as d on contract_key($tenant, 'project', p.project_id) = d.project_key
left join core.handoff as h on p.handoff_id = h.handoff_id
left join core.project_kickoff as k on p.project_id = k.project_id

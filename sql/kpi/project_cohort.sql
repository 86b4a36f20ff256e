-- When each project was active, in every segment that it belongs to; a project has a sales team only through a won deal. Days are local.
-- grain: project x segment
-- key: project_id, segment_type, segment
-- owner: service delivery lead
select
    p.project_id,
    p.handoff_id,
    h.deal_state = 'won' as is_won_deal,
    g.segment_type,
    g.segment,
    coalesce(k.kickoff_day, local_day(p.created_at_utc, s.time_zone)) as active_from_day,
    local_day(coalesce(p.closed_at_utc, p.cancelled_at_utc, p.deleted_at_utc), s.time_zone) as ended_day,
    local_day(p.closed_at_utc, s.time_zone) as closed_day
from core.handoff_project as p
cross join policy.setting as s
left join core.handoff as h on p.handoff_id = h.handoff_id
inner join kpi.segment as g on g.segment_type = 'all' or (g.segment_type = 'sales_team' and h.deal_state = 'won' and h.sales_team = g.segment)
left join core.project_kickoff as k on p.project_id = k.project_id

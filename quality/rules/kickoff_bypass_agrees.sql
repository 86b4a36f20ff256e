-- A kickoff without sign-off is a bypass and a bypass such a kickoff, but for historic deals and projects made before go-live, which open none.
-- reads: marts.fact_handoff, marts.fact_bypass, marts.dim_handoff, marts.dim_project, policy.setting
select h.handoff_key
from marts.fact_handoff as h
cross join policy.setting as s
inner join marts.dim_handoff as d on h.handoff_key = d.handoff_key
left join marts.dim_project as p on h.project_key = p.project_key
left join (
    select distinct b.handoff_key
    from marts.fact_bypass as b
    where b.kind = 'kickoff_without_signoff'
) as b on h.handoff_key = b.handoff_key
where
    not d.is_historic
    and d.deal_state = 'won'
    and (b.handoff_key is not null)
    != (
        coalesce(h.kickoff_without_signoff, false)
        and coalesce(cast(timezone(s.time_zone, timezone('UTC', p.created_at_utc)) as date) >= s.go_live, false)
    )

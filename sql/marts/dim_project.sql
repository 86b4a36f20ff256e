-- Every project, with or without an opportunity, as last seen.
-- grain: project
-- key: project_key
-- owner: project manager
with logged as (
    select
        t.project_id,
        cast(sum(t.hours) as decimal(18, 4)) as hours
    from core.time_entry as t
    where t.project_id is not null and t.removed_day is null
    group by t.project_id
)

select
    contract_key($tenant, 'project', p.project_id) as project_key,
    contract_key($tenant, 'tenant', $tenant) as tenant_key,
    p.project_id,
    coalesce(contract_key($tenant, 'handoff', p.handoff_id), 0) as handoff_key,
    coalesce(contract_key($tenant, 'client', c.client_id), 0) as client_key,
    p.title as project_name,
    p.origin,
    p.is_first,
    case
        when p.is_deleted then 'deleted'
        when p.is_cancelled then 'cancelled'
        when p.closed_at_utc is not null then 'closed'
        else 'open'
    end as project_state,
    p.created_at_utc,
    p.closed_at_utc,
    date_key(local_day(p.closed_at_utc, s.time_zone)) as closed_date_key,
    p.cancelled_at_utc,
    coalesce(b.hours, h.hours) as baseline_hours,
    coalesce(l.hours, 0) as logged_hours,
    s.links_base || '/tickets?id=' || p.project_id as source_url
from core.handoff_project as p
cross join policy.setting as s
left join staging.client as c on p.client_id = c.client_id
left join core.project_baseline as b on p.project_id = b.project_id
left join core.project_share as h on p.project_id = h.project_id
left join logged as l on p.project_id = l.project_id
union all
select
    0, 0, 0, 0, 0, '(unknown)', '(unknown)', false, '(unknown)', timestamp '1900-01-01', timestamp '1900-01-01', 0, timestamp '1900-01-01',
    0, 0, '(unknown)'

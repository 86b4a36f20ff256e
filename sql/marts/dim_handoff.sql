-- Every opportunity that was ever won. `stage` is the furthest stage whose evidence is seen.
-- grain: one won opportunity, ever; rows never vanish
-- key: handoff_key
-- owner: service delivery lead
with open_item as (
    select
        g.handoff_id,
        bool_or(c.quality < 1) as has_open_item
    from core.handoff_stage as g
    inner join core.item_check as c on g.handoff_id = c.handoff_id and g.slice_batch = c.slice_batch
    where g.stage = 'latest'
    group by g.handoff_id
)

select
    contract_key($tenant, 'handoff', h.handoff_id) as handoff_key,
    contract_key($tenant, 'tenant', $tenant) as tenant_key,
    h.handoff_id,
    h.title,
    h.deal_state,
    case
        when p.closed_at_utc is not null then 'closed'
        when k.kickoff_at_utc is not null then 'kicked_off'
        when k.scheduled_at_utc is not null then 'kickoff_scheduled'
        when o.signoff_state = 'accepted' then 'signed_off'
        when p.project_id is not null then 'provisioned'
        when not i.has_open_item then 'checklist_complete'
        else 'won'
    end as stage,
    h.deal_type,
    h.service_template,
    h.is_historic,
    false as in_pilot,
    s.links_base || '/tickets?id=' || h.handoff_id as source_url
from core.handoff as h
cross join policy.setting as s
inner join core.signoff as o on h.handoff_id = o.handoff_id
left join core.handoff_project as p on h.handoff_id = p.handoff_id and p.is_first
left join core.project_kickoff as k on p.project_id = k.project_id
left join open_item as i on h.handoff_id = i.handoff_id
union all
select
    0, 0, 0, '(unknown)', '(unknown)', '(unknown)', '(unknown)', '(unknown)', false, false, '(unknown)'

-- Every opportunity that was ever won. `stage` is the furthest stage whose evidence is seen; in the pilot are live handoffs that fit every
-- filled list of the policy's cohort, whatever the phase.
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
),

agent as (
    select
        a.agent_id,
        a.agent_name
    from staging.agent as a
    qualify row_number() over (partition by a.agent_id order by a.batch_no desc) = 1
),

pilot_list as (
    select
        n.meaning,
        n.name,
        cast(null as bigint) as id
    from policy.name_list as n
    where n.meaning in ('pilot_team', 'pilot_client', 'pilot_deal_type', 'pilot_agent')
    union all
    select
        n.meaning,
        null,
        n.id
    from policy.id_list as n
    where n.meaning in ('pilot_client', 'pilot_agent')
),

pilot as (
    select count(distinct l.meaning) as filled
    from pilot_list as l
),

pilot_fit as (
    select
        h.handoff_id,
        count(distinct l.meaning) as fitting
    from core.handoff as h
    left join agent as a on h.sales_agent_id = a.agent_id
    left join staging.client as c on h.client_id = c.client_id
    inner join pilot_list as l
        on
            (l.meaning = 'pilot_team' and l.name = folded(h.sales_team))
            or (l.meaning = 'pilot_client' and (l.id = h.client_id or l.name = folded(c.client_name)))
            or (l.meaning = 'pilot_deal_type' and l.name = folded(h.deal_type))
            or (l.meaning = 'pilot_agent' and (l.id = h.sales_agent_id or l.name = folded(a.agent_name)))
    where not h.is_historic
    group by h.handoff_id
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
    coalesce(f.fitting = v.filled, false) as in_pilot,
    s.links_base || '/tickets?id=' || h.handoff_id as source_url
from core.handoff as h
cross join policy.setting as s
cross join pilot as v
inner join core.signoff as o on h.handoff_id = o.handoff_id
left join core.handoff_project as p on h.handoff_id = p.handoff_id and p.is_first
left join core.project_kickoff as k on p.project_id = k.project_id
left join open_item as i on h.handoff_id = i.handoff_id
left join pilot_fit as f on h.handoff_id = f.handoff_id
union all
select
    0, 0, 0, '(unknown)', '(unknown)', '(unknown)', '(unknown)', '(unknown)', false, false, '(unknown)'

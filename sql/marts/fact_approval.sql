-- Sign-offs asked for on the projects of won deals, in one of the policy's steps, as last seen; and what the product itself asked of people.
-- A sign-off is void once a value that it covers changed, or it was deleted; a request that was deleted unanswered has expired.
-- grain: one approval asked of one person
-- key: approval_key
-- owner: project manager
with asked as (
    select
        a.ticket_id,
        a.seq,
        a.agent_id,
        a.is_deleted,
        coalesce(a.requested_at_utc, min(a.seen_at_utc) over (partition by a.ticket_id, a.seq)) as requested_at_utc,
        coalesce(a.decided_at_utc, min(a.seen_at_utc) over (partition by a.ticket_id, a.seq, a.result)) as answered_at_utc,
        a.result,
        a.requested_at_utc as requested_told,
        a.decided_at_utc as decided_told
    from staging.approval as a
    inner join policy.name_list as n on n.meaning = 'signoff_step' and a.step_name = n.name
    qualify row_number() over (partition by a.ticket_id, a.seq order by a.batch_no desc) = 1
),

named as (
    select
        i.id as result,
        replace(i.meaning, 'signoff_', '') as result_name
    from policy.id_list as i
    where i.meaning like 'signoff_%'
),

agent as (
    select distinct g.agent_id
    from staging.agent as g
)

select
    contract_key($tenant, 'approval', a.ticket_id || ':' || a.seq) as approval_key,
    contract_key($tenant, 'handoff', p.handoff_id) as handoff_key,
    contract_key($tenant, 'project', p.project_id) as project_key,
    'signoff' as kind,
    coalesce(contract_key($tenant, 'agent', g.agent_id), 0) as approver_key,
    a.requested_at_utc,
    case when r.result_name in ('accepted', 'rejected') then a.answered_at_utc end as decided_at_utc,
    case
        when r.result_name = 'accepted' and (a.is_deleted or v.void_batch is not null) then 'void'
        when r.result_name in ('accepted', 'rejected') then r.result_name
        when a.is_deleted then 'expired'
        else 'pending'
    end as result,
    'halopsa' as channel,
    false as is_weak,
    cast(null as text) as content_hash,
    s.links_base || '/tickets?id=' || p.project_id as source_url,
    -- A day is no moment, and the night that saw one is not the moment itself.
    coalesce(not is_midnight(a.requested_told, s.time_zone), false)
    and case
        when r.result_name in ('accepted', 'rejected') then coalesce(not is_midnight(a.decided_told, s.time_zone), false)
        else true
    end as has_moments
from core.handoff_project as p
cross join policy.setting as s
inner join asked as a on p.project_id = a.ticket_id
left join named as r on a.result = r.result
left join core.signoff_acceptance as v on p.project_id = v.project_id and a.seq = v.seq
left join agent as g on a.agent_id = g.agent_id
where p.handoff_id is not null
union all
select
    contract_key($tenant, 'approval', a.approval_id) as approval_key,
    coalesce(contract_key($tenant, 'handoff', h.handoff_id), 0) as handoff_key,
    coalesce(contract_key($tenant, 'project', p.project_id), 0) as project_key,
    a.kind,
    coalesce(contract_key($tenant, 'agent', g.agent_id), 0) as approver_key,
    a.requested_at_utc,
    -- Nobody decided what expired.
    case when a.result in ('accepted', 'rejected', 'void') then a.decided_at_utc end as decided_at_utc,
    a.result,
    a.channel,
    a.is_weak,
    a.content_hash,
    a.source_url,
    true as has_moments
from ledger.approval as a
left join core.handoff as h on a.handoff_id = h.handoff_id
left join core.handoff_project as p on a.project_id = p.project_id
left join agent as g on a.approver_id = g.agent_id

-- Sign-offs asked for on first projects, with the night that first saw the present result, and whether the decision counts:
-- it does when its agent holds the delivery role and is not the deal's seller.
-- grain: handoff x approval
-- key: handoff_id, seq
-- owner: project manager
with newest as (
    select
        a.ticket_id,
        a.seq,
        a.agent_id,
        a.requested_at_utc,
        a.decided_at_utc,
        a.result,
        min(a.batch_no) over (partition by a.ticket_id, a.seq, a.result) as seen_batch,
        a.seen_at_utc,
        case when a.is_deleted then a.batch_no end as deleted_batch
    from staging.approval as a
    inner join policy.name_list as n on n.meaning = 'signoff_step' and a.step_name = n.name
    qualify row_number() over (partition by a.ticket_id, a.seq order by a.batch_no desc) = 1
),

agent as (
    select
        a.agent_id,
        a.agent_name,
        a.team
    from staging.agent as a
    qualify row_number() over (partition by a.agent_id order by a.batch_no desc) = 1
),

delivery as (
    select a.agent_id
    from agent as a
    where
        folded(a.team) in (select n.name from policy.name_list as n where n.meaning = 'delivery_team')
        or folded(a.agent_name) in (select n.name from policy.name_list as n where n.meaning = 'delivery_agent')
),

named as (
    select
        i.id as result,
        replace(i.meaning, 'signoff_', '') as result_name
    from policy.id_list as i
    where i.meaning like 'signoff_%'
)

select
    p.handoff_id,
    p.project_id,
    a.seq,
    a.agent_id,
    a.requested_at_utc,
    coalesce(r.result_name, 'pending') as result,
    case when r.result_name in ('accepted', 'rejected') then coalesce(a.decided_at_utc, n.as_of_utc) end as decided_at_utc,
    a.seen_batch,
    a.deleted_batch,
    (
        r.result_name in ('accepted', 'rejected')
        and d.agent_id is not null
        and a.agent_id is distinct from h.sales_agent_id
    ) as is_counted
from core.handoff_project as p
inner join core.handoff as h on p.handoff_id = h.handoff_id
inner join newest as a on p.project_id = a.ticket_id
inner join core.night as n on a.seen_batch = n.batch_no
left join named as r on a.result = r.result
left join delivery as d on a.agent_id = d.agent_id
-- A request that was deleted before anybody answered is asked no more.
where p.is_first and (a.deleted_batch is null or r.result_name in ('accepted', 'rejected'))

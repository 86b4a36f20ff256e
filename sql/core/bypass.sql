-- Bypasses of a control that the records show. Historic deals and projects made before go-live open none.
-- `is_corrected`: what was lacking is there now. `is_explained`: an approved override names the same item, or a whole control of the handoff.
-- grain: one bypass of a control
-- key: kind, handoff_id, project_id, discriminator
-- owner: service delivery lead
with live as (
    select
        h.handoff_id,
        h.won_at_utc,
        h.win_seen_at_utc,
        h.client_id,
        h.sales_agent_id,
        p.project_id,
        o.signoff_state = 'accepted' as is_signed_off
    from core.handoff as h
    cross join policy.setting as s
    inner join core.signoff as o on h.handoff_id = o.handoff_id
    left join core.handoff_project as p
        on h.handoff_id = p.handoff_id and p.is_first and local_day(p.created_at_utc, s.time_zone) >= s.go_live
    where not h.is_historic
),

hard_at_win as (
    select
        c.handoff_id,
        string_agg(i.title, ', ' order by c.position) as titles,
        bool_and(coalesce(n.result = 'met', false)) as is_corrected,
        bool_and(exists (
            select 1
            from core.waiver as w
            where c.handoff_id = w.handoff_id and c.item = w.item and w.from_utc > c.stage_at_utc
        )) as is_explained
    from core.stage_check as c
    inner join policy.checklist_item as i on c.item = i.item
    left join core.stage_check as n on c.handoff_id = n.handoff_id and c.item = n.item and n.stage = 'latest'
    where c.stage = 'won' and c.is_hard and c.quality < 1 and not c.is_waived
    group by c.handoff_id
),

overridden as (
    select
        w.handoff_id,
        max(w.to_utc) as to_utc
    from core.waiver as w
    where w.item = ''
    group by w.handoff_id
),

signed_at_gate as (
    select
        k.project_id,
        bool_or(
            a.decided_at_utc <= k.schedule_seen_at_utc
            and (a.void_at_utc is null or a.void_at_utc > k.schedule_seen_at_utc)
        ) as at_schedule,
        bool_or(a.decided_at_utc <= k.gate_at_utc and (a.void_at_utc is null or a.void_at_utc > k.gate_at_utc)) as at_kickoff
    from core.project_kickoff as k
    inner join core.signoff_acceptance as a on k.project_id = a.project_id
    group by k.project_id
)

select
    'won_without_checklist' as kind,
    l.handoff_id,
    cast(null as bigint) as project_id,
    '' as discriminator,
    l.client_id,
    l.sales_agent_id as agent_id,
    l.won_at_utc as happened_at_utc,
    l.win_seen_at_utc as detected_at_utc,
    'Hard items not met at the win: ' || h.titles as detail,
    h.is_corrected,
    h.is_explained,
    l.handoff_id as record_id
from live as l
inner join hard_at_win as h on l.handoff_id = h.handoff_id
union all
select
    'kickoff_scheduled_without_signoff' as kind,
    l.handoff_id,
    l.project_id,
    '' as discriminator,
    l.client_id,
    p.agent_id,
    k.schedule_seen_at_utc as happened_at_utc,
    k.schedule_seen_at_utc as detected_at_utc,
    'A kickoff was in the calendar without a valid delivery sign-off' as detail,
    l.is_signed_off as is_corrected,
    coalesce(o.to_utc > k.schedule_seen_at_utc, false) as is_explained,
    l.project_id as record_id
from live as l
inner join core.handoff_project as p on l.project_id = p.project_id
inner join core.project_kickoff as k on l.project_id = k.project_id
left join signed_at_gate as g on l.project_id = g.project_id
left join overridden as o on l.handoff_id = o.handoff_id
where k.schedule_seen_at_utc is not null and not coalesce(g.at_schedule, false)
union all
select
    'kickoff_without_signoff' as kind,
    l.handoff_id,
    l.project_id,
    '' as discriminator,
    l.client_id,
    p.agent_id,
    k.kickoff_at_utc as happened_at_utc,
    k.kickoff_seen_at_utc as detected_at_utc,
    'The project kicked off without a valid delivery sign-off' as detail,
    l.is_signed_off as is_corrected,
    coalesce(o.to_utc > k.kickoff_at_utc, false) as is_explained,
    l.project_id as record_id
from live as l
inner join core.handoff_project as p on l.project_id = p.project_id
inner join core.project_kickoff as k on l.project_id = k.project_id
left join signed_at_gate as g on l.project_id = g.project_id
left join overridden as o on l.handoff_id = o.handoff_id
where k.kickoff_at_utc is not null and not coalesce(g.at_kickoff, false)
union all
select
    'edited_after_signoff' as kind,
    l.handoff_id,
    a.project_id,
    a.project_id || ':' || a.seq as discriminator,
    l.client_id,
    -- Who edited it is in HaloPSA's audit, which is not read yet.
    cast(null as bigint) as agent_id,
    a.void_at_utc as happened_at_utc,
    a.void_at_utc as detected_at_utc,
    case
        when a.is_void_by_deletion then 'The sign-off was deleted after it was given'
        else 'A value that the sign-off covers was changed after it'
    end as detail,
    l.is_signed_off as is_corrected,
    coalesce(o.to_utc > a.void_at_utc, false) as is_explained,
    l.handoff_id as record_id
from live as l
inner join core.signoff_acceptance as a on l.handoff_id = a.handoff_id and l.project_id = a.project_id
left join overridden as o on l.handoff_id = o.handoff_id
where a.void_batch is not null
union all
select
    'project_without_opportunity' as kind,
    null as handoff_id,
    p.project_id,
    '' as discriminator,
    p.client_id,
    p.agent_id,
    p.created_at_utc as happened_at_utc,
    p.first_seen_at_utc as detected_at_utc,
    'The project belongs to no opportunity' as detail,
    false as is_corrected,
    false as is_explained,
    p.project_id as record_id
from core.handoff_project as p
cross join policy.setting as s
where p.origin = 'no_opportunity' and local_day(p.created_at_utc, s.time_zone) >= s.go_live

-- One row for each won opportunity: its score, its gaps, its sign-off, its kickoff and what was sold.
-- grain: one won opportunity
-- key: handoff_key
-- owner: service delivery lead
with score as (
    select
        c.handoff_id,
        max(case when c.stage = 'won' then c.score end) as score_at_won,
        max(case when c.stage = 'won' then c.policy_version end) as policy_version,
        max(case when c.stage = 'signoff' then c.score end) as score_at_signoff,
        max(case when c.stage = 'latest' then c.score end) as score_latest
    from core.stage_check as c
    group by c.handoff_id
),

floor_at_win as (
    select
        g.handoff_id,
        e.margin_floor_pct
    from core.handoff_stage as g
    inner join core.evidence as e on g.handoff_id = e.handoff_id and g.slice_batch = e.slice_batch
    where g.stage = 'won'
),

open_gap as (
    select
        g.handoff_id,
        count(*) as open_gaps,
        count(*) filter (where g.is_hard_now) as hard_gaps
    from core.gap as g
    where g.state in ('open', 'waiver_expired')
    group by g.handoff_id
),

project_total as (
    select
        p.handoff_id,
        count(*) as project_count
    from core.handoff_project as p
    where p.handoff_id is not null
    group by p.handoff_id
),

standing as (
    select
        k.project_id,
        bool_or(a.decided_at_utc <= k.gate_at_utc and (a.void_at_utc is null or a.void_at_utc > k.gate_at_utc)) as has_signoff
    from core.project_kickoff as k
    inner join core.signoff_acceptance as a on k.project_id = a.project_id
    where k.gate_at_utc is not null
    group by k.project_id
),

agent as (
    select distinct a.agent_id
    from staging.agent as a
)

select
    contract_key($tenant, 'handoff', h.handoff_id) as handoff_key,
    coalesce(contract_key($tenant, 'client', c.client_id), 0) as client_key,
    coalesce(contract_key($tenant, 'agent', seller.agent_id), 0) as sales_agent_key,
    coalesce(contract_key($tenant, 'agent', manager.agent_id), 0) as delivery_agent_key,
    h.sales_team,
    p.team as delivery_team,
    date_key(h.won_day) as won_date_key,
    h.won_at_utc,
    h.first_won_at_utc,
    coalesce(contract_key($tenant, 'project', p.project_id), 0) as project_key,
    coalesce(t.project_count, 0) as project_count,
    sc.score_at_won,
    sc.score_at_signoff,
    sc.score_latest,
    h.history_basis,
    sc.policy_version,
    coalesce(g.hard_gaps, 0) as hard_gaps,
    coalesce(g.open_gaps, 0) as open_gaps,
    o.signoff_state,
    o.signed_off_at_utc,
    date_key(local_day(o.signed_off_at_utc, s.time_zone)) as signoff_date_key,
    coalesce(contract_key($tenant, 'agent', signer.agent_id), 0) as signed_off_by_key,
    o.first_decision_at_utc,
    o.accepted_first_pass,
    m.committed_day as kickoff_committed_date,
    m.first_committed_day as kickoff_first_committed_date,
    date_key(m.committed_day) as committed_date_key,
    m.commit_basis,
    k.scheduled_at_utc as kickoff_scheduled_at_utc,
    k.schedule_seen_at_utc as kickoff_schedule_seen_at_utc,
    k.kickoff_at_utc as kickoff_actual_at_utc,
    date_key(k.kickoff_day) as kickoff_date_key,
    cast(coalesce(hold.client_hold_days, 0) as bigint) as client_hold_days,
    case
        when k.kickoff_at_utc is not null then 'kicked_off'
        when coalesce(p.is_cancelled or p.is_deleted, false) or h.deal_state in ('lost', 'merged', 'deleted') then 'cancelled'
        when m.committed_day < local_day(cast($as_of as timestamp), s.time_zone) then 'overdue'
        when k.scheduled_at_utc is not null then 'scheduled'
        else 'unscheduled'
    end as kickoff_state,
    date_diff('day', h.won_day, k.kickoff_day) as days_to_kickoff,
    kicked.business_day_number - won.business_day_number as business_days_to_kickoff,
    date_diff('day', m.committed_day, k.kickoff_day) as kickoff_delay_days,
    case when k.kickoff_at_utc is not null then not coalesce(st.has_signoff, false) end as kickoff_without_signoff,
    coalesce(k.kickoff_day < h.won_day, false) as kickoff_before_won,
    len(list_filter(string_split(coalesce(h.delivery_assumptions, ''), chr(10)), lambda one: trim(one, ' ' || chr(9) || chr(13)) != ''))
        as assumptions_recorded,
    cast(null as bigint) as assumptions_missed,
    coalesce(sold.currency, s.base_currency) as currency,
    coalesce(sold.currency_state, 'same') as currency_state,
    coalesce(sold.sold_basis, 'none') as sold_basis,
    sold.revenue as sold_revenue,
    sold.cost as sold_cost,
    sold.hours as sold_hours,
    sold.recurring_annual as sold_recurring_annual,
    sold.revenue_base as sold_revenue_base,
    sold.cost_base as sold_cost_base,
    case
        when sold.revenue > 0 then cast(sold.revenue - sold.cost as double) / cast(sold.revenue as double) * 100
    end as sold_margin_pct,
    f.margin_floor_pct,
    case
        when sold.revenue > 0
            then
                cast(sold.revenue - sold.cost as double) / cast(sold.revenue as double) * 100
                < f.margin_floor_pct
    end as below_margin_floor
from core.handoff as h
cross join policy.setting as s
inner join core.signoff as o on h.handoff_id = o.handoff_id
inner join core.commitment as m on h.handoff_id = m.handoff_id
left join core.handoff_project as p on h.handoff_id = p.handoff_id and p.is_first
left join core.project_kickoff as k on p.project_id = k.project_id
left join standing as st on p.project_id = st.project_id
left join core.sold as sold on h.handoff_id = sold.handoff_id
left join core.client_hold as hold on h.handoff_id = hold.handoff_id
left join project_total as t on h.handoff_id = t.handoff_id
left join score as sc on h.handoff_id = sc.handoff_id
left join open_gap as g on h.handoff_id = g.handoff_id
left join policy.calendar_day as won on h.won_day = won.day
left join policy.calendar_day as kicked on k.kickoff_day = kicked.day
left join floor_at_win as f on h.handoff_id = f.handoff_id
left join staging.client as c on h.client_id = c.client_id
left join agent as seller on h.sales_agent_id = seller.agent_id
left join agent as manager on p.agent_id = manager.agent_id
left join agent as signer on o.signed_off_by_id = signer.agent_id

-- Every opportunity that was won on any night: its win, the night that first saw it, its seller then, and what is known of it now.
-- grain: won opportunity
-- key: handoff_id
-- owner: service delivery lead
with won_version as (
    select
        v.opportunity_id,
        v.valid_from_batch,
        v.valid_from_utc,
        v.won_at_utc
    from core.opportunity_history as v
    where v.is_won
),

win as (
    select
        w.opportunity_id,
        arg_max(w.won_at_utc, w.valid_from_batch) as won_at_utc,
        min(w.won_at_utc) as first_won_at_utc,
        min(w.valid_from_batch) as first_won_batch
    from won_version as w
    group by w.opportunity_id
),

win_night as (
    select
        w.opportunity_id,
        min(v.valid_from_batch) as win_batch
    from win as w
    inner join won_version as v on w.opportunity_id = v.opportunity_id and w.won_at_utc = v.won_at_utc
    group by w.opportunity_id
)

select
    w.opportunity_id as handoff_id,
    w.won_at_utc,
    local_day(w.won_at_utc, s.time_zone) as won_day,
    w.first_won_at_utc,
    w.first_won_batch,
    n.win_batch,
    night.as_of_utc as win_seen_at_utc,
    case
        when night.previous_as_of_utc is not null and w.won_at_utc > night.previous_as_of_utc then 'observed'
        else 'first_seen'
    end as history_basis,
    local_day(w.won_at_utc, s.time_zone) < s.go_live as is_historic,
    at_win.agent_id as sales_agent_id,
    at_win.team as sales_team,
    at_win.deal_type as deal_type_at_win,
    case
        when now.merged_into_id is not null then 'merged'
        when now.is_won then 'won'
        when now.is_lost then 'lost'
        else 'reopened'
    end as deal_state,
    now.title,
    now.client_id,
    now.agent_id,
    now.deal_type,
    now.service_template,
    now.delivery_assumptions
from win as w
cross join policy.setting as s
inner join win_night as n on w.opportunity_id = n.opportunity_id
inner join core.night as night on n.win_batch = night.batch_no
inner join core.opportunity_history as at_win on w.opportunity_id = at_win.opportunity_id and n.win_batch = at_win.valid_from_batch
inner join core.opportunity_history as now on w.opportunity_id = now.opportunity_id and now.is_current

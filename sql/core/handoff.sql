-- Every opportunity that was won on any night: its present win, its seller then, and what is known of it now.
-- grain: won opportunity
-- key: handoff_id
-- owner: service delivery lead
with first_win as (
    select
        w.handoff_id,
        min(w.won_at_utc) as first_won_at_utc,
        min(w.win_batch) as first_won_batch
    from core.win as w
    group by w.handoff_id
)

select
    w.handoff_id,
    w.win_no,
    w.won_at_utc,
    w.won_day,
    f.first_won_at_utc,
    f.first_won_batch,
    w.win_batch,
    w.win_seen_at_utc,
    w.history_basis,
    w.won_day < s.go_live as is_historic,
    at_win.agent_id as sales_agent_id,
    at_win.team as sales_team,
    at_win.deal_type as deal_type_at_win,
    case
        when now.is_deleted then 'deleted'
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
from core.win as w
cross join policy.setting as s
inner join first_win as f on w.handoff_id = f.handoff_id
inner join core.opportunity_history as at_win on w.handoff_id = at_win.opportunity_id and w.win_batch = at_win.valid_from_batch
inner join core.opportunity_history as now on w.handoff_id = now.opportunity_id and now.is_current
where w.is_present

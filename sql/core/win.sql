-- Every win of every opportunity: a win is a win moment, and lasts from the first night that saw it to the night that saw the next.
-- grain: opportunity x win moment
-- key: handoff_id, win_no
-- owner: service delivery lead
with first_seen as (
    select
        v.opportunity_id as handoff_id,
        v.won_at_utc,
        min(v.valid_from_batch) as win_batch
    from core.opportunity_history as v
    where v.is_won
    group by v.opportunity_id, v.won_at_utc
),

present as (
    select
        v.opportunity_id as handoff_id,
        arg_max(v.won_at_utc, v.valid_from_batch) as won_at_utc
    from core.opportunity_history as v
    where v.is_won
    group by v.opportunity_id
)

select
    f.handoff_id,
    row_number() over (partition by f.handoff_id order by f.win_batch) as win_no,
    f.won_at_utc,
    local_day(f.won_at_utc, s.time_zone) as won_day,
    f.win_batch,
    lead(f.win_batch) over (partition by f.handoff_id order by f.win_batch) as next_win_batch,
    n.as_of_utc as win_seen_at_utc,
    case
        when n.previous_as_of_utc is not null and f.won_at_utc > n.previous_as_of_utc then 'observed'
        else 'first_seen'
    end as history_basis,
    f.won_at_utc = p.won_at_utc as is_present
from first_seen as f
cross join policy.setting as s
inner join present as p on f.handoff_id = p.handoff_id
inner join core.night as n on f.win_batch = n.batch_no

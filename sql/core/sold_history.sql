-- What was known, from night to night, of what each deal sold: nothing from a win on, then that win's frozen figures.
-- grain: won opportunity x stretch of nights
-- key: handoff_id, valid_from_batch
-- owner: sales manager
with known as (
    select
        w.handoff_id,
        w.win_batch as valid_from_batch,
        cast(null as decimal(18, 4)) as revenue,
        cast(null as decimal(18, 4)) as cost
    from core.win as w
    left join core.sold_by_win as s on w.handoff_id = s.handoff_id and w.win_no = s.win_no
    where s.freeze_batch is distinct from w.win_batch
    union all
    select
        s.handoff_id,
        s.freeze_batch as valid_from_batch,
        s.revenue,
        s.cost
    from core.sold_by_win as s
)

select
    k.handoff_id,
    k.valid_from_batch,
    lead(k.valid_from_batch) over (partition by k.handoff_id order by k.valid_from_batch) as valid_to_batch,
    k.revenue,
    k.cost,
    case when k.revenue > 0 then cast(k.revenue - k.cost as double) / cast(k.revenue as double) * 100 end as margin_pct
from known as k

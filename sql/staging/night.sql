-- Each landed batch with the night for which its rows count: the first one, from it on, that saw everything. What a night saw that lacked
-- something else is judged only together with what it lacked; the newest batches stand for themselves until such a night has come.
-- grain: landed batch
-- key: batch_no
-- owner: platform
with entity_night as (
    select
        l.batch_no,
        l.state,
        coalesce(bool_or(l.state = 'complete') over (
            partition by l.entity
            order by l.batch_no
            rows between unbounded preceding and current row
        ), false) as was_complete
    from raw.load_batch as l
),

lacking as (
    -- What was never permitted is lacking on no night in particular.
    select distinct e.batch_no
    from entity_night as e
    where e.state in ('incomplete', 'quarantined') or (e.state = 'not_permitted' and e.was_complete)
),

whole as (
    select b.batch_no
    from raw.batch as b
    anti join lacking as l on b.batch_no = l.batch_no
),

counted as (
    select
        b.batch_no,
        coalesce(min(w.batch_no), b.batch_no) as whole_batch_no
    from raw.batch as b
    left join whole as w on b.batch_no <= w.batch_no
    group by b.batch_no
)

select
    c.batch_no,
    c.whole_batch_no,
    w.as_of_utc
from counted as c
inner join raw.batch as w on c.whole_batch_no = w.batch_no

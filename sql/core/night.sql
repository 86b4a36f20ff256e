-- The landed nights up to the as-of, each with the as-of of the night before it that saw everything.
-- grain: landed batch
-- key: batch_no
-- owner: platform
select
    b.batch_no,
    b.as_of_utc,
    (
        select max(p.as_of_utc)
        from staging.night as p
        where p.batch_no = p.whole_batch_no and p.batch_no < b.batch_no
    ) as previous_as_of_utc,
    row_number() over (order by b.batch_no desc) = 1 as is_latest
from raw.batch as b
where b.as_of_utc <= cast($as_of as timestamp)

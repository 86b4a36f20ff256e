-- The landed nights up to the as-of, each with the as-of of the night before it that saw the opportunities whole.
-- grain: landed batch
-- key: batch_no
-- owner: platform
select
    b.batch_no,
    b.as_of_utc,
    (
        select max(p.as_of_utc)
        from raw.batch as p
        inner join raw.load_batch as l on p.batch_no = l.batch_no
        where l.entity = 'opportunity' and l.state = 'complete' and p.batch_no < b.batch_no
    ) as previous_as_of_utc,
    row_number() over (order by b.batch_no desc) = 1 as is_latest
from raw.batch as b
where b.as_of_utc <= cast($as_of as timestamp)

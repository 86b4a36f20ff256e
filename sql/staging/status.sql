-- Ticket statuses by id, as last seen; a deleted one keeps its name, which tickets may still carry.
-- grain: status
-- key: status_id
-- owner: platform
select
    halo_int(r.payload ->> '$.id') as status_id,
    folded(r.payload ->> '$.name') as status_name
from raw.status as r
inner join raw.batch as b on r.batch_no = b.batch_no
where b.as_of_utc <= cast($as_of as timestamp)
qualify row_number() over (partition by r.row_key order by r.batch_no desc, r.is_deleted asc) = 1

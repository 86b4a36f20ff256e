-- Ticket types by id, as last seen; a deleted one keeps its name, which tickets may still carry.
-- grain: ticket type
-- key: ticket_type_id
-- owner: platform
select
    halo_int(r.payload ->> '$.id') as ticket_type_id,
    folded(r.payload ->> '$.name') as ticket_type_name
from raw.ticket_type as r
inner join raw.batch as b on r.batch_no = b.batch_no
where b.as_of_utc <= cast($as_of as timestamp)
qualify row_number() over (partition by r.row_key order by r.batch_no desc, r.is_deleted asc) = 1

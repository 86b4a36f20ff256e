-- Clients as last seen. Client 1 is HaloPSA's "unknown" and is left out.
-- grain: client
-- key: client_id
-- owner: platform
with seen as (
    select
        halo_int(r.payload ->> '$.id') as client_id,
        coalesce(halo_text(r.payload ->> '$.name'), '(no name)') as client_name,
        r.is_deleted
    from raw.client as r
    inner join raw.batch as b on r.batch_no = b.batch_no
    where b.as_of_utc <= cast($as_of as timestamp)
    qualify row_number() over (partition by r.row_key order by r.batch_no desc, r.is_deleted asc) = 1
)

select
    s.client_id,
    s.client_name,
    s.is_deleted
from seen as s
where s.client_id > 1

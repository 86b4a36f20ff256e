-- Sites as last seen, with their client: a ticket may name its site alone.
-- grain: site
-- key: site_id
-- owner: platform
select
    halo_int(r.payload ->> '$.id') as site_id,
    halo_id(r.payload ->> '$.client_id') as client_id
from raw.site as r
inner join raw.batch as b on r.batch_no = b.batch_no
where b.as_of_utc <= cast($as_of as timestamp) and halo_id(r.payload ->> '$.id') is not null
qualify row_number() over (partition by r.row_key order by r.batch_no desc, r.is_deleted asc) = 1

-- Ids that HaloPSA gave to another record after a deletion, with the night since which that record has them: after a tombstone a record of
-- another date of birth, or any record in the tombstone's own night. What was seen before is the old record's, and counts no more.
-- grain: entity x key that was used again
-- key: entity, row_key
-- owner: platform
with version as (
    select 'opportunity' as entity, r.row_key, r.batch_no, r.is_deleted, r.payload ->> '$.dateoccurred' as born
    from raw.opportunity as r
    where r.row_key in (select d.row_key from raw.opportunity as d where d.is_deleted)
    union all
    select 'project' as entity, r.row_key, r.batch_no, r.is_deleted, r.payload ->> '$.dateoccurred' as born
    from raw.project as r
    where r.row_key in (select d.row_key from raw.project as d where d.is_deleted)
    union all
    select 'change_request' as entity, r.row_key, r.batch_no, r.is_deleted, r.payload ->> '$.dateoccurred' as born
    from raw.change_request as r
    where r.row_key in (select d.row_key from raw.change_request as d where d.is_deleted)
    union all
    select 'quotation' as entity, r.row_key, r.batch_no, r.is_deleted, r.payload ->> '$.date' as born
    from raw.quotation as r
    where r.row_key in (select d.row_key from raw.quotation as d where d.is_deleted)
    union all
    select 'sales_order' as entity, r.row_key, r.batch_no, r.is_deleted, r.payload ->> '$.date' as born
    from raw.sales_order as r
    where r.row_key in (select d.row_key from raw.sales_order as d where d.is_deleted)
    union all
    select 'action' as entity, r.row_key, r.batch_no, r.is_deleted, r.payload ->> '$.actiondatecreated' as born
    from raw.action as r
    where r.row_key in (select d.row_key from raw.action as d where d.is_deleted)
    union all
    select 'approval' as entity, r.row_key, r.batch_no, r.is_deleted, r.payload ->> '$.datetime' as born
    from raw.approval as r
    where r.row_key in (select d.row_key from raw.approval as d where d.is_deleted)
),

in_order as (
    select
        v.entity,
        v.row_key,
        v.batch_no,
        v.is_deleted,
        halo_utc(v.born) as born_at_utc,
        lag(v.is_deleted) over one_id as is_after_deletion,
        lag(v.batch_no) over one_id as former_batch_no,
        lag(halo_utc(v.born)) over one_id as former_born_at_utc
    from version as v
    inner join raw.batch as b on v.batch_no = b.batch_no
    where b.as_of_utc <= cast($as_of as timestamp)
    window one_id as (partition by v.entity, v.row_key order by v.batch_no asc, v.is_deleted desc)
)

select
    o.entity,
    o.row_key,
    -- Its id where the record is a ticket: time, approvals and quotations of the old ticket are not the new one's.
    case when o.entity in ('opportunity', 'project', 'change_request') then halo_int(o.row_key) end as ticket_id,
    max(o.batch_no) as since_batch
from in_order as o
where not o.is_deleted and o.is_after_deletion and (o.batch_no = o.former_batch_no or o.born_at_utc != o.former_born_at_utc)
group by o.entity, o.row_key

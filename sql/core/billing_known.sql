-- Whether it is known what was billed: the invoices were read whole on some night, and every posted one came with its lines.
-- Where it is not known, nobody can say that work was not billed.
-- grain: one row
-- key: is_known
-- owner: platform
select
    exists (
        select 1
        from raw.load_batch as l
        inner join raw.batch as b on l.batch_no = b.batch_no
        where l.entity = 'invoice' and l.state = 'complete' and b.as_of_utc <= cast($as_of as timestamp)
    )
    and not exists (select 1 from staging.invoice as i where not i.has_lines) as is_known

-- Which version of an opportunity's mapped custom fields was in force, from night to night (SCD2): a row for each stretch of nights in which
-- none of them changed. The fields themselves are staging.ticket_field of the batch `valid_from_batch`.
-- grain: opportunity x stretch of nights
-- key: opportunity_id, valid_from_batch
-- owner: platform
with version as (
    select
        t.ticket_id as opportunity_id,
        t.batch_no,
        list(row(f.meaning, f.stored, f.value) order by f.meaning) filter (where f.meaning is not null) as content
    from staging.ticket as t
    left join staging.ticket_field as f on t.entity = f.entity and t.ticket_id = f.ticket_id and t.batch_no = f.batch_no
    where t.entity = 'opportunity'
    group by t.ticket_id, t.batch_no
),

changed as (
    select
        v.opportunity_id,
        v.batch_no,
        v.content,
        lag(v.batch_no) over (partition by v.opportunity_id order by v.batch_no) as former_batch_no,
        lag(v.content) over (partition by v.opportunity_id order by v.batch_no) as former_content
    from version as v
)

select
    c.opportunity_id,
    c.batch_no as valid_from_batch,
    lead(c.batch_no) over (partition by c.opportunity_id order by c.batch_no) as valid_to_batch
from changed as c
where c.former_batch_no is null or c.content is distinct from c.former_content

-- What was known of each quotation, from night to night (SCD2); its lines are staging.quotation_line of the same batch.
-- grain: quotation x stretch of nights
-- key: quotation_id, valid_from_batch
-- owner: platform
select
    q.quotation_id,
    q.opportunity_id,
    q.status,
    not q.is_deleted and q.status in (select i.id from policy.id_list as i where i.meaning = 'accepted_quotation_status') as is_accepted,
    q.revised_from_id,
    local_day(q.accepted_at_utc, s.time_zone) as accepted_day,
    q.accepted_by,
    coalesce(q.currency, s.base_currency) as currency,
    q.batch_no as valid_from_batch,
    lead(q.batch_no) over (partition by q.quotation_id order by q.batch_no) as valid_to_batch,
    q.seen_at_utc as valid_from_utc,
    lead(q.seen_at_utc) over (partition by q.quotation_id order by q.batch_no) as valid_to_utc,
    lead(q.batch_no) over (partition by q.quotation_id order by q.batch_no) is null as is_current
from staging.quotation as q
cross join policy.setting as s
where q.quotation_id is not null

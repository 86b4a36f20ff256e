-- What was known of each sales order, from night to night (SCD2); its lines are staging.sales_order_line of the same batch.
-- A deleted one has sold nothing from then on. An order that names no opportunity belongs to the opportunity of its quotation.
-- grain: sales order x stretch of nights
-- key: order_id, valid_from_batch
-- owner: platform
with quotation_owner as (
    select
        q.quotation_id,
        q.opportunity_id
    from core.quotation_history as q
    where q.is_current
)

select
    o.order_id,
    coalesce(o.opportunity_id, q.opportunity_id) as opportunity_id,
    o.quotation_id,
    o.is_deleted,
    coalesce(o.currency, s.base_currency) as currency,
    o.batch_no as valid_from_batch,
    lead(o.batch_no) over (partition by o.order_id order by o.batch_no) as valid_to_batch,
    o.seen_at_utc as valid_from_utc,
    lead(o.seen_at_utc) over (partition by o.order_id order by o.batch_no) as valid_to_utc,
    lead(o.batch_no) over (partition by o.order_id order by o.batch_no) is null as is_current
from staging.sales_order as o
cross join policy.setting as s
left join quotation_owner as q on o.quotation_id = q.quotation_id
where o.order_id is not null

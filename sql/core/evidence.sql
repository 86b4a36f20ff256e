-- What the checklist may judge of each handoff, from night to night since it was first won: the input of scoring.
-- grain: handoff x stretch of nights
-- key: handoff_id, slice_batch
-- owner: sales manager
with deal as (
    select
        v.opportunity_id as handoff_id,
        v.valid_from_batch,
        v.valid_to_batch,
        v.is_won and v.merged_into_id is null and not v.is_deleted as is_won,
        v.deal_type,
        v.signed_scope_link,
        v.signed_scope_date,
        v.delivery_assumptions,
        v.dependencies,
        v.acceptance_criteria
    from core.opportunity_history as v
    inner join core.handoff as h on v.opportunity_id = h.handoff_id and v.valid_from_batch >= h.first_won_batch
),

boundary as (
    select
        d.handoff_id,
        d.valid_from_batch as slice_batch
    from deal as d
    union
    select
        s.handoff_id,
        s.valid_from_batch as slice_batch
    from core.sold_history as s
),

slice as (
    select
        b.handoff_id,
        b.slice_batch,
        lead(b.slice_batch) over (partition by b.handoff_id order by b.slice_batch) as next_batch
    from boundary as b
)

select
    s.handoff_id,
    s.slice_batch,
    s.next_batch,
    n.as_of_utc as slice_from_utc,
    following.as_of_utc as slice_to_utc,
    d.is_won,
    d.signed_scope_link,
    d.signed_scope_date,
    d.delivery_assumptions,
    d.dependencies,
    d.acceptance_criteria,
    sold.margin_pct as sold_margin_pct,
    printf('%.4f', sold.margin_pct) as sold_margin_text,
    coalesce(f.floor_pct, p.margin_floor_default_pct) as margin_floor_pct,
    p.links_base || '/tickets?id=' || s.handoff_id as source_url
from slice as s
cross join policy.setting as p
inner join core.night as n on s.slice_batch = n.batch_no
inner join deal as d
    on
        s.handoff_id = d.handoff_id
        and in_force(d.valid_from_batch, d.valid_to_batch, s.slice_batch)
left join core.night as following on s.next_batch = following.batch_no
left join core.sold_history as sold
    on
        s.handoff_id = sold.handoff_id
        and in_force(sold.valid_from_batch, sold.valid_to_batch, s.slice_batch)
left join policy.margin_floor as f on folded(d.deal_type) = f.deal_type

-- What the checklist may judge of each handoff, from night to night since it was first won: the input of scoring, together with the fields
-- and documents of core.evidence_field and core.evidence_document.
-- grain: handoff x stretch of nights
-- key: handoff_id, slice_batch
-- owner: sales manager
with accepted as (
    select
        s.handoff_id,
        s.slice_batch,
        bool_or(q.accepted_day is not null) as has_accepted_day,
        bool_or(q.accepted_by is not null) as has_accepted_by,
        string_agg(
            q.quotation_id || '|' || coalesce(strftime(q.accepted_day, '%Y-%m-%d'), '') || '|' || coalesce(q.accepted_by, ''),
            chr(10)
            order by q.quotation_id
        ) as accepted_text
    from core.deal_slice as s
    inner join core.quotation_history as q
        on s.handoff_id = q.opportunity_id and q.is_accepted and in_force(q.valid_from_batch, q.valid_to_batch, s.slice_batch)
    group by s.handoff_id, s.slice_batch
),

documented as (
    select
        h.handoff_id,
        min(n.whole_batch_no) as since_batch
    from core.handoff as h
    inner join staging.night as n on h.first_won_batch <= n.whole_batch_no
    inner join raw.load_batch as l on n.batch_no = l.batch_no and l.entity = 'attachment' and l.state = 'complete'
    -- Documents are read for deals won since go-live only.
    where not h.is_historic
    group by h.handoff_id
),

signed_copy as (
    select distinct
        d.handoff_id,
        d.slice_batch
    from core.evidence_document as d
    where d.place = 'quotation'
)

select
    s.handoff_id,
    s.slice_batch,
    s.next_batch,
    s.slice_from_utc,
    s.slice_to_utc,
    s.policy_no,
    v.is_won and v.merged_into_id is null and not v.is_deleted as is_won,
    h.won_order,
    v.deal_type,
    v.service_template,
    local_day(v.won_at_utc, p.time_zone) as won_day,
    sold.margin_pct as sold_margin_pct,
    printf('%.4f', sold.margin_pct) as sold_margin_text,
    coalesce(f.floor_pct, ruling.margin_floor_default_pct) as margin_floor_pct,
    a.handoff_id is not null as has_accepted_quotation,
    coalesce(a.has_accepted_day, false) as has_accepted_day,
    coalesce(a.has_accepted_by, false) as has_accepted_by,
    c.handoff_id is not null as has_signed_copy,
    a.accepted_text,
    coalesce(d.since_batch <= s.slice_batch, false) as is_documented,
    p.links_base || '/tickets?id=' || s.handoff_id as source_url
from core.deal_slice as s
cross join policy.setting as p
inner join (
    select
        h.handoff_id,
        row_number() over (order by h.first_won_at_utc, h.handoff_id) as won_order
    from core.handoff as h
) as h on s.handoff_id = h.handoff_id
inner join policy.document as ruling on s.policy_no = ruling.policy_no
inner join core.opportunity_history as v
    on s.handoff_id = v.opportunity_id and in_force(v.valid_from_batch, v.valid_to_batch, s.slice_batch)
left join core.sold_history as sold
    on s.handoff_id = sold.handoff_id and in_force(sold.valid_from_batch, sold.valid_to_batch, s.slice_batch)
left join policy.document_floor as f on s.policy_no = f.policy_no and folded(v.deal_type) = f.deal_type
left join accepted as a on s.handoff_id = a.handoff_id and s.slice_batch = a.slice_batch
left join documented as d on s.handoff_id = d.handoff_id
left join signed_copy as c on s.handoff_id = c.handoff_id and s.slice_batch = c.slice_batch

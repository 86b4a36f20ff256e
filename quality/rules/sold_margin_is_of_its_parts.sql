-- The sold margin is revenue less cost over revenue, and there is none where revenue is not above 0.
-- reads: marts.fact_handoff
select h.handoff_key
from marts.fact_handoff as h
where
    (h.sold_revenue > 0 and h.sold_cost is not null and coalesce(abs(
        h.sold_margin_pct
        - cast(h.sold_revenue - h.sold_cost as double) / nullif(cast(h.sold_revenue as double), 0) * 100
    ) > 1e-9, true))
    or (coalesce(h.sold_revenue <= 0, true) and h.sold_margin_pct is not null)
    or (h.sold_margin_pct < h.margin_floor_pct and not coalesce(h.below_margin_floor, false))

-- Erosion is the sold margin less the forecast one, in percentage points and as an amount; a complete row has both.
-- reads: marts.fact_project_margin
select
    m.project_key,
    m.handoff_key,
    m.as_of_date
from marts.fact_project_margin as m
where
    m.margin_state = 'complete'
    and (
        coalesce(abs(m.erosion_pp - (m.sold_margin_pct - m.forecast_margin_pct)) > 1e-9, true)
        or coalesce(
            m.erosion_amount_base != (m.sold_revenue_base - m.sold_cost_base) - (m.forecast_revenue_base - m.forecast_cost_base), true
        )
    )

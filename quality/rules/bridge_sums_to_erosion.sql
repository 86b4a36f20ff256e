-- The seven parts of the bridge sum to the erosion of every complete row, to the last digit; where the state is not complete there is neither.
-- reads: marts.fact_project_margin
select
    m.project_key,
    m.handoff_key,
    m.as_of_date
from marts.fact_project_margin as m
where
    (
        m.margin_state = 'complete'
        and coalesce(
            m.erosion_amount_base
            != coalesce(m.bridge_hours, 0)
            + coalesce(m.bridge_rate, 0)
            + m.bridge_third_party
            + m.bridge_discount
            + m.bridge_unapproved_change
            + m.bridge_approved_change
            + m.bridge_unexplained,
            true
        )
    )
    or (m.margin_state != 'complete' and coalesce(m.erosion_amount_base, m.bridge_unexplained) is not null)

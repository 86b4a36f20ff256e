-- No gap is ever opened on a historic deal, and an open one only on a deal that is won.
-- reads: marts.fact_gap, marts.dim_handoff
select g.gap_key
from marts.fact_gap as g
inner join marts.dim_handoff as h on g.handoff_key = h.handoff_key
where h.is_historic or (g.state in ('open', 'waiver_expired') and h.deal_state != 'won')

-- A handoff's open gaps are those of fact_gap, and its hard ones are among them.
-- reads: marts.fact_handoff, marts.fact_gap
with counted as (
    select
        g.handoff_key,
        count(*) filter (where g.state in ('open', 'waiver_expired')) as open_gaps
    from marts.fact_gap as g
    group by g.handoff_key
)

select h.handoff_key
from marts.fact_handoff as h
left join counted as c on h.handoff_key = c.handoff_key
where h.open_gaps != coalesce(c.open_gaps, 0) or h.hard_gaps > h.open_gaps

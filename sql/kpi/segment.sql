-- The segments that metrics are cut by: all, and each sales team that ever won a deal.
-- grain: segment
-- key: segment_type, segment
-- owner: service delivery lead
select
    'all' as segment_type,
    cast(0 as bigint) as segment_key,
    'all' as segment
union all
select distinct
    'sales_team' as segment_type,
    contract_key($tenant, 'sales_team', h.sales_team) as segment_key,
    h.sales_team as segment
from core.handoff as h
where h.sales_team is not null

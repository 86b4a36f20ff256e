-- The metrics of the contract, with the owner that the policy names.
-- grain: metric
-- key: metric_key
-- owner: service delivery lead
select
    contract_key($tenant, 'metric', m.metric) as metric_key,
    m.metric,
    m.title,
    m.unit,
    m.direction,
    m.aggregation,
    m.chart,
    m.minimum_n,
    m.cohort,
    m.definition,
    m.owner
from policy.metric as m
union all
select 0, '(unknown)', '(unknown)', '(unknown)', '(unknown)', '(unknown)', '(unknown)', 0, '(unknown)', '(unknown)', '(unknown)'

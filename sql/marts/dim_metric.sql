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
    m.owner,
    cast(case when m.metric = 'kickoff_within_target' then s.kickoff_target_days end as bigint) as target_days
from policy.metric as m
cross join policy.setting as s
union all
select 0, '(unknown)', '(unknown)', '(unknown)', '(unknown)', '(unknown)', '(unknown)', 0, '(unknown)', '(unknown)', '(unknown)', 0

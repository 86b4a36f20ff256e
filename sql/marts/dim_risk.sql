-- The risks of the policy in force, and every one of an earlier policy, retired.
-- grain: risk
-- key: risk_key
-- owner: service delivery lead
select
    contract_key($tenant, 'risk', r.id) as risk_key,
    r.id as risk_id,
    r.title,
    r.cause,
    r.effect,
    r.owner,
    r.likelihood,
    r.impact,
    r.treatment,
    r.is_retired
from policy.risk as r
union all
select
    0, '(unknown)', '(unknown)', '(unknown)', '(unknown)', '(unknown)', '(unknown)', '(unknown)', '(unknown)', false

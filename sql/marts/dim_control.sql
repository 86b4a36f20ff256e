-- The controls of the policy in force, and every one of an earlier policy, retired.
-- grain: control
-- key: control_key
-- owner: service delivery lead
select
    contract_key($tenant, 'control', c.id) as control_key,
    c.id as control_id,
    c.title,
    c.objective,
    c.owner,
    c.frequency,
    c.psf,
    c.pai8,
    c.other_references,
    c.risk_ids,
    c.is_retired
from policy.control as c
union all
select
    0, '(unknown)', '(unknown)', '(unknown)', '(unknown)', '(unknown)', '(unknown)', '(unknown)', '(unknown)', '(unknown)', false

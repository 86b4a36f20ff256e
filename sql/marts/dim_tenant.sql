-- The tenant: one row, and the unknown row.
-- grain: one row; one warehouse serves one HaloPSA tenant
-- key: tenant_key
-- owner: platform
select
    contract_key($tenant, 'tenant', s.tenant) as tenant_key,
    s.tenant,
    s.base_currency,
    s.time_zone
from policy.setting as s
union all
select 0, '(unknown)', '(unknown)', '(unknown)'

-- Clients, as last seen.
-- grain: client
-- key: client_key
-- owner: platform
select
    contract_key($tenant, 'client', c.client_id) as client_key,
    contract_key($tenant, 'tenant', $tenant) as tenant_key,
    c.client_id as halo_client_id,
    c.client_name,
    c.is_deleted
from staging.client as c
union all
select 0, 0, 0, '(unknown)', false

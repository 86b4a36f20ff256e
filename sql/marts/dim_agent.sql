-- Agents, with today's team. Facts carry the team at the event.
-- grain: agent
-- key: agent_key
-- owner: platform
with newest as (
    select
        a.agent_id,
        a.agent_name,
        a.team,
        a.role,
        a.is_active
    from staging.agent as a
    qualify row_number() over (partition by a.agent_id order by a.batch_no desc) = 1
)

select
    contract_key($tenant, 'agent', a.agent_id) as agent_key,
    contract_key($tenant, 'tenant', $tenant) as tenant_key,
    a.agent_id as halo_agent_id,
    a.agent_name,
    a.team,
    a.role,
    a.is_active
from newest as a
union all
select 0, 0, 0, '(unknown)', '(unknown)', '(unknown)', false

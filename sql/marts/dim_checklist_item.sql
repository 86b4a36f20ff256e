-- The checklist of the current policy.
-- grain: checklist item
-- key: item_key
-- owner: sales manager
select
    contract_key($tenant, 'item', i.item) as item_key,
    i.item,
    i.title,
    i.weight,
    i.is_hard,
    i.mode,
    i.control_ids,
    false as is_retired,
    s.policy_version
from policy.checklist_item as i
cross join policy.setting as s
union all
select 0, '(unknown)', '(unknown)', 0, false, '(unknown)', '(unknown)', false, '(unknown)'

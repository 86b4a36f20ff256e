-- The checklist of the policy in force, and every item of an earlier one, retired.
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
    i.is_retired,
    i.policy_version
from policy.checklist_item as i
union all
select 0, '(unknown)', '(unknown)', 0, false, '(unknown)', '(unknown)', false, '(unknown)'

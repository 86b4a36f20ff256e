-- How each checklist item stood at each stage of each handoff.
-- grain: handoff x checklist item x stage (won, signoff, latest); a stage not observed has no row
-- key: handoff_key, item_key, stage
-- owner: sales manager
select
    contract_key($tenant, 'handoff', c.handoff_id) as handoff_key,
    contract_key($tenant, 'item', c.item) as item_key,
    c.stage,
    c.result,
    c.quality,
    c.weight,
    c.reason,
    c.evidence_url,
    c.evidence_hash,
    c.is_waived,
    c.policy_version,
    c.stands_since_utc as checked_at_utc
from core.stage_check as c

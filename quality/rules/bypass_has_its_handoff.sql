-- Every bypass names the handoff that it went around; a project without an opportunity names its project.
-- reads: marts.fact_bypass
select b.bypass_key
from marts.fact_bypass as b
where
    (b.kind != 'project_without_opportunity' and b.handoff_key = 0)
    or (b.kind = 'project_without_opportunity' and b.project_key = 0)

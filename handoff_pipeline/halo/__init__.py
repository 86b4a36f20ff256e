"""The HaloPSA client: reads a tenant into the inbox, page by page, and says of every entity whether it is whole.

No table and no SQL here, and in this cut no write. The one thing to know: the request limit is the scarce thing (H: 300 in any rolling five
minutes), so everything goes through one throttle and every request is counted.
"""

from __future__ import annotations

from handoff_pipeline.halo.entities import ENTITIES, Entity
from handoff_pipeline.halo.probe import Finding, probe, tenant_names
from handoff_pipeline.halo.puller import pull
from handoff_pipeline.halo.report import EntityReport, InboxFile, PullPlan, PullReport

__all__ = ["ENTITIES", "Entity", "EntityReport", "Finding", "InboxFile", "PullPlan", "PullReport", "probe", "pull", "tenant_names"]

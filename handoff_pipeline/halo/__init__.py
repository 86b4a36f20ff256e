"""The HaloPSA client: reads a tenant into the inbox, page by page, and says of every entity whether it is whole; and a writer beside it.

No table here. The one thing to know: the request limit is the scarce thing (H: 300 in any rolling five minutes), so everything goes through
one throttle and every request is counted. What reads cannot write: the writer (`writing`) has a class and a credential of its own.
"""

from __future__ import annotations

from handoff_pipeline.halo.access import access
from handoff_pipeline.halo.entities import ENTITIES, Entity
from handoff_pipeline.halo.markers import Marker
from handoff_pipeline.halo.probe import Finding, probe
from handoff_pipeline.halo.puller import pull
from handoff_pipeline.halo.report import EntityReport, InboxFile, PullPlan, PullReport
from handoff_pipeline.halo.writer import HaloWriter, writing
from handoff_pipeline.halo.written import PlannedRequest, Written

__all__ = [
    "ENTITIES",
    "Entity",
    "EntityReport",
    "Finding",
    "HaloWriter",
    "InboxFile",
    "Marker",
    "PlannedRequest",
    "PullPlan",
    "PullReport",
    "Written",
    "access",
    "probe",
    "pull",
    "writing",
]

"""What an hour asks HaloPSA for: the entities on which gaps of known deals rest, by their change cursors, within a bound of requests.

Pulling is halo's. The one thing to know: lists without a cursor are read whole, so they are asked for only where the last night read them
in few requests; what is not asked for stands as the night saw it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from assets import plan
from assets.known import Known
from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.halo import ENTITIES, PullPlan
from handoff_pipeline.policy import Policy
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse.manifest import Manifest

ALWAYS: Final = ("ticket_type", "status", "field_info", "opportunity", "project", "attachment")
"""Names and fields, without which nothing is read; what has a cursor; and the documents of the won deals that changed."""
WHERE_CHEAP: Final = ("approval", "quotation", "sales_order", "appointment", "ticket_detail")
"""Lists that are read whole, and projects' details, on which few gaps rest: in this order, while the night read them in few requests."""
SHARE: Final = 2
"""One part in so many of the bound may go to those; the rest is for what changed."""


def asked_for(manifest: Manifest, bound: int) -> frozenset[str]:
    """The entities of an hour: of those that were complete in the published night, what is always asked for and what was cheap."""
    night = {name: source for name, source in manifest.completeness.items() if source.state == "complete"}
    left, chosen = bound // SHARE, set(ALWAYS) & night.keys()
    for name in WHERE_CHEAP:
        if name in night and night[name].requests <= left:
            left -= night[name].requests
            chosen.add(name)
    return frozenset(chosen)


def plan_of(policy: Policy, settings: Settings, now: datetime, known: Known, only: frozenset[str]) -> PullPlan:
    """The plan of an hour's pull: changes alone, no sweep.

    Raises:
        WarehouseError: a list with a cursor has none, so it would be read whole.
    """
    plan.refuse_other_tenant(known, settings.tenant_name)
    begun = sorted(name for name in only if ENTITIES[name].has_cursor and known.cursors.get(name) is None)
    if begun:
        raise WarehouseError(f"{', '.join(begun)} would have to be read whole.", "Nothing has to be done: the next night reads it.")
    decided = plan.decide(policy, settings, now, known)
    return replace(decided, cursors=known.cursors, sweep=frozenset(), known_ids={}, doubtful_ids={}, only=only)

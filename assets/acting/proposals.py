"""The asset action/proposals: after a night is published, what ought to be done about it goes into the outbox.

Deciding is governance's. The one thing to know: it rests on what was published, so nobody ever acts on figures that no reader can see; and
it asks nobody, so what needs HaloPSA's present state (fields, a block) is proposed by the run that the sensor asks for right after.
"""

from __future__ import annotations

from typing import Final

import dagster as dg

from assets import metadata
from assets.acting import work
from assets.naming import POOL, group_of, key_of, team
from assets.resources import WarehouseResource
from assets.steps import told
from handoff_pipeline.settings import Settings

TABLE: Final = "action.proposals"
READS: Final = (
    "dim_agent", "dim_checklist_item", "dim_client", "dim_handoff", "dim_project", "fact_bypass", "fact_gap", "fact_handoff",
    "fact_handoff_check",
)  # fmt: skip


@dg.asset(
    key=key_of(TABLE),
    group_name=group_of(TABLE),
    owners=[team("service delivery lead")],
    kinds={"sqlite", "python"},
    deps=[key_of(f"published.{name}") for name in READS],
    pool=POOL,
    description="What ought to be said and written about the published gaps, as intents of the ledger's outbox. In shadow they are only "
    "recorded; on a stale night nothing is proposed.",
)
def proposals(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.MaterializeResult[None]:
    """Decide on what was published."""
    done = work.Told()
    with told(settings), work.installation(settings, warehouse.lease.run_id) as at:
        work.decide(at, done)
    new = done.numbers["proposed"] + done.numbers["shadow"]
    return dg.MaterializeResult(metadata={**done.metadata(), metadata.ROW_COUNT: new})

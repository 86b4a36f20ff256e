"""What remediation makes of gaps, for SQL to join: owner and deadline of each, and the blocks that people went around.

The rules are governance's. The one thing to know: these tables only describe; what is proposed because of them is decided after publishing.
"""

from __future__ import annotations

from typing import Final

import dagster as dg

from assets import metadata
from assets.naming import POOL, group_of, key_of, team
from assets.resources import WarehouseResource
from assets.steps import told
from assets.table_frames import duckdb_types, whole
from handoff_pipeline.governance.enforcement import BYPASS_SCHEMA, enforcement_bypasses
from handoff_pipeline.governance.gap_standing import STANDING_SCHEMA, gap_standing
from handoff_pipeline.policy import load_policy
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse import frames

STANDING: Final = "governance.gap_standing"
STANDING_READS: Final = ("core.gap", "staging.agent", "ledger.acknowledgement", "ledger.snooze")
BYPASS: Final = "governance.enforcement_bypass"
BYPASS_READS: Final = ("ledger.intent", "core.status_spell", "core.gap", "policy.checklist_item", "core.waiver")


@dg.asset(
    key=key_of(STANDING),
    group_name=group_of(STANDING),
    owners=[team("sales manager")],
    kinds={"duckdb", "polars"},
    deps=[key_of(table) for table in (*STANDING_READS, "policy.setting")],
    pool=POOL,
    metadata=metadata.static(STANDING),
    description="Who has to close each gap, by when in business hours, whether that was kept, and when somebody first acknowledged it.",
)
def standing(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.MaterializeResult[None]:
    """Find owner and deadline of every gap, by the policy and the agents of the as-of moment."""
    with told(settings), warehouse.get_connection() as conn:
        gaps, agents, acknowledgements, snoozes = (whole(conn, table) for table in STANDING_READS)
        found = gap_standing(gaps, agents, acknowledgements, snoozes, load_policy(settings.policy_file), warehouse.as_of(conn))
        rows = frames.write(conn, STANDING, found, duckdb_types(STANDING_SCHEMA))
        return dg.MaterializeResult(metadata=metadata.built(conn, STANDING, rows))


@dg.asset(
    key=key_of(BYPASS),
    group_name=group_of(BYPASS),
    owners=[team("service delivery lead")],
    kinds={"duckdb", "polars"},
    deps=[key_of(table) for table in BYPASS_READS],
    pool=POOL,
    metadata=metadata.static(BYPASS),
    description="Blocks of mode enforce that people undid in HaloPSA while an item was still open.",
)
def enforcement(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.MaterializeResult[None]:
    """Find every block that was gone around."""
    with told(settings), warehouse.get_connection() as conn:
        found = enforcement_bypasses(*(whole(conn, table) for table in BYPASS_READS))
        rows = frames.write(conn, BYPASS, found, duckdb_types(BYPASS_SCHEMA))
        return dg.MaterializeResult(metadata=metadata.built(conn, BYPASS, rows))

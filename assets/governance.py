"""The checklist's judgements: core.evidence with its fields and documents in, governance.item_check out.

The rules are governance.checklist's, compiled from the policies of all nights.
The one thing to know: stages, gaps and KPIs are made from this table in SQL.
"""

from __future__ import annotations

from typing import Final

import dagster as dg
import polars as pl

from assets import metadata
from assets.naming import POOL, group_of, key_of, team
from assets.policy_documents import DOCUMENT, policies_in
from assets.resources import WarehouseResource
from assets.steps import told
from assets.table_frames import duckdb_types, whole
from handoff_pipeline.governance.checklist import CHECK_SCHEMA, score
from handoff_pipeline.policy import Policy, load_policy
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse import Connection, frames

TABLE: Final = "governance.item_check"
EVIDENCE: Final = ("core.evidence", "core.evidence_field", "core.evidence_document")


@dg.asset(
    key=key_of(TABLE),
    group_name=group_of(TABLE),
    owners=[team("sales manager")],
    kinds={"duckdb", "polars"},
    deps=[key_of(table) for table in (*EVIDENCE, DOCUMENT)],
    pool=POOL,
    metadata=metadata.static(TABLE),
    description="Every checklist item judged on every stretch of nights of every handoff: quality 0, 0.5 or 1, the reason, and a link to "
    "the evidence.",
)
def item_check(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.MaterializeResult[None]:
    """Score the evidence, each stretch of nights by the policy then in force."""
    with told(settings), warehouse.get_connection() as conn:
        policy = load_policy(settings.policy_file)
        judged = judgements(conn, policy)
        rows = frames.write(conn, TABLE, judged, duckdb_types(CHECK_SCHEMA))
        return dg.MaterializeResult(metadata={**metadata.built(conn, TABLE, rows), "policy_version": policy.version})


def judgements(conn: Connection, tonight: Policy) -> pl.DataFrame:
    """Every judgement, from the tables of the work file."""
    evidence, fields, documents = (whole(conn, table) for table in EVIDENCE)
    return score(policies_in(whole(conn, DOCUMENT), tonight), evidence, fields, documents)

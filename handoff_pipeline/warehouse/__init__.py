"""The warehouse: everything that opens DuckDB. Home and lease, landing, SQL models, history, publishing, reading what is published.

What the SQL computes is in sql/, what the tables promise is in tables/; HaloPSA is never asked anything here.
The one thing to know: take the lease first (`acquire`), open one profile at a time, and close it before the next.
"""

from __future__ import annotations

from handoff_pipeline.warehouse.completeness import completeness_rows
from handoff_pipeline.warehouse.connect import open_build, open_land, open_publish
from handoff_pipeline.warehouse.engine import Connection
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.land import cursors, land
from handoff_pipeline.warehouse.lease import Lease, LeaseLost, acquire, transaction
from handoff_pipeline.warehouse.manifest import Manifest
from handoff_pipeline.warehouse.publish import finish_killed, publish
from handoff_pipeline.warehouse.reconcile import Reconciled, reconcile
from handoff_pipeline.warehouse.report import Landed, LandResult

__all__ = [
    "Connection",
    "Home",
    "LandResult",
    "Landed",
    "Lease",
    "LeaseLost",
    "Manifest",
    "Reconciled",
    "acquire",
    "completeness_rows",
    "cursors",
    "finish_killed",
    "land",
    "open_build",
    "open_land",
    "open_publish",
    "publish",
    "reconcile",
    "transaction",
]

"""Names in the asset graph: keys, groups, owners, the pool.

No asset is made here. The one thing to know: a table `layer.table` of the warehouse is the asset `layer/table`, so that a name found in
the UI, in SQL or in a log is the same name.
"""

from __future__ import annotations

import re
from typing import Final

import dagster as dg

POOL: Final = "warehouse"
"""The pool of every step that opens the work file; its limit of 1 is set in dagster.yaml."""

GROUP_OF_LAYER: Final[dict[str, str]] = {
    "raw": "raw",
    "policy": "raw",
    "ledger": "governance",
    "staging": "staging",
    "core": "core",
    "governance": "governance",
    "marts": "kpi",
    "kpi": "kpi",
    "published": "published",
    "pages": "published",
    "action": "governance",
}
GROUPS: Final = ("raw", "staging", "core", "governance", "kpi", "published")

# Landing writes these with every batch, in the transaction of the rows: one asset stands for all of them.
BATCH_TABLES: Final = frozenset(
    {"raw.batch", "raw.load_batch", "raw.cursor", "raw.sweep", "raw.missing", "raw.asked", "raw.field_contract"}
)
BATCH: Final = "raw.batch"


def key_of(table: str) -> dg.AssetKey:
    """The asset that makes the warehouse's table `layer.table`."""
    return dg.AssetKey((BATCH if table in BATCH_TABLES else table).split("."))


def table_of(key: dg.AssetKey) -> str:
    """The warehouse's table of an asset."""
    return ".".join(key.path)


def group_of(table: str) -> str:
    """The group of the asset that makes `layer.table`; marts and kpi are one group."""
    return GROUP_OF_LAYER[table.split(".", maxsplit=1)[0]]


def team(owner: str) -> str:
    """Dagster's form of an owner: `Service delivery lead` is `team:service-delivery-lead`."""
    return "team:" + re.sub(r"[^a-z0-9]+", "-", owner.strip().lower()).strip("-")


def op_name(table: str) -> str:
    """A name for the step that makes `layer.table`; Dagster allows no dots."""
    return table.replace(".", "__")

"""The registry of published tables: the one source of truth, equal to the published contract.

Contracts, column schemas, the data dictionary and the Power BI model are derived from it; nothing here reads or writes data.
The one thing to know: add tables and columns freely, but never rename, drop or re-mean one without a new contract version.
"""

from __future__ import annotations

from typing import Final

from handoff_pipeline.tables import assurance, checklist, dimensions, governance, handoffs, kpi, markdown, meta, movement, projects
from handoff_pipeline.tables.metrics import METRICS, Metric
from handoff_pipeline.tables.model import (
    RUN_ID,
    UNKNOWN_DAY,
    UNKNOWN_KEY,
    UNKNOWN_TEXT,
    Column,
    ColumnType,
    Owner,
    Table,
    Unit,
    duckdb_type,
    empty_frame,
    polars_dtype,
    polars_schema,
    unknown_row,
)

CONTRACT_VERSION: Final = 1

# Dimensions first: the publisher puts tables in place in this order, so that no reader meets a fact before what it points to.
_DECLARED: Final = (
    *dimensions.TABLES,
    *handoffs.TABLES,
    *checklist.TABLES,
    *projects.TABLES,
    *governance.TABLES,
    *assurance.TABLES,
    *kpi.TABLES,
    *movement.TABLES,
    *meta.TABLES,
)
TABLES: Final[dict[str, Table]] = {each.name: each for each in sorted(_DECLARED, key=lambda each: not each.is_dimension)}


def to_markdown() -> str:
    """The content of docs/data-dictionary.md."""
    return markdown.dictionary(TABLES.values(), METRICS)


__all__ = [
    "CONTRACT_VERSION",
    "METRICS",
    "RUN_ID",
    "TABLES",
    "UNKNOWN_DAY",
    "UNKNOWN_KEY",
    "UNKNOWN_TEXT",
    "Column",
    "ColumnType",
    "Metric",
    "Owner",
    "Table",
    "Unit",
    "duckdb_type",
    "empty_frame",
    "polars_dtype",
    "polars_schema",
    "to_markdown",
    "unknown_row",
]

"""Relations between published tables: every key points to a row that exists.

Which column points where is declared in the registry; a table's own rules live in contracts.
The one thing to know: key 0 is "unknown" or "none"; a dimension must hold it as a row, a fact that is pointed to need not.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from handoff_pipeline.tables import TABLES, UNKNOWN_KEY, Column, Table
from quality.violations import Violation, keys_of


def check_relations(frames: Mapping[str, pl.DataFrame]) -> list[Violation]:
    """Every reference of the given tables whose key is not found, one Violation per column with the number of rows at fault.

    `frames` holds published tables by name, with at least their key columns. A referenced table that is not among them is a violation of
    its own, so that a forgotten table cannot pass for a sound one. KeyError where a name is not a published table.
    """
    return [
        violation
        for name, frame in frames.items()
        for column in TABLES[name].columns
        if column.references and (violation := _broken(TABLES[name], column, frame, frames.get(column.references)))
    ]


def _broken(table: Table, column: Column, frame: pl.DataFrame, target: pl.DataFrame | None) -> Violation | None:
    if target is None:
        return Violation(table.name, column.name, f"cannot be checked: {column.references} was not given", frame.height)
    referenced = TABLES[str(column.references)]
    lost = frame.join(target.select(referenced.key[0]), left_on=column.name, right_on=referenced.key[0], how="anti")
    if not referenced.is_dimension:
        lost = lost.filter(pl.col(column.name) != UNKNOWN_KEY)
    if lost.is_empty():
        return None
    return Violation(table.name, column.name, f"points to no row of {referenced.name}", lost.height, keys_of(lost, table.key))

"""The data dictionary: the registry written out as the page docs/data-dictionary.md.

Writing the file belongs to the command that calls this.
The one thing to know: the page is a function of the registry alone, so that a test can tell a stale copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from handoff_pipeline.tables.metrics import Metric
from handoff_pipeline.tables.model import Column, Table, duckdb_type

_HEAD: Final = """\
# Data dictionary
Every published table, its columns and its metrics. Generated from the registry in `handoff_pipeline/tables`; do not edit by hand.

Times ending in `_utc` are UTC. `*_date_key` columns are the local day as yyyymmdd, 0 for none; every other key is 0 for unknown.
Row 0 of a dimension holds text "(unknown)", numbers 0, booleans false and times 1900-01-01; value lists and ranges leave it out.
"""


def dictionary(tables: Iterable[Table], metrics: Iterable[Metric]) -> str:
    """The whole page: a section per table in the given order, then the metrics; ends in one newline."""
    sections = [_HEAD, *(_table(each) for each in tables), _metrics(metrics)]
    return "\n".join(sections)


def _table(table: Table) -> str:
    lines = [
        f"## {table.name}",
        table.description,
        "",
        f"Grain: {table.grain}. Key: {', '.join(f'`{name}`' for name in table.key)}. Owner: {table.owner}.",
        "",
        "| column | type | may be NULL | meaning |",
        "|---|---|---|---|",
        *(_column(column) for column in table.columns),
        "",
    ]
    return "\n".join(lines)


def _column(column: Column) -> str:
    meaning = [column.description]
    if column.unit:
        meaning.append(f"Unit: {column.unit}.")
    if column.values:
        meaning.append(f"One of: {', '.join(f'`{value}`' for value in column.values)}.")
    if column.references:
        meaning.append(f"Points to `{column.references}`.")
    return f"| `{column.name}` | {duckdb_type(column)} | {'yes' if column.nullable else 'no'} | {_cell(' '.join(meaning))} |"


def _metrics(metrics: Iterable[Metric]) -> str:
    lines = [
        "## Metrics",
        "| metric | unit | aggregation | better | cohort | definition | interval | chart | minimum n |",
        "|---|---|---|---|---|---|---|---|---|",
        *(
            f"| `{each.metric}` | {each.unit} | {each.aggregation} | {each.direction} | {each.cohort} | {_cell(each.definition)} "
            f"| {each.interval} | {each.chart} | {each.minimum_n} |"
            for each in metrics
        ),
        "",
    ]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

"""Great Expectations suites of every published table, derived from the registry: what an auditor reads in the Data Docs.

The sense of the weekly KPIs is expectations', what blocks a night is contracts'. The one thing to know: the same registry makes the pandera
contract and this suite, by two libraries, so that a fault of one of them shows as a difference.
"""

from __future__ import annotations

from typing import Any, Final

from handoff_pipeline.tables import Column, Table, unknown_row

BOUND_TYPES: Final = ("bigint", "double", "money")


def expectations_of(table: Table, expect: Any) -> list[Any]:
    """The expectations of one table; `expect` is great_expectations.expectations, which costs seconds to import."""
    key = list(table.key)
    made = [
        expect.ExpectTableColumnsToMatchOrderedList(column_list=list(table.column_names)),
        expect.ExpectCompoundColumnsToBeUnique(column_list=key) if len(key) > 1 else expect.ExpectColumnValuesToBeUnique(column=key[0]),
    ]
    for column in table.columns:
        made += _of_column(table, column, expect)
    return made


def _of_column(table: Table, column: Column, expect: Any) -> list[Any]:
    made = []
    unknown = unknown_row(table).get(column.name) if table.is_dimension and table.name != "dim_date" else None
    if not column.nullable:
        made.append(expect.ExpectColumnValuesToNotBeNull(column=column.name, meta={"notes": column.description}))
    if column.values:
        allowed = [*column.values, *([unknown] if unknown is not None else [])]
        made.append(expect.ExpectColumnValuesToBeInSet(column=column.name, value_set=allowed))
    low, high = column.range
    if column.type in BOUND_TYPES and (low is not None or high is not None):
        # Row 0 of a dimension holds 0 where nothing is known.
        low = min(low, 0.0) if low is not None and unknown is not None else low
        made.append(expect.ExpectColumnValuesToBeBetween(column=column.name, min_value=low, max_value=high))
    return made

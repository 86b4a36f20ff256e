"""Makes text harmless for spreadsheets: a cell that a spreadsheet would take for a formula gets an apostrophe before it.

Typed numbers, dates and booleans are no business of this module; only text columns come here.
The one thing to know: the signs are = + - @ TAB CR LF and the full-width forms (OWASP, CVE-2021-41270); text that is a plain number stays
a number, because a number computes nothing.
"""

from __future__ import annotations

from typing import Final

from handoff_pipeline.tables import Column, Table
from handoff_pipeline.warehouse.sql import ident

FORMULA_SIGNS: Final = "=+-@\t\r\n＝＋－＠"
_PLAIN_NUMBER: Final = "-?[0-9]+([.][0-9]+)?"


def expression(column: Column) -> str:
    """The SQL expression that writes the column into a CSV file, under its own name."""
    name = ident(column.name)
    if column.type != "text":
        return name
    signs = ", ".join(f"chr({ord(sign)})" for sign in FORMULA_SIGNS)
    is_formula = f"left({name}, 1) in ({signs}) and not regexp_full_match({name}, '{_PLAIN_NUMBER}')"
    return f"case when {is_formula} then chr(39) || {name} else {name} end as {name}"


def select_list(table: Table) -> str:
    """All columns of the table, as `expression` writes them."""
    return ", ".join(expression(column) for column in table.columns)


def text_columns(table: Table) -> str:
    """The text columns as a list for `force_quote`: quoted, '' and NULL stay apart."""
    return ", ".join(ident(column.name) for column in table.columns if column.type == "text")

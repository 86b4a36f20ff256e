"""The same lineage as Markdown for an asset's page in Dagster, whose open-source pages show no column lineage: links from asset to asset.

The one thing to know: links are paths of Dagster's own pages (`/assets/core/handoff`), so that they work wherever it is served.
"""

from __future__ import annotations

from typing import Final

from handoff_pipeline.lineage import Lineage
from handoff_pipeline.lineage.columns import PAYLOAD
from handoff_pipeline.lineage.origins import endpoint

_ESCAPED: Final = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]()<>#+-.!|"})
SHOWN: Final = 12
"""Ends that a column names; the page has them all."""


def asset_markdown(lineage: Lineage, table: str, asset_path: dict[str, str]) -> str:
    """A table of the asset's columns: what each is made of, with links to those assets, and where it comes from in the end.

    `asset_path` maps a table to the path of its asset's page; a table that it lacks is named without a link.
    """
    lines = ["| column | is made of | in the end |", "|---|---|---|"]
    for column in lineage.tables.get(table, {}):
        parts = []
        for ref in lineage.made_of(table, column):
            shown = f"{ref.table}.{ref.detail if ref.column == PAYLOAD and ref.detail else ref.column}"
            path = asset_path.get(ref.table)
            parts.append(f"[{_plain(shown)}]({path})" if path else _plain(shown))
        ends = [_plain(str(each)) for each in lineage.origins(table, column)]
        more = [f"and {len(ends) - SHOWN} more"] if len(ends) > SHOWN else []
        lines.append(f"| {_plain(column)} | {', '.join(dict.fromkeys(parts))} | {', '.join([*ends[:SHOWN], *more])} |")
    return "\n".join(lines)


def raw_markdown(lineage: Lineage, table: str) -> str:
    """For what is pulled: the fields of HaloPSA's record that figures are made of, with the endpoint."""
    fields = sorted(lineage.used_fields.get(table, ()))
    return "\n".join([f"Fields read out of {_plain(endpoint(table.partition('.')[2]))}:", "", *(f"- {_plain(each)}" for each in fields)])


def _plain(text: str) -> str:
    return text.translate(_ESCAPED)

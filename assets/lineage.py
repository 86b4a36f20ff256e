"""Column lineage as metadata of every asset, and the page of it among what is published.

What is made of what is handoff_pipeline.lineage's, how it looks is exports'. The one thing to know: Dagster's open-source pages keep column
lineage but do not show it, so the same is there as Markdown with links from asset to asset.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import dagster as dg

from assets.naming import key_of, table_of
from exports.lineage.markdown import asset_markdown, raw_markdown
from handoff_pipeline.lineage import Lineage

COLUMN_LINEAGE: Final = "dagster/column_lineage"
LINKS: Final = "lineage"


def with_lineage(assets: Iterable[dg.AssetsDefinition], found: Lineage) -> list[dg.AssetsDefinition]:
    """The assets with their columns' lineage; those that make no table of the warehouse stay as they are."""
    assets = list(assets)
    paths = {table_of(key): f"/assets/{'/'.join(key.path)}" for asset in assets for key in asset.keys}

    def told(spec: dg.AssetSpec) -> dg.AssetSpec:
        table = table_of(spec.key)
        if table in found.tables:
            return spec.merge_attributes(metadata=_metadata(found, table, paths))
        if table.startswith("raw.") and table in found.used_fields:
            return spec.merge_attributes(metadata={LINKS: dg.MetadataValue.md(raw_markdown(found, table))})
        return spec

    return [asset.map_asset_specs(told) for asset in assets]


def _metadata(found: Lineage, table: str, paths: dict[str, str]) -> dict[str, Any]:
    columns = {
        # One dependency a column: fields below it (of a payload) are told in the Markdown.
        column: [
            dg.TableColumnDep(asset_key=key, column_name=name)
            for key, name in dict.fromkeys((key_of(ref.table), ref.column) for ref in found.made_of(table, column))
        ]
        for column in found.tables[table]
    }
    return {
        COLUMN_LINEAGE: dg.TableColumnLineage(deps_by_column=columns),
        LINKS: dg.MetadataValue.md(asset_markdown(found, table, paths)),
    }

"""What people open in a browser, written once the tables are published: the lineage page and the quality pages.

How a page looks is exports' and quality's. The one thing to know: pages come after the manifest, so that no trouble with a page holds up
the figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import dagster as dg
import polars as pl

from assets.checks import result
from assets.naming import POOL, group_of, key_of, team
from assets.resources import WarehouseResource
from assets.steps import told
from exports.lineage import page
from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.lineage import lineage
from handoff_pipeline.lineage.graph import custom_fields
from handoff_pipeline.policy import load_policy
from handoff_pipeline.policy.frames import policy_frames
from handoff_pipeline.settings import Settings
from handoff_pipeline.tables import TABLES
from handoff_pipeline.warehouse import manifest
from handoff_pipeline.warehouse.folder import replace_folder
from handoff_pipeline.warehouse.models import SQL_ROOT, discover
from quality import data_docs

LINEAGE: Final = "pages.lineage"
QUALITY: Final = "pages.quality"
PAGES: Final = frozenset({key_of(LINEAGE), key_of(QUALITY)})
"""What a night may leave out: no figure waits for a page."""
_PUBLISHED: Final = [key_of(f"published.{name}") for name in TABLES]


def pages(sql_root: Path = SQL_ROOT) -> list[dg.AssetsDefinition]:
    """The assets that write pages below `published/`."""
    return [_lineage_page(sql_root), quality_pages]


def _lineage_page(sql_root: Path) -> dg.AssetsDefinition:
    @dg.asset(
        key=key_of(LINEAGE),
        group_name=group_of(LINEAGE),
        owners=[team("service delivery lead")],
        kinds={"html"},
        deps=_PUBLISHED,
        pool=POOL,
        description="From every column of every table, step by step, to the fields of HaloPSA: published/lineage/index.html.",
    )
    def written(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.MaterializeResult[None]:
        with told(settings):
            policy = load_policy(settings.policy_file)
            rows = policy_frames(policy, settings.tenant_name, settings.links_base)["custom_field"]
            models = discover(sql_root)
            found = lineage(models, custom_fields(rows.select("entity", "meaning", "name").iter_rows()))
            text = page(found, models, f"Lineage of {settings.tenant_name}").encode()
            replace_folder(warehouse.home, "lineage", {"index.html": text})
            columns = sum(map(len, found.tables.values()))
            return dg.MaterializeResult(metadata={"tables": len(found.tables), "columns": columns, "file": "published/lineage/index.html"})

    return written


@dg.asset(
    key=key_of(QUALITY),
    group_name=group_of(QUALITY),
    owners=[team("service delivery lead")],
    kinds={"html"},
    deps=_PUBLISHED,
    pool=POOL,
    check_specs=[
        dg.AssetCheckSpec(
            "published_expectations",
            asset=key_of(QUALITY),
            description="Every expectation of every published table holds on the files as published (Great Expectations).",
        )
    ],
    description="Great Expectations' Data Docs of every published table, for auditors: published/quality/index.html.",
)
def quality_pages(
    settings: dg.ResourceParam[Settings], warehouse: WarehouseResource
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Validate what was published, as it lies there."""
    with told(settings):
        home = warehouse.home
        known = manifest.read(home.manifest_file)
        if known is None:
            raise WarehouseError("Nothing is published yet.", "Run the whole nightly job: `handoff run`.")
        frames = {name: pl.read_parquet(home.parquet / f"{name}.parquet") for name in known.tables}
        docs = data_docs.build(frames, known.run_id, known.as_of_utc)
        replace_folder(home, "quality", docs.files)
        broken = [f"{each.table}: {', '.join(each.failed)}" for each in docs.failed]
    yield dg.MaterializeResult(
        metadata={
            "tables": len(docs.outcomes),
            "expectations": sum(each.tried for each in docs.outcomes),
            "failed": len(broken),
            "file": "published/quality/index.html",
        }
    )
    yield result(broken)

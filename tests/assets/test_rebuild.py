"""What a rebuild builds: the nightly graph, without what pulls and lands, and without what the history holds."""

from __future__ import annotations

import dagster as dg

from assets.naming import table_of
from assets.rebuild import selected
from handoff_pipeline.definitions import defs
from handoff_pipeline.warehouse.history import is_held


def test_everything_is_built_that_the_history_does_not_hold():
    made = {table_of(key) for asset in defs.assets or () if isinstance(asset, dg.AssetsDefinition) for key in asset.keys}
    wanted = {table for table in made if not table.startswith("raw.") and not is_held(table)}
    assert {table_of(key) for key in selected(defs)} == wanted
    assert {"policy.setting", "governance.item_check", "marts.fact_handoff", "kpi.kpi_weekly", "published.kpi_weekly"} <= wanted


def test_an_asset_that_a_release_adds_is_built_too():
    @dg.asset(key=["kpi", "added"])
    def added() -> None: ...

    @dg.asset(key=["staging", "added"])
    def held() -> None: ...

    assert selected(dg.Definitions(assets=[added, held])) == [dg.AssetKey(["kpi", "added"])]

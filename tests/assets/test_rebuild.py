"""What a rebuild builds: the nightly graph, without what pulls and lands, and without what the history holds."""

from __future__ import annotations

import dagster as dg

from assets.naming import table_of
from assets.rebuild import selected
from handoff_pipeline.definitions import defs
from handoff_pipeline.warehouse.history import is_held

MADE = {table_of(key) for asset in defs.assets or () if isinstance(asset, dg.AssetsDefinition) for key in asset.keys}
HELD = {table for table in MADE if is_held(table)}


def test_everything_is_built_that_the_history_does_not_hold():
    wanted = {table for table in MADE if not table.startswith("raw.") and not is_held(table)}
    assert {table_of(key) for key in selected(defs, HELD)} == wanted
    assert {"policy.setting", "governance.item_check", "marts.fact_handoff", "kpi.kpi_weekly", "published.kpi_weekly"} <= wanted


def test_an_asset_that_a_release_adds_is_built_too():
    @dg.asset(key=["kpi", "added"])
    def added() -> None: ...

    @dg.asset(key=["staging", "added"])
    def held() -> None: ...

    assert selected(dg.Definitions(assets=[added, held]), HELD) == [dg.AssetKey(["kpi", "added"])]


def test_of_a_night_before_the_ledger_had_a_table_it_is_built_and_so_empty():
    before = HELD - {"ledger.intent", "ledger.override"}
    built = {table_of(key) for key in selected(defs, before)} - {table_of(key) for key in selected(defs, HELD)}

    assert {"ledger.intent", "ledger.override"} <= built
    assert "ledger.baseline" not in built

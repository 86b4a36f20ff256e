"""The graph tells the same story as the SQL, and every asset says whose it is, what it is, and where it lies."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import dagster as dg
import pytest

from assets.graph import definitions
from assets.kpis import DURATIONS, READ, SETTING, SURVIVAL, WEEKLY
from assets.naming import GROUPS, POOL, key_of, team
from assets.policy_documents import TABLES as DATED_TABLES
from assets.policy_tables import TABLES as POLICY_TABLES
from handoff_pipeline.definitions import defs, require_own_rooms
from handoff_pipeline.errors import HandoffError, WarehouseError
from handoff_pipeline.policy import load_policy, parse_policy
from handoff_pipeline.policy.dated import history
from handoff_pipeline.policy.dated_frames import dated_frames
from handoff_pipeline.policy.frames import policy_frames
from handoff_pipeline.tables import TABLES
from quality.across import rules
from tests.reading import tables_read

SQL = Path(__file__).resolve().parents[2] / "sql"
GRAPH = defs.get_repository_def().asset_graph
BATCH = {"raw.batch", "raw.load_batch", "raw.cursor"}


def spec_of(key: dg.AssetKey) -> dg.AssetSpec:
    return GRAPH.get(key).assets_def.specs_by_key[key]


@pytest.mark.parametrize("path", sorted(SQL.glob("*/*.sql")), ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_an_asset_depends_on_what_its_sql_reads(path):
    key = key_of(f"{path.parent.name}.{path.stem}")
    read = {"raw.batch" if table in BATCH else table for table in tables_read(path.read_text("utf-8"))}
    assert read, "a model that reads nothing"
    assert {".".join(dep.asset_key.path) for dep in spec_of(key).deps} == read


@pytest.mark.parametrize("key", sorted(GRAPH.get_all_asset_keys()), ids=lambda key: key.to_user_string())
def test_every_asset_says_whose_it_is_what_it_is_and_where_it_belongs(key):
    spec = spec_of(key)
    assert spec.group_name in GROUPS
    assert spec.description
    assert spec.kinds
    assert [owner for owner in spec.owners if owner.startswith("team:")]
    if key.to_user_string() not in {"raw/pull_plan", "raw/halo_pull", "pages/lineage", "pages/quality", "action/proposals"}:
        assert spec.metadata["dagster/table_name"] == f"warehouse.{'.'.join(key.path)}"


def test_only_the_pull_stays_outside_the_pool_and_only_it_is_retried():
    assets = {asset.op.name: asset for asset in defs.assets or () if isinstance(asset, dg.AssetsDefinition)}
    assert [name for name, asset in assets.items() if asset.op.pool != POOL] == ["raw__halo_pull"]
    assert [name for name, asset in assets.items() if asset.op.retry_policy] == ["raw__halo_pull"]


def test_every_table_that_something_fills_has_a_blocking_contract_before_it_is_published():
    built = {key for key in GRAPH.get_all_asset_keys() if key.path[0] in {"marts", "kpi"} and key.path[1] in TABLES}
    contracts = {key.asset_key for key in GRAPH.asset_check_keys if key.name == "contract" and GRAPH.get(key).blocking}
    assert contracts == built
    on_weekly = {key.name for key in GRAPH.asset_check_keys if key.asset_key == key_of(WEEKLY)}
    assert on_weekly == {"contract", "expectations", "kpi_is_the_sum_of_its_members"}


def test_every_rule_across_tables_blocks_on_that_of_its_tables_which_is_built_last():
    for rule in rules().values():
        (key,) = [each for each in GRAPH.asset_check_keys if each.name == rule.name]
        assert GRAPH.get(key).blocking
        assert not {key_of(table) for table in rule.reads} & GRAPH.get(key.asset_key).child_keys
    assert any(key.name == "relations" for key in GRAPH.asset_check_keys)


def test_every_table_of_the_graph_has_its_lineage():
    for key in GRAPH.get_all_asset_keys():
        layer = key.path[0]
        if layer in {"staging", "core", "governance", "marts", "kpi"}:
            assert spec_of(key).metadata["dagster/column_lineage"].deps_by_column, key
            assert spec_of(key).metadata["lineage"].value.startswith("| column |"), key


def test_publishing_comes_after_everything_that_is_published():
    published = {key for key in GRAPH.get_all_asset_keys() if key.path[0] == "published"}
    assert {key.path[1] for key in published} == set(TABLES)
    for key in published:
        sources = {f"{layer}.{key.path[1]}" for layer in ("marts", "kpi")} & {".".join(each.path) for each in GRAPH.get_all_asset_keys()}
        assert sources <= {".".join(dep.asset_key.path) for dep in spec_of(key).deps}
        assert spec_of(key).freshness_policy is not None


def test_a_model_that_takes_the_as_of_is_built_after_the_night_has_landed():
    for path in SQL.glob("*/*.sql"):
        if "$as_of" in re.sub(r"--[^\n]*", "", path.read_text("utf-8")):
            ancestors = GRAPH.get_ancestor_asset_keys(key_of(f"{path.parent.name}.{path.stem}"))
            assert any(key.path[0] == "raw" for key in ancestors), path


def test_the_python_tables_depend_on_what_they_read():
    assert {dep.asset_key for dep in spec_of(key_of(WEEKLY)).deps} == {key_of(name) for name in (*READ, SETTING)}
    assert {dep.asset_key for dep in spec_of(key_of(SURVIVAL)).deps} == {key_of(DURATIONS)}


def test_the_dated_policys_tables_are_those_that_its_history_gives(checkout):
    text = (checkout / "handoff.yaml").read_text("utf-8")
    assert set(DATED_TABLES) == set(dated_frames(history([], {}, parse_policy(text), text)))


def test_the_policys_tables_are_those_that_the_policy_gives(checkout):
    assert set(POLICY_TABLES) == set(policy_frames(load_policy(checkout / "handoff.yaml"), "demo", "https://demo.example"))


def test_the_graph_is_made_without_reading_a_setting(monkeypatch):
    monkeypatch.setenv("HANDOFF_AS_OF", "no moment at all")
    monkeypatch.setenv("HANDOFF_POLICY_FILE", "/nowhere/handoff.yaml")
    assert definitions().resolve_job_def("nightly").name == "nightly"


def test_a_model_that_reads_what_nothing_makes_stops_the_start_with_its_name(small_sql, tmp_path):
    import shutil

    root = tmp_path / "sql"
    shutil.copytree(small_sql, root)
    (root / "core" / "lost.sql").write_text("-- x\n-- grain: x\n-- key: x\n-- owner: platform\nselect w.x from core.wonn as w\n", "utf-8")
    with pytest.raises(WarehouseError, match=r"sql/core/lost\.sql reads core\.wonn, which nothing makes"):
        definitions(root)


@pytest.mark.parametrize("room", ["assets", "quality"])
def test_a_strangers_package_in_the_place_of_a_room_is_refused(tmp_path, room):
    (tmp_path / room).mkdir()
    (tmp_path / room / "__init__.py").touch()
    with pytest.raises(HandoffError, match=rf"`{room}` is imported from .*not from {re.escape(str(tmp_path / room))}"):
        require_own_rooms(tmp_path)


def test_the_rooms_of_this_checkout_are_accepted(checkout):
    require_own_rooms(checkout)
    assert importlib.util.find_spec("assets").origin == str(checkout / "assets" / "__init__.py")


def test_an_owner_is_a_team():
    assert team("Service delivery lead") == "team:service-delivery-lead"

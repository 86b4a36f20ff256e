"""Tables that nothing fills yet are there, empty, with the columns and types that the registry promises."""

from __future__ import annotations

import duckdb
import pytest

from assets.graph import definitions
from assets.unfilled import UNFILLED, unfilled_types
from handoff_pipeline.tables import TABLES, empty_frame, polars_schema
from handoff_pipeline.warehouse import frames
from handoff_pipeline.warehouse.models import discover


@pytest.mark.parametrize("name", UNFILLED)
def test_an_empty_table_has_the_registrys_columns_and_types(name: str) -> None:
    with duckdb.connect() as conn:
        conn.execute("create schema marts")
        columns = ", ".join(f"{column} {kind}" for column, kind in unfilled_types(name).items())
        conn.execute(f"create table marts.{name} ({columns})")
        frame = frames.read(conn, f"select * from marts.{name}")  # noqa: S608 - a name of the registry
    assert dict(frame.schema) == polars_schema(TABLES[name], run_id=False)
    assert frame.schema == empty_frame(TABLES[name], run_id=False).schema


def test_a_table_that_a_model_fills_is_not_made_empty() -> None:
    assert not {f"marts.{name}" for name in UNFILLED} & set(discover())


def test_every_fact_of_the_registry_is_filled_or_made_empty() -> None:
    keys = {key.path[-1] for key in definitions().get_repository_def().asset_graph.get_all_asset_keys() if key.path[0] in {"marts", "kpi"}}

    assert {name for name in TABLES if name.startswith("fact_")} <= keys

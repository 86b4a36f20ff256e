"""The registry holds all of the published contract, as it is promised there; it may hold more."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from handoff_pipeline.tables import (
    CONTRACT_VERSION,
    METRICS,
    RUN_ID,
    TABLES,
    duckdb_type,
    empty_frame,
    polars_schema,
    to_markdown,
    unknown_row,
)

# The contract may grow without a new version: tables of our own, and columns behind those that it names.
ADDED_TABLES = {"kpi_member", "kpi_movement"}
ADDED_COLUMNS = {
    "dim_metric": [("target_days", "bigint or null")],
    "fact_approval": [("has_moments", "bool")],
    "kpi_baseline": [("frozen_date_key", "bigint")],
}
DESIGN = Path(__file__).parents[2] / ".." / "shared" / "design"


def _read(name: str) -> str:
    path = DESIGN / name
    if not path.exists():
        pytest.skip(f"the contract's {name} lies outside this checkout")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(_read("contract.yaml"))
    return loaded


def test_the_registry_and_the_contract_name_the_same_tables(contract: dict[str, Any]) -> None:
    assert contract["version"] == CONTRACT_VERSION
    assert set(TABLES) == {*contract["tables"], *ADDED_TABLES}


def test_every_table_has_the_contracts_grain_key_and_columns_in_order(contract: dict[str, Any]) -> None:
    for name, promised in contract["tables"].items():
        table = TABLES[name]
        declared = {column.name: column.type + (" or null" if column.nullable else "") for column in table.columns}
        assert table.grain == promised["grain"], name
        assert list(table.key) == promised["key"], name
        added = ADDED_COLUMNS.get(name, [])
        assert list(declared.items()) == [*promised["columns"].items(), *added, (RUN_ID, "text")], name


def test_every_value_list_of_the_contract_is_the_registrys(contract: dict[str, Any]) -> None:
    for path, values in contract["values"].items():
        table, column = path.split(".")
        assert TABLES[table].column(column).values == tuple(values), path


def test_every_value_list_of_the_registry_is_the_contracts_or_the_same_words_again(contract: dict[str, Any]) -> None:
    promised = contract["values"]
    for table in TABLES.values():
        for column in table.columns:
            if column.values and f"{table.name}.{column.name}" not in promised and table.name not in ADDED_TABLES:
                assert column.name == "segment_type", f"{table.name}.{column.name}"
                assert column.values == tuple(promised["kpi_weekly.segment_type"])


def test_every_key_column_points_to_a_table_or_is_the_tables_own() -> None:
    for table in TABLES.values():
        for column in table.columns:
            if not column.name.endswith("_key"):
                assert column.references is None
            elif column.name in {"segment_key", "record_key"} or (table.key == (column.name,) and table.name != "fact_handoff"):
                assert column.references is None, f"{table.name}.{column.name}"
            else:
                assert column.references in TABLES, f"{table.name}.{column.name}"
                assert (column.references == "dim_date") == column.name.endswith("date_key")
            if column.references:
                assert not column.nullable
                assert len(TABLES[column.references].key) == 1


def test_every_table_and_column_is_described_in_a_sentence() -> None:
    for table in TABLES.values():
        for text in (table.description, *(column.description for column in table.columns)):
            assert re.fullmatch(r"[A-Z(`].{10,}\.", text), f"{table.name}: {text!r}"
            assert len(text) <= 300


def test_every_nullable_column_says_what_null_means() -> None:
    for table in TABLES.values():
        for column in table.columns:
            if column.nullable and column.name not in {"signal", "bridge_unexplained"}:
                assert "NULL" in column.description, f"{table.name}.{column.name}"


def test_every_number_that_is_not_a_key_or_an_id_has_a_unit_or_is_a_label() -> None:
    labels = {
        "iso_year",
        "iso_week",
        "year",
        "contract_version",
        "halo_client_id",
        "halo_agent_id",
        "handoff_id",
        "project_id",
        "change_id",
        "horizon_weeks",
    }
    for table in TABLES.values():
        for column in table.columns:
            if column.type in {"bigint", "double", "money"} and not column.name.endswith("_key") and column.name not in labels:
                assert column.unit, f"{table.name}.{column.name}"


def test_run_id_is_the_last_column_of_every_table() -> None:
    for table in TABLES.values():
        assert table.column_names[-1] == RUN_ID
        assert len(set(table.column_names)) == len(table.column_names)
        assert set(table.key) <= set(table.column_names)


def test_dimensions_are_published_before_everything_else() -> None:
    kinds = [table.is_dimension for table in TABLES.values()]
    assert kinds == sorted(kinds, reverse=True)


def test_types_read_the_same_in_duckdb_and_polars() -> None:
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        for table in TABLES.values():
            columns = ", ".join(f'"{column.name}" {duckdb_type(column)}' for column in table.columns)
            connection.execute(f"create table {table.name} ({columns})")
            kinds = {row[1] for row in connection.execute(f"pragma table_info('{table.name}')").fetchall()}
            assert kinds == set(table.column_names)
            assert empty_frame(table).schema == polars_schema(table)


def test_an_empty_frame_without_run_id_is_the_table_as_built() -> None:
    table = TABLES["fact_gap"]
    assert empty_frame(table, run_id=False).columns == list(table.column_names[:-1])


def test_row_0_of_a_dimension_is_made_of_unknowns() -> None:
    row = unknown_row(TABLES["dim_project"])
    assert (row["project_key"], row["project_name"], row["is_first"]) == (0, "(unknown)", False)
    assert str(row["closed_at_utc"]) == "1900-01-01 00:00:00"
    with pytest.raises(ValueError, match="dim_date"):
        unknown_row(TABLES["dim_date"])


def test_metrics_use_the_words_of_dim_metric() -> None:
    dim = TABLES["dim_metric"]
    assert len(METRICS) == len({metric.metric for metric in METRICS}) == 22
    for metric in METRICS:
        for field in ("unit", "direction", "aggregation", "chart"):
            assert getattr(metric, field) in (dim.column(field).values or ())


def test_metrics_equal_the_table_of_the_contracts_page() -> None:
    page = _read("published-tables.md").partition("## Metrics")[2]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("| `")]
    promised: dict[str, tuple[str, ...]] = {}
    cohort = ""
    for name, meaning, cohort_cell, _, interval, chart in rows:
        cohort = cohort if cohort_cell == "as above" else cohort_cell
        promised[name.strip("`")] = (meaning, cohort, interval, chart)
    declared = {each.metric: each for each in METRICS}
    assert list(declared) == list(promised)
    intervals = {"Student t": "student_t", "Wilson": "wilson", "exact Poisson": "poisson", "none": "none"}
    for name, (meaning, cohort, interval, chart) in promised.items():
        metric = declared[name]
        assert meaning == f"{metric.unit}, {metric.aggregation}, {metric.direction}", name
        assert metric.interval == intervals.get(interval, "log_log"), name
        assert chart.removesuffix(" h") == f"{metric.chart}, {metric.minimum_n}", name
        assert metric.cohort == cohort.replace("week's end + 8", "week's end plus 8"), name


def test_the_data_dictionary_holds_every_table_column_and_metric() -> None:
    page = to_markdown()
    for table in TABLES.values():
        section = page.partition(f"## {table.name}\n")[2].partition("\n## ")[0]
        for column in table.columns:
            assert f"| `{column.name}` | {duckdb_type(column)} |" in section
    for metric in METRICS:
        assert f"| `{metric.metric}` |" in page
    assert page.endswith("|\n")

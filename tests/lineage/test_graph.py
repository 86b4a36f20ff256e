"""The lineage of the whole warehouse, held against DuckDB's own columns and the SQL files."""

from __future__ import annotations

import pytest

from handoff_pipeline.lineage import Lineage, lineage
from handoff_pipeline.lineage.columns import PAYLOAD
from handoff_pipeline.lineage.graph import custom_fields
from handoff_pipeline.tables import RUN_ID, TABLES
from handoff_pipeline.warehouse import models

ENDS = ("raw.", "policy.", "ledger.")


@pytest.fixture(scope="module")
def found() -> Lineage:
    return lineage(models.discover(), custom_fields([("opportunity", "deal_type", "CFDealType"), ("project", "resource_plan", "CFPlan")]))


def test_every_column_that_a_column_is_made_of_exists(found: Lineage):
    loose = [
        f"{table}.{column} <- {ref.table}.{ref.column}"
        for table, columns in found.tables.items()
        for column, refs in columns.items()
        for ref in refs
        if not ref.table.startswith(ENDS) and ref.column not in found.tables.get(ref.table, {})
    ]

    assert not loose


def test_every_published_table_that_is_built_has_all_of_its_columns(found: Lineage):
    for name, table in TABLES.items():
        columns = found.tables.get(f"published.{name}")
        if columns is not None:
            assert list(columns) == [column.name for column in table.columns if column.name != RUN_ID]


def test_what_is_read_of_a_payload_names_the_field(found: Lineage):
    whole = {
        f"{table}.{column}"
        for table, columns in found.tables.items()
        for column, refs in columns.items()
        if any(ref.table.startswith("raw.") and ref.column == PAYLOAD and not ref.detail for ref in refs)
    }

    assert whole == {"staging.invoice.has_lines", "staging.ticket.payload"}, "told by the whole record, though a field was meant"


def test_a_kpi_comes_from_fields_of_halopsa(found: Lineage):
    ends = {str(each) for each in found.origins("kpi.kpi_weekly", "value")}

    assert "HaloPSA GET /Opportunities: oppconverteddate" in ends
    assert "HaloPSA GET /Appointment: start_date" in ends
    assert "HaloPSA GET /Actions: timetaken" in ends


def test_a_custom_field_is_told_by_the_name_that_the_policy_gives(found: Lineage):
    assert "HaloPSA GET /Opportunities: custom field CFDealType" in {str(each) for each in found.origins("marts.dim_handoff", "deal_type")}


def test_without_a_policy_a_custom_field_is_told_as_one():
    ends = {str(each) for each in lineage(models.discover()).origins("marts.dim_handoff", "deal_type")}

    assert "HaloPSA GET /Opportunities: customfields.display" in ends


def test_the_key_of_a_gap_comes_from_its_deal(found: Lineage):
    assert "HaloPSA GET /Opportunities: id" in {str(end) for end in found.origins("marts.fact_gap", "handoff_key")}

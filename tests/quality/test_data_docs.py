"""The Data Docs: true, self-contained, and without a value of any row."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import polars as pl
import pytest

from handoff_pipeline.tables import TABLES, empty_frame
from quality.data_docs import Docs, build
from tests.quality.sample import sample

AT = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)
HOSTILE = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def docs() -> Docs:
    handoffs = sample("dim_handoff").with_columns(title=pl.lit(HOSTILE), deal_state=pl.lit("nobody knows"))
    return build({"dim_handoff": handoffs, "fact_gap": sample("fact_gap"), "fact_review": empty_frame(TABLES["fact_review"])}, "run-1", AT)


def test_a_table_that_breaks_its_contract_is_told_with_column_and_expectation(docs: Docs):
    (failed,) = docs.failed

    assert failed.table == "dim_handoff"
    assert failed.failed == ("expect_column_values_to_be_in_set (deal_state)",)
    assert "1 failed" in docs.files["index.html"].decode()


def test_a_sound_and_an_empty_table_hold(docs: Docs):
    assert {each.table for each in docs.outcomes if not each.failed} == {"fact_gap", "fact_review"}


def test_the_pages_load_nothing_and_run_nothing(docs: Docs):
    for name, content in docs.files.items():
        text = content.decode()
        assert "<script" not in text.lower(), name
        assert not re.findall(r'(?:src|href)="https?://', text.replace('<a href="', "")), name
        if name.endswith(".html"):
            assert "default-src 'none'" in text, name


def test_no_value_of_a_row_reaches_a_page(docs: Docs):
    for name, content in docs.files.items():
        assert b"nobody knows" not in content, name
        assert b"alert(" not in content, name


def test_the_index_leads_to_every_tables_page(docs: Docs):
    for each in docs.outcomes:
        assert each.page in docs.files
        assert f'href="{each.page}"' in docs.files["index.html"].decode()

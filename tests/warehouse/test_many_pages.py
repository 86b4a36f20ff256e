"""Entities that are read record by record leave a file each: thousands of them must land in the memory that landing is given."""

from __future__ import annotations

from handoff_pipeline.warehouse import land
from tests.warehouse.conftest import NIGHT, Entity, Report, a_run, page

FILES = 3000


def test_thousands_of_single_records_land_in_the_memory_that_landing_is_given(home, ledger, lease):
    """With one statement for all of them DuckDB ran out of the 512 MB at some 4,600 files; a quarter of the memory shows it sooner."""
    small = type(home)(home.root, memory_limit="128MB")
    files = tuple(page(small, "sales_order", {"id": number, "lines": []}, "object", f"{number:05d}") for number in range(1, FILES + 1))
    ledger.start_run(a_run())
    landed = land(small, ledger, lease, "r1", NIGHT, Report({"sales_order": Entity(files, FILES)}))
    assert landed.entities["sales_order"].rows_changed == FILES

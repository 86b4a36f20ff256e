"""How values are written when a switch says otherwise: numbers, dates, empty things, broken text (section 5 of the reference)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from handoff_pipeline.simulator import Quirks
from handoff_pipeline.simulator.dressing import FREE_TEXTS, HALF_A_PAIR
from tests.simulator.tenant import Tenant

WHOLE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?")


def _rows(path: str = "/Opportunities", **quirks: Any) -> list[dict[str, Any]]:
    return Tenant(Quirks(**quirks)).rows(path)


@pytest.mark.fact("H100")
def test_foreign_ids_can_come_as_text() -> None:
    plain, text = _rows(), _rows(ids_as_text=True)
    assert [row["client_id"] for row in text] == [str(row["client_id"]) for row in plain]
    assert [row["id"] for row in text] == [row["id"] for row in plain]


@pytest.mark.fact("H100")
def test_decimals_can_come_as_text() -> None:
    plain, text = _rows("/Quotation"), _rows("/Quotation", numbers_as_text=True)
    assert [float(row["total"]) for row in text] == [row["total"] for row in plain]
    assert {type(row["total"]) for row in text} == {str}


@pytest.mark.fact("H097")
@pytest.mark.parametrize("spelling", ["0001-01-01T00:00:00", "1899-12-30T00:00:00Z", "1900-01-01T00:00:00.000", "1980-01-01T00:00:00"])
def test_an_empty_date_can_have_any_year_up_to_1980(spelling: str) -> None:
    assert spelling in {row["dateclosed"] for row in _rows(empty_date=spelling)}


@pytest.mark.fact("H098")
@pytest.mark.parametrize(
    ("spelling", "pattern"),
    [("fraction", r".*:\d\d\.\d+"), ("zulu", r".*:\d\d(\.\d+)?Z"), ("fraction_zulu", r".*:\d\d\.\d+Z")],
)
def test_date_times_can_be_spelt_otherwise_and_mean_the_same(spelling: str, pattern: str) -> None:
    plain, other = _rows(), _rows(date_spelling=spelling)
    assert all(re.fullmatch(pattern, row["dateoccurred"]) for row in other)
    assert [row["last_update"].rstrip("Z") for row in other] == [row["last_update"] for row in plain]


@pytest.mark.fact("H077")
def test_the_last_update_can_be_spelt_as_in_a_reply() -> None:
    row = _rows(last_update_as_lastupdate=True)[0]
    assert "lastupdate" in row
    assert "last_update" not in row


def test_keys_without_a_value_can_come_as_null_or_as_empty_text() -> None:
    tenants = [Tenant(Quirks(omit_null_keys=False, nulls_as_empty_text=empty)) for empty in (False, True)]
    null, empty = ({key for row in tenant.get("/FieldInfo") for key in row if row[key] is None} for tenant in tenants)
    assert null
    assert not empty


def test_some_free_text_can_end_in_half_a_surrogate_pair() -> None:
    texts = [str(row.get(key, "")) for row in _rows(lone_surrogates=True) for key in FREE_TEXTS]
    assert 0 < sum(text.endswith(HALF_A_PAIR) for text in texts) < len(texts)

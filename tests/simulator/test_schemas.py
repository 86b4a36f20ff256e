"""Field names against HaloPSA's own specification, and parameter names against its paths.

The specification lies beside the checkout in the shared reference folder; without it these tests have nothing to compare.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from handoff_pipeline.simulator.dressing import FLAGGED
from handoff_pipeline.simulator.listing import SALES_FILTERS, TICKET_FILTERS
from tests.simulator.tenant import Tenant

SPECIFICATION = Path(__file__).parents[2].parent / "shared" / "reference" / "halopsa-openapi.json"
pytestmark = pytest.mark.skipif(
    not SPECIFICATION.exists(), reason=f"HaloPSA's specification is not beside the checkout ({SPECIFICATION.name})"
)

# Not in the specification of 2025, and known from elsewhere in the reference: interface members and newer fields.
KNOWN_BESIDES = {
    "Faults": {"team_id", "guid"},
    "QuotationHeader": {"cost", "profit"},
    "QuotationDetail": {"price", "quantity", "profit", "discount", "tax", "total_profit", "total_costprice"},
    "OrderLine": {"price", "quantity"},
    "Actions": {"who"},
}
KNOWN_BESIDES["Faults_List"] = KNOWN_BESIDES["Faults"]


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(SPECIFICATION.read_bytes())
    return document


def _fields(schema: str) -> set[str]:
    return set(_document()["components"]["schemas"][schema]["properties"]) | KNOWN_BESIDES.get(schema, set())


def _keys(rows: list[dict[str, Any]]) -> set[str]:
    assert rows
    return {key for row in rows for key in row}


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/Tickets", "Faults_List"),
        ("/Opportunities", "Faults_List"),
        ("/Projects", "Faults_List"),
        ("/Quotation", "QuotationHeader"),
        ("/SalesOrder", "OrderHead"),
        ("/Appointment", "Appointment"),
        ("/Client", "Area_List"),
        ("/Site", "Site"),
        ("/Agent", "Uname_List"),
    ],
)
def test_paged_lists_use_fields_of_their_schema(path: str, schema: str) -> None:
    flags: dict[str, str] = dict.fromkeys(FLAGGED.values(), "true")
    rows = Tenant().rows(path, includelines="true", includedetails="true", includeinactive="true", include_custom_fields="101", **flags)
    assert _keys(rows) <= _fields(schema)


@pytest.mark.parametrize(
    ("path", "params", "schema"),
    [
        ("/TicketApproval", {}, "FaultApproval"),
        ("/TicketType", {}, "RequestType_List"),
        ("/Status", {}, "TStatus"),
        ("/FieldInfo", {"typeid": 1}, "FieldInfo"),
        ("/Lookup", {"lookupid": 39}, "Lookup"),
    ],
)
def test_bare_lists_use_fields_of_their_schema(path: str, params: dict[str, int], schema: str) -> None:
    assert _keys(Tenant().get(path, **params)) <= _fields(schema)


def test_actions_use_fields_of_their_schema() -> None:
    assert _keys(Tenant().get("/Actions", count=500)["actions"]) <= _fields("Actions")


@pytest.mark.parametrize("path", ["/Opportunities", "/Projects", "/Tickets"])
def test_single_tickets_use_fields_of_their_schema(path: str) -> None:
    tenant = Tenant()
    singles = [tenant.get(f"{path}/{row['id']}", includedetails="true") for row in tenant.rows(path)[:8]]
    assert _keys(singles) <= _fields("Faults")
    assert _keys([field for single in singles for field in single["customfields"]] or [{}]) <= _fields("CustomField")


def test_quotation_and_order_lines_use_fields_of_their_schema() -> None:
    tenant = Tenant()
    quotation = [line for row in tenant.rows("/Quotation", includelines="true") for line in row["lines"]]
    order = tenant.get(f"/SalesOrder/{tenant.rows('/SalesOrder')[0]['id']}")["lines"]
    assert _keys(quotation) <= _fields("QuotationDetail")
    assert _keys([budget for line in quotation for budget in line["budgets"]]) <= _fields("FaultBudget")
    assert _keys(order) <= _fields("OrderLine")


@pytest.mark.parametrize(
    ("path", "used"),
    [
        (
            "/Tickets",
            {*TICKET_FILTERS, *FLAGGED.values(), "lastupdatefromdate", "datesearch", "open_only", "closed_only", "pageinate", "count"},
        ),
        ("/Quotation", {*SALES_FILTERS, "includelines", "page_no", "page_size"} - {"client_ids"}),
        ("/SalesOrder", {*SALES_FILTERS, "order5", "orderdesc5"}),
        ("/Actions", {"ticket_id", "timeentriesonly", "startdate", "enddate", "count", "excludesys"}),
        ("/TicketApproval", {"ticket_id"}),
        ("/Appointment", {"ticket_id", "hidecompleted", "start_date", "end_date", "page_no"}),
        ("/Client", {"includeinactive", "lastupdatefromdate", "count"}),
        ("/Agent", {"includeenabled", "includedisabled", "includeunassigned"}),
        ("/FieldInfo", {"typeid"}),
        ("/Lookup", {"lookupid"}),
    ],
)
def test_parameters_that_do_something_are_parameters_of_the_path(path: str, used: set[str]) -> None:
    assert used <= {parameter["name"] for parameter in _document()["paths"][path]["get"]["parameters"]}

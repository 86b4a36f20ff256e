"""Field names against HaloPSA's own specification, and parameter names against its paths.

The specification lies beside the checkout in the shared reference folder; without it these tests have nothing to compare.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from handoff_pipeline.simulator.children import BLANK
from handoff_pipeline.simulator.dressing import FLAGGED
from handoff_pipeline.simulator.edits import STAMPS
from handoff_pipeline.simulator.filling import DEFAULTS, MADE
from handoff_pipeline.simulator.listing import SALES_FILTERS, TICKET_FILTERS
from handoff_pipeline.simulator.office_endpoints import ATTACHMENT_FILTERS, INVOICE_FILTERS
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.writes import TARGETS
from tests.simulator.tenant import Tenant, demo_world

SPECIFICATION = Path(__file__).parents[2].parent / "shared" / "reference" / "halopsa-openapi.json"
pytestmark = pytest.mark.skipif(
    not SPECIFICATION.exists(), reason=f"HaloPSA's specification is not beside the checkout ({SPECIFICATION.name})"
)

# Not in the specification of 2025, and known from elsewhere in the reference: interface members and newer fields.
KNOWN_BESIDES = {
    "Faults": {"team_id", "guid", "main_project_id"},
    "MileStone": {"state", "tickets_list"},
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
        ("/Invoice", "InvoiceHeader"),
        ("/ClientContract", "ContractHeader_List"),
        ("/Milestone", "MileStone"),
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
        ("/Team", {}, "SectionDetail"),
        ("/Timesheet", {}, "Timesheet"),
        ("/Attachment", {}, "Attachment_List"),
        ("/BudgetType", {}, "BudgetType"),
        ("/Template", {}, "StdRequest_List"),
        ("/Audit", {}, "Audit"),
        ("/Outcome", {}, "TOutcome"),
        ("/Priority", {}, "Policy"),
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


@pytest.mark.parametrize(
    ("array", "schema"),
    [
        ("budgets", "FaultBudget"),
        ("milestones", "MileStone"),
        ("approvers", "FaultApproval"),
        ("attachments", "Attachment"),
        ("related_tickets", "Faults_List"),
        ("audit_log", "Audit"),
    ],
)
def test_what_hangs_on_a_single_ticket_uses_fields_of_its_schema(array: str, schema: str) -> None:
    tenant = Tenant(Quirks(rate_limit=False))
    tickets = [*demo_world().deals[:9], *demo_world().projects[:9], *(c for c in demo_world().changes if c.related_project_id)]
    numbers = [getattr(each, name) for each in tickets for name in ("deal_id", "project_id", "change_id") if hasattr(each, name)]
    singles = [answer.json() for n in numbers if (answer := tenant.ask(f"/Tickets/{n}", include_auditing="true")).status_code == 200]
    assert _keys([row for single in singles for row in single.get(array, [])]) <= _fields(schema)


@pytest.mark.parametrize(
    ("path", "array", "schema"),
    [("/Template/1", "", "StdRequest"), ("/Template/1", "budgets", "STDrequestbudget"), ("/Template/1", "milestones", "MileStone")],
)
def test_a_template_alone_uses_fields_of_its_schema(path: str, array: str, schema: str) -> None:
    answer = Tenant().get(path)
    assert _keys(answer[array] if array else [answer]) <= _fields(schema)


def test_one_file_uses_fields_of_its_schema() -> None:
    tenant = Tenant()
    assert _keys([tenant.get(f"/Attachment/{row['id']}") for row in tenant.get("/Attachment")[:4]]) <= _fields("Attachment")


def test_lines_of_invoices_and_what_hangs_on_milestones_use_fields_of_their_schemas() -> None:
    tenant = Tenant()
    assert _keys([line for row in tenant.rows("/Invoice", includelines="true") for line in row["lines"]]) <= _fields("InvoiceDetail")
    milestones = tenant.rows("/Milestone")
    assert _keys([each for row in milestones for each in row["dependencies"]]) <= _fields("MileStoneDependency")
    assert _keys([each for row in milestones for each in row["tickets"]]) <= _fields("FaultsMileStone")


def test_the_specification_does_not_know_milestones() -> None:
    assert "/Milestone" not in _document()["paths"]


def test_quotation_and_order_lines_use_fields_of_their_schema() -> None:
    tenant = Tenant()
    quotation = [line for row in tenant.rows("/Quotation", includelines="true") for line in row["lines"]]
    order = tenant.get(f"/SalesOrder/{tenant.rows('/SalesOrder')[0]['id']}")["lines"]
    assert _keys(quotation) <= _fields("QuotationDetail")
    assert _keys([budget for line in quotation for budget in line["budgets"]]) <= _fields("FaultBudget")
    assert _keys(order) <= _fields("OrderLine")


@pytest.mark.fact("H028")
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
        ("/Invoice", {*INVOICE_FILTERS, "ticket_id", "includelines", "postedonly", "notpostedonly", "invoicedatestart", "page_no"}),
        ("/ClientContract", {"includeinactive", "client_id", "site_id", "page_no", "page_size", "count"}),
        ("/Attachment", {*ATTACHMENT_FILTERS}),
        ("/Tickets/{id}", {"include_auditing", "includedetails"}),
        ("/Opportunities", {"related_id"}),
        ("/Template", {"ticket_type_id"}),
        ("/Outcome", {"showhidden"}),
        ("/Priority", {"slaid"}),
        ("/Tickets", {"ticketidonly", "ticketids", "deleted", "advanced_search", *(f"order{n}" for n in range(2, 6)), "orderdesc5"}),
        *((path, {"idonly", "advanced_search"}) for path in ("/SalesOrder", "/Client", "/Site", "/Invoice")),
        ("/Appointment", {"advanced_search"}),
    ],
)
def test_parameters_that_do_something_are_parameters_of_the_path(path: str, used: set[str]) -> None:
    assert used <= {parameter["name"] for parameter in _document()["paths"][path]["get"]["parameters"]}


@pytest.mark.parametrize("path", sorted({target.path for target in TARGETS} | {"/Quotation/Approval", "/TimesheetEvent"}))
def test_what_can_be_posted_can_be_posted_by_the_specification(path: str) -> None:
    assert "post" in _document()["paths"][path]


@pytest.mark.parametrize(
    ("resource", "schema"),
    [
        ("tickets", "Faults"),
        ("quotations", "QuotationHeader"),
        ("orders", "OrderHead"),
        ("actions", "Actions"),
        ("approvals", "FaultApproval"),
        ("appointments", "Appointment"),
        ("clients", "Area"),
        ("sites", "Site"),
        ("agents", "Uname"),
        ("fields", "FieldInfo"),
    ],
)
def test_what_a_new_row_is_filled_with_are_fields_of_its_schema(resource: str, schema: str) -> None:
    made = {name for name, _ in MADE.get(resource, ())} | {name for name, _ in STAMPS.get(resource, ())}
    assert set(DEFAULTS[resource]) | made <= _fields(schema)


@pytest.mark.parametrize(("name", "schema"), [("milestones", "MileStone"), ("budgets", "FaultBudget")])
def test_what_a_child_row_is_filled_with_are_fields_of_its_schema(name: str, schema: str) -> None:
    assert set(BLANK[name]) <= _fields(schema)

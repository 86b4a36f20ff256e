"""Facts of SQL and webhooks as they are met over HTTP: scopes, shapes, statuses (sections 2.5 and 6 of the reference)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from handoff_pipeline.simulator import Fault, Quirks
from tests.simulator.tenant import Tenant

COUNT = "SELECT COUNT(*) AS n FROM TSTATUS"


def _post(tenant: Tenant, path: str, body: Any) -> httpx.Response:
    tenant.ask("/Status")
    return tenant.http.post(f"/api{path}", json=body, headers={"Authorization": f"Bearer {tenant.token}"})


def _run(tenant: Tenant, *statements: str) -> httpx.Response:
    return _post(tenant, "/Report", [{"id": -1, "_loadreportonly": True, "sql": sql} for sql in statements])


@pytest.mark.fact("H067")
def test_sql_runs_without_being_saved() -> None:
    tenant = Tenant()
    before = tenant.get("/Report")
    answer = _run(tenant, COUNT)
    assert (answer.status_code, answer.json()["report"]["rows"]) == (201, [{"n": 11}])
    assert tenant.get("/Report") == before


@pytest.mark.fact("H068")
def test_the_answer_is_an_object_or_an_array_of_one() -> None:
    assert [_run(Tenant(Quirks(report_in_array=True)), COUNT).json()] == [[_run(Tenant(), COUNT).json()]]


@pytest.mark.fact("H069")
def test_rows_stand_under_report_or_at_the_top() -> None:
    nested, flat = _run(Tenant(), COUNT).json(), _run(Tenant(Quirks(report_rows_at="top")), COUNT).json()
    assert nested["report"]["rows"] == flat["rows"] == [{"n": 11}]
    assert "rows" not in nested
    assert "report" not in flat


@pytest.mark.fact("H070")
def test_wrong_sql_is_no_http_error() -> None:
    answer = _run(Tenant(), "SELECT nothing AS n FROM TSTATUS")
    assert answer.is_success
    assert answer.json()["report"]["loaded"] is False
    assert "Invalid column name" in answer.json()["report"]["load_error"]


@pytest.mark.fact("H025")
def test_of_several_statements_the_last_one_runs() -> None:
    assert _run(Tenant(), COUNT, "SELECT 5 AS five").json()["report"]["rows"] == [{"five": 5}]


@pytest.mark.fact("H071")
def test_sql_needs_a_scope_for_reporting() -> None:
    assert _run(Tenant(scope="read:tickets"), COUNT).status_code == 403
    assert _run(Tenant(scope="read:reporting"), COUNT).status_code == 201
    assert _run(Tenant(Quirks(denied_scopes=frozenset({"reporting"}))), COUNT).status_code == 403


def test_a_body_that_is_no_array_of_objects_is_refused() -> None:
    assert [_post(Tenant(), "/Report", body).status_code for body in ([], "text", [1])] == [400, 400, 400]


def test_a_stored_report_gives_its_rows_when_asked() -> None:
    tenant = Tenant()
    number = tenant.get("/Report")["reports"][0]["id"]
    assert "report" not in tenant.get(f"/Report/{number}")
    assert tenant.get(f"/Report/{number}", loadreport="true")["report"]["rows"]
    assert tenant.ask("/Report/4711").status_code == 404


def test_a_scheduled_fault_meets_sql_as_well() -> None:
    tenant = Tenant(Quirks(faults=(Fault("/Report", 1, "html_200"),)))
    assert _run(tenant, COUNT).headers["content-type"].startswith("text/html")
    assert _run(tenant, COUNT).json()["report"]["loaded"]


@pytest.mark.fact("H107")
def test_webhooks_need_their_own_scope() -> None:
    hook = [{"name": "x", "url": "http://127.0.0.1:9/"}]
    assert _post(Tenant(scope="read:tickets"), "/Webhook", hook).status_code == 403
    assert _post(Tenant(scope="admin:webhooks"), "/Webhook", hook).status_code == 201


@pytest.mark.fact("H106")
def test_webhooks_are_a_bare_array_and_can_be_deleted() -> None:
    tenant = Tenant()
    made = _post(tenant, "/Webhook", [{"name": "x", "url": "http://127.0.0.1:9/"}]).json()
    assert [row["id"] for row in tenant.get("/Webhook")] == [made["id"]]
    tenant.http.delete(f"/api/Webhook/{made['id']}", headers={"Authorization": f"Bearer {tenant.token}"})
    assert tenant.get("/Webhook") == []

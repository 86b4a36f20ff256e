"""Sign-in, scopes, the limiter and scheduled faults, each quirk on and off (sections 1 and 5 of the reference)."""

from __future__ import annotations

import httpx
import orjson
import pytest

from handoff_pipeline.simulator import Fault, Quirks, SimulatedHalo
from handoff_pipeline.simulator.quirks import FaultKind
from tests.simulator.tenant import DEMO_MOMENT, InProcess, Tenant, demo_world


@pytest.mark.fact("H001")
def test_discovery_is_anonymous_and_names_the_token_server() -> None:
    answer = Tenant().http.get("/api/authinfo").json()
    assert answer == {"auth_url": "http://simulated.test/auth", "tenant_id": "demo"}


@pytest.mark.fact("H009", "H010")
def test_a_token_says_how_long_it_lives() -> None:
    answer = Tenant(Quirks(token_life_seconds=90)).sign_in().json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 90)
    assert Tenant().sign_in().json()["expires_in"] == 3600


@pytest.mark.fact("H011", "H012")
@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"scope": "read:agents"}, 400, "invalid_scope"),
        ({"scope": ""}, 400, "invalid_scope"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_refused_sign_in_says_why(change: dict[str, str], status: int, error: str) -> None:
    answer = Tenant().sign_in(**change)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


@pytest.mark.fact("H013")
def test_a_wrong_tenant_gives_500() -> None:
    assert Tenant().http.post("/auth/token?tenant=other", data={}).status_code == 500


def test_without_a_good_token_the_answer_is_401() -> None:
    tenant = Tenant()
    assert tenant.http.get("/api/Status").status_code == 401
    assert tenant.http.get("/api/Status", headers={"Authorization": "Bearer made-up"}).status_code == 401


@pytest.mark.fact("H009")
def test_a_token_ends_with_its_life_and_a_new_one_leaves_it_valid() -> None:
    tenant = Tenant(Quirks(token_life_seconds=60))
    assert tenant.ask("/Status").status_code == 200
    tenant.sign_in()
    tenant.seconds.at = 59.0
    assert tenant.ask("/Status").status_code == 200
    tenant.seconds.at = 60.0
    assert tenant.ask("/Status").status_code == 401


@pytest.mark.fact("H015", "H096")
def test_a_missing_scope_gives_403_with_an_empty_body() -> None:
    tenant = Tenant(scope="read:projects")
    refused = tenant.ask("/SalesOrder")
    assert (refused.status_code, refused.content) == (403, b"")
    assert tenant.ask("/Projects").status_code == 200


@pytest.mark.fact("H016")
def test_a_role_without_a_permission_gives_403_whatever_the_scope() -> None:
    assert Tenant(Quirks(denied_scopes=frozenset({"sos"}))).ask("/SalesOrder").status_code == 403
    assert Tenant().ask("/SalesOrder").status_code == 200


@pytest.mark.fact("H092")
def test_the_limiter_rolls() -> None:
    tenant = Tenant(Quirks(rate_limit_requests=3, rate_limit_seconds=300))
    statuses = []
    for at in (0.0, 100.0, 200.0, 299.0, 300.0, 301.0, 400.0):
        tenant.seconds.at = at
        statuses.append(tenant.ask("/Status").status_code)
    assert statuses == [200, 200, 200, 429, 200, 429, 200]


@pytest.mark.fact("H092")
def test_300_requests_are_allowed_in_five_minutes() -> None:
    tenant = Tenant()
    statuses = [tenant.ask("/Team").status_code for _ in range(301)]
    assert statuses == [200] * 300 + [429]


def test_the_limiter_can_be_off() -> None:
    tenant = Tenant(Quirks(rate_limit=False, rate_limit_requests=1))
    assert [tenant.ask("/Team").status_code for _ in range(3)] == [200, 200, 200]


@pytest.mark.fact("H093", "H094")
@pytest.mark.parametrize(("body", "decoded"), [("string", str), ("object", dict)])
def test_the_refusal_comes_in_both_shapes(body: str, decoded: type) -> None:
    tenant = Tenant(Quirks(rate_limit_requests=1, rate_limit_body="object" if body == "object" else "string"))
    tenant.ask("/Team")
    answer = tenant.ask("/Team").json()
    assert isinstance(answer, decoded)
    assert "Rate Limit Reached - 1 Requests per rolling 5 minute window" in str(answer)


def test_retry_after_is_sent_only_when_switched_on() -> None:
    for switched, expected in ((False, None), (True, "301")):
        tenant = Tenant(Quirks(rate_limit_requests=1, retry_after=switched))
        tenant.ask("/Team")
        assert tenant.ask("/Team").headers.get("retry-after") == expected


def _nth(kind: FaultKind, path: str = "/Opportunities") -> tuple[httpx.Response, httpx.Response, httpx.Response]:
    tenant = Tenant(Quirks(faults=(Fault(path, 2, kind),)))
    first, second, third = (tenant.ask("/Opportunities", pageinate="true", page_no=2, page_size=40, order="id") for _ in range(3))
    return first, second, third


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("server_error_500", 500),
        ("html_502", 502),
        ("html_200", 200),
        ("error_body_200", 200),
        ("unauthorized_once", 401),
        ("truncated_json", 200),
    ],
)
def test_a_fault_hits_the_nth_request_only(kind: FaultKind, status: int) -> None:
    before, hit, later = _nth(kind)
    assert before.content == later.content
    assert (before.status_code, hit.status_code) == (200, status)
    assert hit.content != before.content


@pytest.mark.fact("H095")
def test_a_dotnet_exception_comes_with_500_or_with_200() -> None:
    assert _nth("server_error_500")[1].json()["ClassName"] == _nth("error_body_200")[1].json()["ClassName"]


def test_html_comes_as_html() -> None:
    assert all(_nth(kind)[1].headers["content-type"].startswith("text/html") for kind in ("html_200", "html_502"))


def test_a_broken_off_body_is_no_json() -> None:
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(_nth("truncated_json")[1].content)


def test_a_wrong_record_count_leaves_the_rows_alone() -> None:
    before, hit, _ = _nth("record_count_wrong")
    assert hit.json()["record_count"] != before.json()["record_count"]
    assert hit.json()["tickets"] == before.json()["tickets"]


def test_an_empty_page_keeps_the_record_count() -> None:
    before, hit, _ = _nth("empty_page")
    assert (hit.json()["tickets"], hit.json()["record_count"]) == ([], before.json()["record_count"])


def test_a_repeated_page_holds_the_rows_of_the_page_before() -> None:
    tenant = Tenant(Quirks(faults=(Fault("/opportunities", 2, "repeat_page"),)))
    first = tenant.get("/Opportunities", pageinate="true", page_no=1, page_size=40, order="id")
    second = tenant.get("/Opportunities", pageinate="true", page_no=2, page_size=40, order="id")
    assert second["tickets"] == first["tickets"]


def test_a_fault_can_name_one_record() -> None:
    order = demo_world().orders[0].order_id
    tenant = Tenant(Quirks(faults=(Fault(f"/SalesOrder/{order}", 1, "html_502"),)))
    assert tenant.ask(f"/SalesOrder/{order + 1}").status_code == 200
    assert [tenant.ask(f"/SalesOrder/{order}").status_code for _ in range(2)] == [502, 200]


def test_requests_are_logged_by_endpoint() -> None:
    tenant = Tenant()
    tenant.ask("/SalesOrder")
    tenant.ask("/salesorder/301")
    tenant.ask("/Nowhere")
    assert tenant.sim.counts() == {"/auth/token": 1, "/SalesOrder": 1, "/SalesOrder/{id}": 1, "/Nowhere": 1}
    assert [request.status for request in tenant.sim.requests] == [200, 200, 200, 404]
    assert tenant.sim.count() == 4


@pytest.mark.parametrize("path", ["/Milestone", "/Status", "/Audit"])
def test_an_endpoint_that_only_reads_says_so(path: str) -> None:
    tenant = Tenant()
    tenant.ask("/Status")
    answer = tenant.http.post(f"/api{path}", json=[{}], headers={"Authorization": f"Bearer {tenant.token}"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_the_date_header_is_the_worlds_clock() -> None:
    assert Tenant().ask("/Status").headers["date"] == "Mon, 28 Sep 2026 01:30:00 GMT"


def test_the_control_paths_answer_loopback_only() -> None:
    sim = SimulatedHalo(demo_world(), DEMO_MOMENT)
    stranger = httpx.Client(transport=InProcess(sim, "10.0.0.9"), base_url="http://simulated.test")
    assert (stranger.get("/sim/clock").status_code, stranger.post("/sim/advance").status_code) == (403, 403)
    assert sim.now == DEMO_MOMENT


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        SimulatedHalo(demo_world(), DEMO_MOMENT.replace(tzinfo=None))

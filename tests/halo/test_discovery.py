"""Reading a tenant's set-up and a sample: bounded, read-only, and honest about what was refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from handoff_pipeline.clock import clock_for
from handoff_pipeline.halo.discovery import discover
from handoff_pipeline.halo.errors import PermissionMissing
from handoff_pipeline.halo.sample import Sample
from handoff_pipeline.halo.visibility import LOOK_REQUESTS, SET_UP_REQUESTS, look, set_up
from handoff_pipeline.settings import READ_SCOPES, load_settings
from handoff_pipeline.simulator.access import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from handoff_pipeline.simulator.server import SimulatedHalo
from handoff_pipeline.simulator.world import build_world

AT = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)
CLOCK = clock_for(AT)


@pytest.fixture(scope="module")
def world():
    return build_world(seed=7, deals=120)


@pytest.fixture
def tenant(world):
    return SimulatedHalo(world, AT)


@pytest.fixture
def reading():
    return load_settings(
        _env_file=None,
        halo_url="http://127.0.0.1:9",
        halo_client_id=DEMO_CLIENT_ID,
        halo_client_secret=DEMO_CLIENT_SECRET,
        halo_scope=READ_SCOPES,
    )


def through(tenant: SimulatedHalo) -> httpx.ASGITransport:
    return httpx.ASGITransport(app=tenant.app)


def asked(tenant: SimulatedHalo, endpoint: str) -> list[httpx.QueryParams]:
    return [httpx.QueryParams(request.query) for request in tenant.requests if request.endpoint.lower() == endpoint.lower()]


def test_it_reads_every_list_within_the_bound_that_it_announces(tenant, reading):
    bounds = Sample(300, 10)
    found = discover(reading, CLOCK, bounds, transport=through(tenant))
    assert found.requests == len(tenant.requests) <= bounds.requests_at_most
    assert {request.method for request in tenant.requests if request.endpoint != "/auth/token"} == {"GET"}
    assert all(
        found.rows(name)
        for name in ("ticket_type", "status", "field_info", "opportunity", "project", "quotation", "approval", "action", "detail")
    )
    assert found.granted == frozenset(READ_SCOPES.split())


def test_a_sample_is_the_newest_records_and_no_more(tenant, reading):
    found = discover(reading, CLOCK, Sample(30, 0), transport=through(tenant))
    ids = [row["id"] for row in found.rows("opportunity")]
    assert len(ids) == 30
    assert ids == sorted((row["id"] for row in tenant.snapshot().opportunities), reverse=True)[:30]
    assert found.rows("detail") == ()


def test_custom_fields_come_with_the_sample(tenant, reading):
    found = discover(reading, CLOCK, Sample(30, 0), transport=through(tenant))
    assert any(row.get("customfields") for row in found.rows("opportunity"))


def test_a_list_that_is_refused_is_named_and_the_rest_is_read(tenant, reading):
    tenant.quirks = replace(tenant.quirks, denied_scopes=frozenset({"quotes"}))
    found = discover(reading, CLOCK, Sample(30, 0), transport=through(tenant))
    assert "403" in found.refused["quotation"]
    assert found.rows("appointment")


def test_without_the_set_up_lists_nothing_can_be_drafted(reading):
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("token"):
            return httpx.Response(200, json={"access_token": "t-0123456789", "expires_in": 3600})
        return httpx.Response(403) if request.url.path.endswith("/Status") else httpx.Response(200, json=[])

    with pytest.raises(PermissionMissing):
        discover(reading, CLOCK, Sample(30, 0), transport=httpx.MockTransport(answer))


def test_a_server_that_gives_the_same_page_again_has_no_more_to_give(reading):
    same = [{"id": number} for number in range(100)]
    pages = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("token"):
            return httpx.Response(200, json={"access_token": "t-0123456789", "expires_in": 3600})
        if request.url.path.endswith("/Opportunities"):
            pages.append(request.url.params["page_no"])
            return httpx.Response(200, json={"record_count": 5000, "tickets": same})
        return httpx.Response(200, json=[])

    found = discover(reading, CLOCK, Sample(1000, 0), transport=httpx.MockTransport(answer))
    assert len(found.rows("opportunity")) == 100
    assert pages == ["1", "2"]


def test_where_the_approval_list_wants_a_ticket_some_projects_are_asked(tenant, reading):
    tenant.quirks = replace(tenant.quirks, approvals_need_ticket=True)
    found = discover(reading, CLOCK, Sample(300, 10), transport=through(tenant))
    questions = asked(tenant, "/TicketApproval")
    assert [("ticket_id" in one) for one in questions] == [False] + [True] * 10
    assert all("step_name" in row for row in found.rows("approval"))


def test_the_set_up_alone_costs_what_is_announced(tenant, reading):
    found = set_up(reading, CLOCK, through(tenant))
    assert len(tenant.requests) == found.requests == SET_UP_REQUESTS
    assert found.rows("field_info")


def test_hidden_deals_show_where_quotations_name_them(tenant, reading):
    assert look(reading, CLOCK, through(tenant)).hidden.unseen == 0
    assert len(tenant.requests) <= LOOK_REQUESTS
    newest = max(tenant.snapshot().quotations, key=lambda row: row["id"])
    tenant.quirks = replace(tenant.quirks, hidden_ticket_ids=frozenset({newest["ticket_id"]}))
    assert look(reading, CLOCK, through(tenant)).hidden.unseen == 1


def test_what_may_not_be_read_proves_nothing_about_hidden_deals(tenant, reading):
    tenant.quirks = replace(tenant.quirks, denied_scopes=frozenset({"quotes"}))
    assert look(reading, CLOCK, through(tenant)).hidden is None

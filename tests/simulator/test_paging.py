"""Paging, order and filters, each quirk on and off (section 2.2 of the reference)."""

from __future__ import annotations

import pytest

from handoff_pipeline.simulator import Quirks
from tests.simulator.tenant import Tenant


@pytest.mark.fact("H034")
def test_a_page_is_cut_to_100_rows_without_an_error() -> None:
    answer = Tenant().get("/Projects", pageinate="true", page_no=1, page_size=1000)
    assert (len(answer["tickets"]), answer["page_size"]) == (100, 100)
    assert answer["record_count"] > 100


def test_without_the_cap_a_page_is_as_long_as_asked() -> None:
    answer = Tenant(Quirks(page_cap=1000)).get("/Projects", pageinate="true", page_no=1, page_size=1000)
    assert len(answer["tickets"]) == answer["record_count"] > 100


@pytest.mark.fact("H033")
def test_without_a_page_number_50_rows_come_and_are_counted_as_50() -> None:
    answer = Tenant().get("/Projects", pageinate="true", page_size=100)
    assert (len(answer["tickets"]), answer["record_count"]) == (50, 50)


def test_with_the_default_of_50_off_the_first_page_comes_instead() -> None:
    answer = Tenant(Quirks(default_page_50=False)).get("/Projects", pageinate="true", page_size=100)
    assert len(answer["tickets"]) == 100
    assert answer["record_count"] > 100


def test_a_list_that_is_not_paged_is_limited_by_count() -> None:
    answer = Tenant().get("/Client", count=100000, includeinactive="true")
    assert len(answer["clients"]) == answer["record_count"] == 26


def test_the_pages_of_a_list_hold_every_row_once() -> None:
    tenant = Tenant()
    ids = [row["id"] for row in tenant.rows("/Projects")]
    assert ids == sorted(set(ids))
    assert len(ids) == tenant.get("/Projects", pageinate="true", page_no=1)["record_count"]


def test_order_descending_turns_the_list_around() -> None:
    tenant = Tenant()
    up = tenant.get("/SalesOrder", pageinate="true", page_no=1, page_size=100, order="id")["salesorders"]
    down = tenant.get("/SalesOrder", pageinate="true", page_no=1, page_size=100, order="id", orderdesc="true")["salesorders"]
    assert down == up[::-1]


def test_the_second_order_decides_where_the_first_is_equal() -> None:
    rows = Tenant().get("/Opportunities", count=500, order="client_id", order2="id", orderdesc2="true")["tickets"]
    keys = [(row["client_id"], -row["id"]) for row in rows]
    assert keys == sorted(keys)


@pytest.mark.fact("H036")
@pytest.mark.parametrize("path", ["/Status", "/TicketType", "/Team", "/FieldInfo", "/TicketApproval"])
def test_set_up_lists_repeat_themselves_for_every_page(path: str) -> None:
    tenant = Tenant()
    first = tenant.get(path, pageinate="true", page_no=1, page_size=2)
    assert first == tenant.get(path, pageinate="true", page_no=2, page_size=2)
    assert len(first) > 2


@pytest.mark.fact("H036")
def test_actions_know_no_paging() -> None:
    tenant = Tenant()
    first = tenant.get("/Actions", count=30, pageinate="true", page_no=1, page_size=10)
    assert first == tenant.get("/Actions", count=30, pageinate="true", page_no=2, page_size=10)
    assert len(first["actions"]) == first["record_count"] == 30


@pytest.mark.fact("H028")
def test_a_misspelt_filter_is_ignored_and_gives_everything() -> None:
    tenant = Tenant()
    everything = tenant.get("/Opportunities", count=500)
    assert tenant.get("/Opportunities", count=500, cleint_id=11) == everything


def test_path_and_parameter_names_are_case_insensitive() -> None:
    tenant = Tenant()
    assert tenant.get("/opportunities", Count=500) == tenant.get("/Opportunities", count=500)


@pytest.mark.fact("H043")
def test_last_update_filters_are_read_with_and_without_a_zone() -> None:
    tenant = Tenant()
    plain = tenant.get("/Opportunities", count=500, lastupdatefromdate="2026-09-01T00:00:00")
    zoned = tenant.get("/Opportunities", count=500, lastupdatefromdate="2026-09-01T00:00:00.000000Z")
    everything = tenant.get("/Opportunities", count=500)
    assert plain == zoned
    assert 0 < plain["record_count"] < everything["record_count"]
    assert all(row["last_update"] >= "2026-09-01" for row in plain["tickets"])


@pytest.mark.fact("H045")
@pytest.mark.parametrize("path", ["/Quotation", "/SalesOrder", "/Actions", "/Agent"])
def test_lists_without_a_last_update_filter_ignore_it(path: str) -> None:
    tenant = Tenant()
    assert tenant.get(path, count=20, lastupdatefromdate="2030-01-01T00:00:00") == tenant.get(path, count=20)


@pytest.mark.fact("H044")
def test_clients_have_a_last_update_filter() -> None:
    assert Tenant().get("/Client", lastupdatefromdate="2026-09-01T00:00:00")["clients"] == []


def test_rows_shift_to_later_pages_when_the_world_moves_between_two_reads() -> None:
    tenant = Tenant()
    first = tenant.get("/Projects", pageinate="true", page_no=1, page_size=100)["tickets"]
    tenant.sim.advance(days=21)
    again = tenant.get("/Projects", pageinate="true", page_no=2, page_size=100)["tickets"]
    assert {row["id"] for row in first} & {row["id"] for row in again}


@pytest.mark.fact("H046")
def test_open_and_closed_deals_are_the_whole() -> None:
    tenant = Tenant()
    opened, closed, whole = (
        tenant.get("/Opportunities", count=500, **flag)["record_count"] for flag in ({"open_only": "true"}, {"closed_only": "true"}, {})
    )
    assert min(opened, closed) > 0
    assert opened + closed == whole

"""Lists of ids, of deleted tickets, by search; and lists that count, page or repeat wrongly (section 2.2 of the reference)."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from handoff_pipeline.simulator import Happening, Quirks
from handoff_pipeline.simulator import configuration as cfg
from tests.simulator.tenant import Tenant, demo_world

DEAL = demo_world().deals[0].deal_id


def _page(tenant: Tenant, path: str, number: int, **params: Any) -> list[dict[str, Any]]:
    answer = tenant.get(path, pageinate="true", page_no=number, page_size=20, order="id", **params)
    return next(value for value in answer.values() if isinstance(value, list))


@pytest.mark.parametrize(("path", "flag"), [("/Tickets", "ticketidonly"), ("/Opportunities", "idonly"), ("/SalesOrder", "idonly")])
def test_a_list_of_ids_holds_every_id_and_nothing_else(path: str, flag: str) -> None:
    tenant = Tenant()
    answer = tenant.get(path, count=100_000, **{flag: "true"})
    rows = next(value for value in answer.values() if isinstance(value, list))
    assert {frozenset(row) for row in rows} == {frozenset({"id"})}
    assert {row["id"] for row in rows} == {row["id"] for row in tenant.rows(path)}
    assert answer["record_count"] == len(rows)


def test_a_list_of_ids_does_not_page() -> None:
    tenant = Tenant()
    assert _page(tenant, "/Tickets", 1, idonly="true") == _page(tenant, "/Tickets", 2, idonly="true")


def test_with_the_switch_off_a_list_of_ids_pages() -> None:
    tenant = Tenant(Quirks(idonly_ignores_paging=False))
    assert _page(tenant, "/Tickets", 1, idonly="true") != _page(tenant, "/Tickets", 2, idonly="true")


def test_quotations_know_no_list_of_ids() -> None:
    assert len(_page(Tenant(), "/Quotation", 1, idonly="true")[0]) > 1


def test_tickets_are_found_by_their_ids() -> None:
    wanted = {deal.deal_id for deal in demo_world().deals[:3]}
    rows = Tenant().get("/Tickets", ticketids=",".join(map(str, wanted)))["tickets"]
    assert {row["id"] for row in rows} == wanted


def test_deleted_tickets_are_listed_alone_and_only_when_asked_for() -> None:
    tenant = Tenant()
    tenant.sim.edits.delete("tickets", DEAL)
    assert [row["id"] for row in tenant.get("/Opportunities", deleted="true")["tickets"]] == [DEAL]
    assert tenant.get("/Projects", deleted="true")["tickets"] == []
    assert DEAL not in {row["id"] for row in tenant.rows("/Opportunities")}


@pytest.mark.parametrize("status", [404, 200])
def test_a_deleted_ticket_alone_answers_as_the_switch_says(status: int) -> None:
    tenant = Tenant(Quirks(deleted_record_status=status))  # type: ignore[arg-type]
    tenant.sim.edits.delete("tickets", DEAL)
    assert tenant.ask(f"/Tickets/{DEAL}").status_code == status


@pytest.mark.fact("H035")
@pytest.mark.parametrize(
    ("name", "kind", "value", "holds"),
    [
        ("id", 0, f"{DEAL},5", lambda row: row["id"] == DEAL),
        ("id", 1, f"{DEAL},5", lambda row: row["id"] != DEAL),
        ("faultid", 2, str(DEAL), lambda row: row["id"] == DEAL),
        ("status", 3, str(cfg.STATUS_WON), lambda row: row["status_id"] != cfg.STATUS_WON),
        ("summary", 4, "%migration%", lambda row: "migration" in row["summary"].lower()),
        ("summary", 5, "migration", lambda row: "migration" not in row["summary"].lower()),
        ("dateoccurred", 7, "2026-06-01", lambda row: row["dateoccurred"] > "2026-06-01"),
        ("id", 8, str(DEAL), lambda row: row["id"] >= DEAL),
        ("datecleared", 9, "2026-06-01", lambda row: row["dateclosed"] < "2026-06-01"),
        ("id", 10, str(DEAL), lambda row: row["id"] <= DEAL),
    ],
)
def test_the_advanced_search_knows_its_types(name: str, kind: int, value: str, holds: Any) -> None:
    tenant = Tenant()
    text = orjson.dumps([{"filter_name": name, "filter_type": kind, "filter_value": value}]).decode()
    found = tenant.get("/Opportunities", count=1000, advanced_search=text)["tickets"]
    assert found == [row for row in tenant.get("/Opportunities", count=1000)["tickets"] if holds(row)]


def test_quotations_are_searched_by_date() -> None:
    text = orjson.dumps([{"filter_name": "date", "filter_type": 8, "filter_value": "2026-08-01"}]).decode()
    rows = Tenant().rows("/Quotation", advanced_search=text)
    assert rows
    assert min(row["date"] for row in rows) >= "2026-08-01"


@pytest.mark.parametrize("text", ["{", "{}", '[{"filter_name": "nothing", "filter_type": 2, "filter_value": "1"}]', "[7]"])
def test_a_search_that_cannot_be_read_gives_everything(text: str) -> None:
    tenant = Tenant()
    assert tenant.get("/Opportunities", count=1000, advanced_search=text) == tenant.get("/Opportunities", count=1000)


def test_clients_that_were_changed_are_found_by_their_last_update() -> None:
    tenant = Tenant()
    tenant.sim.edits.change("clients", 11, {"name": "Renamed Ltd"})
    rows = tenant.get("/Client", lastupdatefromdate="2026-09-28T00:00:00")["clients"]
    assert [row["name"] for row in rows] == ["Renamed Ltd"]


def test_a_server_that_ignores_the_page_number_repeats_the_first_page() -> None:
    tenant = Tenant(Quirks(page_no_ignored=True))
    assert _page(tenant, "/Projects", 3) == _page(tenant, "/Projects", 1)


@pytest.mark.fact("H036")
def test_a_list_that_does_not_page_comes_whole_for_every_page() -> None:
    tenant = Tenant(Quirks(unpaged_paths=frozenset({"/Client"})))
    assert _page(tenant, "/Client", 2) == _page(tenant, "/Client", 1)
    assert len(_page(tenant, "/Client", 1)) > 20


def test_the_count_can_grow_with_every_request() -> None:
    tenant = Tenant(Quirks(record_count_drift=3))
    counts = [tenant.get("/Projects", pageinate="true", page_no=page)["record_count"] for page in (1, 2, 3)]
    assert [count - counts[0] for count in counts] == [0, 3, 6]


def test_the_count_can_be_wrong_or_missing() -> None:
    right = Tenant().get("/Projects", pageinate="true", page_no=1)
    wrong = Tenant(Quirks(record_count_off_by=-5)).get("/Projects", pageinate="true", page_no=1)
    missing = Tenant(Quirks(record_count_missing=True)).get("/Projects", pageinate="true", page_no=1)
    assert wrong["record_count"] == right["record_count"] - 5
    assert "record_count" not in missing


def test_a_row_that_is_deleted_while_the_list_is_read_pulls_another_onto_the_page_before() -> None:
    tenant = Tenant()
    everything = [row["id"] for row in tenant.rows("/Projects")]
    tenant = Tenant()
    tenant.sim.happenings.append(Happening("/Projects", 2, lambda sim: sim.edits.delete("tickets", everything[0])))
    read = [row["id"] for page in (1, 2) for row in _page(tenant, "/Projects", page)]
    assert everything[20] not in read
    assert everything[21] in read


def test_a_row_that_is_made_while_the_list_is_read_pushes_another_onto_the_next_page() -> None:
    tenant = Tenant()
    made = {"id": 1, "summary": "New", "tickettype_id": cfg.PROJECT}
    tenant.sim.happenings.append(Happening("/Projects", 2, lambda sim: sim.edits.create("tickets", made)))
    read = [row["id"] for page in (1, 2) for row in _page(tenant, "/Projects", page)]
    assert len(read) - len(set(read)) == 1


def test_a_restriction_can_begin_while_the_list_is_read() -> None:
    tenant = Tenant()

    def restrict(sim: Any) -> None:
        sim.quirks = Quirks(hidden_teams=frozenset({"Projects"}))

    tenant.sim.happenings.append(Happening("*", 2, restrict))
    assert _page(tenant, "/Projects", 1)
    assert _page(tenant, "/Projects", 2) == []

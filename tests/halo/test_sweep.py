"""Sweeps of ids: what is there is known, what was not seen is read, what is gone is looked for; and nothing is proven by silence."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from handoff_pipeline.halo.report import EntityReport
from handoff_pipeline.halo.sweep import ids_in
from tests.halo.fake import NOW, FakeHalo, landed_ids, plan, pull_from
from tests.halo.store import Store, records, row

OPPORTUNITIES, CLIENTS = "/api/Opportunities", "/api/Client"
YESTERDAY = NOW - timedelta(days=1)


def _swept(store: Store, tmp_path: Path, known: set[int], doubtful: frozenset[int] = frozenset(), entity: str = "opportunity") -> Any:
    path = OPPORTUNITIES if entity == "opportunity" else CLIENTS
    halo = FakeHalo(handlers={path: store} | {f"{path}/{each['id']}": store.one(each["id"]) for each in store.rows})
    a_plan = plan(
        cursors={entity: YESTERDAY},
        sweep=frozenset({entity}),
        known_ids={entity: frozenset(known)},
        doubtful_ids={entity: doubtful},
    )
    return pull_from(halo, tmp_path, a_plan=a_plan)


def _present(report: EntityReport) -> set[int]:
    assert report.present is not None
    return set(orjson.loads(report.present.read_bytes()))


def test_a_sweep_of_a_quiet_list_costs_two_requests(tmp_path: Path) -> None:
    store = Store([*records(1, 299), row(300, NOW)])
    report = _swept(store, tmp_path, known=set(range(1, 301)))
    opportunity = report.entities["opportunity"]
    assert (opportunity.state, opportunity.is_full, opportunity.requests) == ("complete", False, 3)
    assert _present(opportunity) == set(range(1, 301))
    assert landed_ids(report, "opportunity") == [300]


def test_no_sweep_is_made_where_none_is_asked_for(tmp_path: Path) -> None:
    store = Store(records(1, 10))
    report = pull_from(FakeHalo(handlers={OPPORTUNITIES: store}), tmp_path, a_plan=plan(cursors={"opportunity": YESTERDAY}))
    assert (store.sweeps(), report.entities["opportunity"].present) == (0, None)


def test_an_old_record_that_became_visible_is_read(tmp_path: Path) -> None:
    store = Store(records(1, 20))
    report = _swept(store, tmp_path, known=set(range(1, 18)))
    opportunity = report.entities["opportunity"]
    assert landed_ids(report, "opportunity") == [18, 19, 20]
    assert (opportunity.rows_seen, opportunity.detail) == (3, "3 records read by their ids")
    assert "include_custom_fields" in store.asked[-1]


def test_a_doubted_record_that_is_there_again_is_read_for_its_changes_were_not_seen(tmp_path: Path) -> None:
    report = _swept(Store(records(1, 9)), tmp_path, known=set(range(1, 10)), doubtful=frozenset({4, 77}))
    assert landed_ids(report, "opportunity") == [4]


def test_more_unread_records_than_one_answer_takes_are_all_read(tmp_path: Path) -> None:
    store = Store(records(1, 250), cap=40)
    report = _swept(store, tmp_path, known=set())
    assert landed_ids(report, "opportunity") == list(range(1, 251))


def test_where_ids_are_not_honoured_the_records_are_read_one_by_one(tmp_path: Path) -> None:
    store = Store(records(1, 20), ignored=frozenset({"ticketids"}))
    report = _swept(store, tmp_path, known=set(range(1, 19)))
    assert landed_ids(report, "opportunity") == [19, 20]
    assert report.requests_by_endpoint["/Opportunities/{id}"] == 2


def test_clients_are_read_one_by_one_while_that_is_cheaper(tmp_path: Path) -> None:
    store = Store(records(1, 150), key="clients")
    report = _swept(store, tmp_path, known=set(range(1, 150)), entity="client")
    assert landed_ids(report, "client") == [150]
    assert not report.entities["client"].is_full


def test_many_unread_clients_are_read_with_the_whole_list(tmp_path: Path) -> None:
    store = Store(records(1, 150), key="clients")
    report = _swept(store, tmp_path, known=set(range(1, 100)), entity="client")
    assert landed_ids(report, "client") == list(range(1, 151))
    assert report.entities["client"].is_full


@pytest.mark.parametrize("ignored", [{"idonly"}, {"count"}])
def test_where_ids_do_not_come_alone_the_list_is_read_whole(tmp_path: Path, ignored: set[str]) -> None:
    store = Store([*records(1, 120), row(121, NOW)], ignored=frozenset(ignored))
    report = _swept(store, tmp_path, known=set(range(1, 122)))
    opportunity = report.entities["opportunity"]
    assert (opportunity.state, opportunity.is_full, opportunity.present) == ("complete", True, None)
    assert landed_ids(report, "opportunity") == list(range(1, 122))
    assert "ids are not given alone" in str(opportunity.detail)


def test_absent_records_that_are_listed_as_deleted_are_proven(tmp_path: Path) -> None:
    store = Store(records(1, 300))
    store.delete(5, 150)
    opportunity = _swept(store, tmp_path, known={*range(1, 301), 999}).entities["opportunity"]
    assert opportunity.listed_deleted == {5, 150}
    assert _present(opportunity) == set(range(1, 301)) - {5, 150}


def test_more_deletions_than_one_answer_takes_are_all_proven(tmp_path: Path) -> None:
    store = Store(records(1, 300))
    store.delete(*range(1, 251))
    assert _swept(store, tmp_path, known=set(range(1, 301))).entities["opportunity"].listed_deleted == set(range(1, 251))


def test_a_deleted_list_that_holds_a_living_record_proves_nothing(tmp_path: Path) -> None:
    store = Store(records(1, 20), ignored=frozenset({"deleted"}))
    store.delete(7)
    opportunity = _swept(store, tmp_path, known=set(range(1, 21))).entities["opportunity"]
    assert (opportunity.state, opportunity.listed_deleted) == ("complete", frozenset())
    assert "deleted=true is not honoured" in str(opportunity.detail)


def test_a_deleted_list_that_is_refused_proves_nothing_and_fails_nothing(tmp_path: Path) -> None:
    store = Store(records(1, 20))
    store.delete(7)
    halo = FakeHalo(handlers={OPPORTUNITIES: lambda request: httpx.Response(400) if "deleted" in request.url.params else store(request)})
    a_plan = plan(cursors={"opportunity": YESTERDAY}, sweep=frozenset({"opportunity"}), known_ids={"opportunity": frozenset(range(1, 21))})
    opportunity = pull_from(halo, tmp_path, a_plan=a_plan).entities["opportunity"]
    assert (opportunity.state, opportunity.listed_deleted) == ("complete", frozenset())
    assert "cannot be listed" in str(opportunity.detail)


def test_a_full_read_looks_for_deleted_records_too(tmp_path: Path) -> None:
    store = Store(records(1, 20))
    store.delete(7)
    report = pull_from(FakeHalo(handlers={OPPORTUNITIES: store}), tmp_path, a_plan=plan(known_ids={"opportunity": frozenset(range(1, 21))}))
    opportunity = report.entities["opportunity"]
    assert (opportunity.is_full, opportunity.present, opportunity.listed_deleted) == (True, None, frozenset({7}))


def test_a_record_that_vanishes_before_it_is_read_is_swept_again(tmp_path: Path) -> None:
    store = Store(records(1, 20))
    # Requests: 1 changes, 2 ids, 3 their number, 4 the unread record by its id.
    store.edit = lambda number: store.delete(20) if number == 4 else None
    opportunity = _swept(store, tmp_path, known=set(range(1, 20))).entities["opportunity"]
    assert (opportunity.state, store.sweeps()) == ("complete", 2)
    assert _present(opportunity) == set(range(1, 20))


def test_a_record_that_is_shown_and_can_never_be_read_makes_the_entity_incomplete(tmp_path: Path) -> None:
    store = Store(records(1, 20))

    def page(request: httpx.Request) -> httpx.Response:
        answered = store(request)
        return answered if "ticketids" not in request.url.params else Store([])(request)

    a_plan = plan(cursors={"opportunity": YESTERDAY}, sweep=frozenset({"opportunity"}), known_ids={"opportunity": frozenset(range(1, 20))})
    opportunity = pull_from(FakeHalo(handlers={OPPORTUNITIES: page}), tmp_path, a_plan=a_plan).entities["opportunity"]
    assert (opportunity.state, opportunity.files, opportunity.present) == ("incomplete", (), None)
    assert "1 records are shown and cannot be read, ids 20" in str(opportunity.detail)
    assert store.sweeps() == 3


def test_a_row_that_is_created_between_ids_and_count_asks_for_both_again(tmp_path: Path) -> None:
    store = Store(records(1, 20))
    store.edit = lambda number: store.add([row(21, NOW)]) if number == 3 else None
    report = _swept(store, tmp_path, known=set(range(1, 21)))
    assert store.sweeps() == 2
    assert _present(report.entities["opportunity"]) == set(range(1, 22))
    assert landed_ids(report, "opportunity") == [21]


@pytest.mark.parametrize(
    ("document", "ids"),
    [
        ([1, "2", 3.0], {1, 2, 3}),
        ([{"id": 4}], {4}),
        ({"record_count": 2, "tickets": [{"id": 1}, {"id": 2}]}, {1, 2}),
        ({"record_count": 2, "tickets": [], "ticket_ids": [8, 9]}, {8, 9}),
        ({"record_count": 0}, set()),
        ({"record_count": 3}, None),
        ([{"name": "no id"}], None),
        # Numbers that no id can be, and that neither Python's own conversion nor the file of ids takes.
        ([1, "9" * 5000], None),
        ([1, 1e300], None),
        ([1, -(2.0**80)], None),
        ("text", None),
    ],
)
def test_ids_are_found_in_every_form(document: object, ids: set[int] | None) -> None:
    assert ids_in(document, ("tickets",)) == (None if ids is None else frozenset(ids))

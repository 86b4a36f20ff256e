"""Invoices, agreements, timesheets, files and history as the simulated HaloPSA serves them."""

from __future__ import annotations

from base64 import b64decode
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from handoff_pipeline.simulator import Quirks
from tests.simulator.tenant import DEMO_MOMENT, Tenant, demo_world


@pytest.fixture(scope="module")
def tenant() -> Tenant:
    return Tenant(Quirks(rate_limit=False))


def _invoices(tenant: Tenant, **params: str | float) -> list[dict[str, Any]]:
    return tenant.rows("/Invoice", includelines="true", **params)


def test_invoice_lines_come_on_request_or_alone(tenant: Tenant) -> None:
    row = tenant.rows("/Invoice")[0]
    assert "lines" not in row
    assert tenant.get(f"/Invoice/{row['id']}")["lines"] == _invoices(tenant)[0]["lines"]


def test_every_invoice_made_by_now_is_served_and_a_draft_is_not_posted(tenant: Tenant) -> None:
    made = {invoice.invoice_id: invoice for invoice in demo_world().invoices if invoice.created_at <= DEMO_MOMENT}
    rows = {row["id"]: row for row in _invoices(tenant)}
    assert rows.keys() == made.keys()
    for number, row in rows.items():
        posted = made[number].posted_at
        assert row["posted"] == (posted is not None and posted <= DEMO_MOMENT)
        assert row["posted"] == (row["dateposted"] > "1980")


def test_an_invoice_is_a_draft_until_the_moment_of_its_posting() -> None:
    invoice = next(each for each in demo_world().invoices if each.posted_at)
    assert invoice.posted_at is not None
    moments = (invoice.posted_at - timedelta(seconds=1), invoice.posted_at)
    assert [Tenant(now=now).get(f"/Invoice/{invoice.invoice_id}")["posted"] for now in moments] == [False, True]


def test_an_invoice_names_the_change_that_it_bills_on_its_line(tenant: Tenant) -> None:
    wanted = next(line.ticket_id for invoice in demo_world().invoices for line in invoice.lines if line.ticket_id)
    found = _invoices(tenant, ticket_id=wanted or 0)
    assert found
    assert all(wanted in {line["ticket_id"] for line in row["lines"]} for row in found)


def test_posted_only_and_drafts_only_part_the_invoices(tenant: Tenant) -> None:
    posted, drafts = tenant.rows("/Invoice", postedonly="true"), tenant.rows("/Invoice", notpostedonly="true")
    assert posted
    assert drafts
    assert len(posted) + len(drafts) == len(tenant.rows("/Invoice"))


def test_invoices_are_found_by_their_date(tenant: Tenant) -> None:
    rows = tenant.rows("/Invoice", invoicedatestart="2026-07-01", invoicedateend="2026-07-31")
    assert {row["invoice_date"][:7] for row in rows} == {"2026-07"}


@pytest.mark.fact("H045")
@pytest.mark.parametrize("path", ["/Invoice", "/Milestone"])
def test_a_last_update_filter_does_nothing_on_invoices_and_milestones(tenant: Tenant, path: str) -> None:
    assert tenant.rows(path, lastupdatefromdate="2026-09-27T00:00:00") == tenant.rows(path)


@pytest.mark.fact("H064")
def test_agreements_that_ended_come_on_request_only(tenant: Tenant) -> None:
    assert {row["status"] for row in tenant.rows("/ClientContract")} == {3}
    everyone = tenant.rows("/ClientContract", includeinactive="true")
    assert {row["status"]: row["expired"] for row in everyone} == {3: False, 4: True}


def test_an_agreement_ends_when_its_time_is_over() -> None:
    ending = next(c for c in demo_world().contracts if c.ends and c.starts < DEMO_MOMENT.date() < c.ends)
    path = f"/ClientContract/{ending.contract_id}"
    later = DEMO_MOMENT + timedelta(days=400)
    assert [Tenant(now=now).get(path)["active"] for now in (DEMO_MOMENT, later)] == [True, False]


@pytest.mark.fact("H062")
def test_every_timesheet_row_has_id_0_and_agent_and_date_tell_them_apart(tenant: Tenant) -> None:
    rows = tenant.get("/Timesheet")
    assert {row["id"] for row in rows} == {0}
    assert max(Counter((row["agent_id"], row["date"]) for row in rows).values()) == 1


def test_timesheets_hold_the_hours_that_were_logged(tenant: Tenant) -> None:
    logged = tenant.get("/Actions", count=100000, timeentriesonly="true")["actions"]
    assert sum(row["actual_hours"] for row in tenant.get("/Timesheet")) == pytest.approx(sum(row["timetaken"] for row in logged))


@pytest.mark.fact("H055")
def test_files_are_found_by_kind_and_number(tenant: Tenant) -> None:
    signed = next(file for file in demo_world().attachments if file.is_signed_quotation and file.added_at <= DEMO_MOMENT)
    found = tenant.get("/Attachment", type=66, unique_id=signed.quote_id or 0)
    assert [row["filename"] for row in found] == [signed.file_name]
    assert {row["type"] for row in tenant.get("/Attachment")} == {0, 50, 52, 66}


def test_files_of_a_ticket_are_found_by_the_ticket_and_a_list_row_does_not_name_it(tenant: Tenant) -> None:
    file = next(each for each in demo_world().attachments if each.deal_id and each.added_at <= DEMO_MOMENT)
    rows = tenant.get("/Attachment", ticket_id=file.deal_id or 0)
    assert file.attachment_id in {row["id"] for row in rows}
    assert not any("ticket_id" in row for row in rows)


def test_one_file_comes_as_json_or_as_its_bytes(tenant: Tenant) -> None:
    number = tenant.get("/Attachment")[0]["id"]
    kind, _, content = tenant.get(f"/Attachment/{number}")["data_base64"].partition(",")
    binary = Tenant(Quirks(attachment_is_binary=True)).ask(f"/Attachment/{number}")
    assert kind == "data:application/pdf;base64"
    assert (binary.content, binary.headers["content-type"]) == (b64decode(content), "application/octet-stream")


def test_files_come_bare_or_in_an_envelope(tenant: Tenant) -> None:
    wrapped = Tenant(Quirks(attachment_envelope="attachments")).get("/Attachment", type=66)
    assert wrapped["attachments"] == tenant.get("/Attachment", type=66)


def test_a_hidden_ticket_hides_its_files() -> None:
    deal = next(each.deal_id for each in demo_world().attachments if each.deal_id and each.added_at <= DEMO_MOMENT)
    assert Tenant(Quirks(hidden_ticket_ids=frozenset({deal or 0}))).get("/Attachment", ticket_id=deal or 0) == []


def test_a_hidden_client_hides_the_files_of_its_quotations_and_orders() -> None:
    order = next(each for each in demo_world().orders if each.quote_id and each.created_at < DEMO_MOMENT - timedelta(days=1))
    hidden = Tenant(Quirks(hidden_client_ids=frozenset({order.client_id})))
    for tenant, expected in ((Tenant(), True), (hidden, False)):
        assert bool(tenant.get("/Attachment", type=52, unique_id=order.order_id)) == expected
        assert bool(tenant.get("/Attachment", type=50, unique_id=order.quote_id or 0)) == expected


def test_history_names_a_field_by_its_label_with_its_values(tenant: Tenant) -> None:
    deal = next(d for d in demo_world().deals if len(d.status.steps) > 1 and d.status.steps[1][1] == "won" and d.won_at(DEMO_MOMENT))
    history = tenant.get(f"/Tickets/{deal.deal_id}", include_auditing="true")["audit_log"]
    first = next(row for row in history if row["value"] == "Status")
    assert (first["from"], first["to"]) == ("Proposal Sent", "Closed Won")
    assert {row["ticket_id"] for row in history} == {deal.deal_id}


def test_history_comes_on_request_only(tenant: Tenant) -> None:
    assert "audit_log" not in tenant.get(f"/Tickets/{demo_world().deals[0].deal_id}")


def test_an_entry_of_the_history_keeps_its_number() -> None:
    def rows(now: Any) -> list[dict[str, Any]]:
        return list(Tenant(now=now).get("/Audit", count=100000))

    early, late = rows(DEMO_MOMENT), rows(DEMO_MOMENT + timedelta(days=20))
    assert len(late) > len(early)
    assert [row for row in late if row["id"] <= early[0]["id"]] == early


def test_the_history_as_a_list_is_cut_like_any_list(tenant: Tenant) -> None:
    assert len(tenant.get("/Audit")) == 50


@pytest.mark.parametrize(
    ("path", "scope"),
    [("/Invoice", "invoices"), ("/ClientContract", "contracts"), ("/Timesheet", "timesheets"), ("/Milestone", "projects")],
)
def test_each_needs_a_scope_of_its_own(path: str, scope: str) -> None:
    assert Tenant(scope="read:tickets").ask(path).status_code == 403
    assert Tenant(scope=f"read:{scope}").ask(path).status_code == 200

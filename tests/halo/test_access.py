"""`doctor --access`: what each credential may do beyond need, what it lacks, and the fix for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from handoff_pipeline.halo import Finding, access
from handoff_pipeline.halo.entities import ENTITIES, Entity
from handoff_pipeline.halo.scopes import READ_NEEDS, REPORT_NEEDS
from handoff_pipeline.settings import READ_SCOPES
from tests.halo.fake import TOKEN, FakeHalo, Handler, InstantClock, answer, settings
from tests.halo.keeping import writer_settings

AGENTS = [{"id": 1, "name": "Unassigned"}, {"id": 2, "name": "Ann", "costprice": 40.0}]


def _empty(entity: Entity) -> Handler:
    key = (entity.envelope or ("rows",))[0]
    return lambda _: answer({"record_count": 0, key: []})


def _tenant(scope: str | None = READ_SCOPES, **handlers: Any) -> FakeHalo:
    """A tenant that lets the reader see everything and tells its version."""
    halo = FakeHalo()
    for entity in ENTITIES.values():
        path = f"/api{entity.path}"
        if path not in halo.lists:
            halo.handlers[path] = _empty(entity)
    halo.handlers |= {
        "/auth/token": lambda _: answer({"access_token": TOKEN, "expires_in": 3600} | ({"scope": scope} if scope else {})),
        "/api/Agent": lambda _: answer(AGENTS),
        "/api/InstanceInfo": lambda _: answer({"app_version": "2.196.1"}),
        **{f"/api/{name}": handler for name, handler in handlers.items()},
    }
    for path in ("/api/Opportunities", "/api/Projects", "/api/Client"):
        if path.removeprefix("/api/") not in handlers:
            halo.handlers[path] = lambda request: answer([] if "idonly" in request.url.params else {"record_count": 0, "tickets": []})
    return halo


def _found(halo: FakeHalo, tmp_path: Path, **overrides: Any) -> dict[str, Finding]:
    return {finding.name: finding for finding in access(settings(tmp_path, **overrides), InstantClock(), halo.transport)}


def test_a_tenant_in_order_has_nothing_to_mend(tmp_path: Path) -> None:
    halo = _tenant()
    found = _found(halo, tmp_path)
    assert [finding for finding in found.values() if not finding.ok] == []
    assert found["server version"].message == "HaloPSA 2.196.1"
    assert found["reader: cost"].message == "1 of 2 agents show a cost price"
    assert found["writer: scopes"].message == "no writer credential is set, so nothing can be written to HaloPSA"
    assert {request.method for request in halo.seen if request.url.path.startswith("/api/")} == {"GET"}
    assert len(halo.seen) <= 32


def test_a_scope_beyond_need_and_one_that_is_missing_are_named_with_what_to_tick(tmp_path: Path) -> None:
    granted = READ_SCOPES.replace("read:sos ", "") + " edit:assets admin:webhooks"
    finding = _found(_tenant(granted), tmp_path)["reader: scopes"]
    assert not finding.ok
    assert finding.message == (
        "read:sos is missing: sales orders and their lines; admin:webhooks is more than it needs; edit:assets is more than it needs"
    )
    assert "tick read:sos, take off admin:webhooks edit:assets" in str(finding.fix)


def test_an_edit_scope_reads_as_well_and_is_beyond_the_readers_need(tmp_path: Path) -> None:
    finding = _found(_tenant(READ_SCOPES.replace("read:tickets", "edit:tickets")), tmp_path)["reader: scopes"]
    assert finding.message == "edit:tickets is more than it needs"


def test_all_is_named_even_where_it_is_allowed(tmp_path: Path) -> None:
    finding = _found(_tenant("all"), tmp_path, allow_scope_all=True)["reader: scopes"]
    assert "all may change everything" in finding.message


def test_a_tenant_that_does_not_tell_its_scopes_is_said_to_be_silent(tmp_path: Path) -> None:
    finding = _found(_tenant(None), tmp_path)["reader: scopes"]
    assert finding.ok
    assert "does not say" in finding.message


@pytest.mark.fact("H015")
def test_an_entity_that_is_refused_is_named_with_what_the_figures_lack(tmp_path: Path) -> None:
    found = _found(_tenant(Invoice=lambda _: httpx.Response(403), Quotation=lambda _: httpx.Response(403)), tmp_path)
    assert [name for name, finding in found.items() if not finding.ok] == ["reader: quotations", "reader: invoices"]
    assert "whether a change request was billed is not known" in found["reader: invoices"].message
    assert "cannot be made without it" in found["reader: quotations"].message
    assert "read:invoices" in str(found["reader: invoices"].fix)


@pytest.mark.fact("H018")
def test_hidden_cost_is_said(tmp_path: Path) -> None:
    finding = _found(_tenant(Agent=lambda _: answer([{"id": 2, "name": "Ann"}])), tmp_path)["reader: cost"]
    assert not finding.ok
    assert "cost of labour is not known" in finding.message
    assert "Roles" in str(finding.fix)


def test_rows_that_are_counted_and_not_shown_are_a_hint(tmp_path: Path) -> None:
    def clients(request: httpx.Request) -> httpx.Response:
        return answer(
            [{"id": number} for number in range(7)] if "idonly" in request.url.params else {"record_count": 9, "clients": [{"id": 1}]}
        )

    finding = _found(_tenant(Client=clients), tmp_path)["reader: clients shown"]
    assert "counts 9 clients and shows ids of 7" in finding.message


def test_refused_credentials_are_a_finding_and_no_crash(tmp_path: Path) -> None:
    halo = _tenant()
    halo.handlers["/auth/token"] = lambda _: answer({"error": "invalid_client"}, 400)
    found = _found(halo, tmp_path)
    assert not found["reader: credentials"].ok


def test_the_writer_is_looked_at_with_its_own_credential(tmp_path: Path) -> None:
    halo = _tenant("edit:tickets edit:projects edit:invoices")
    found = {finding.name: finding for finding in access(writer_settings(tmp_path), InstantClock(), halo.transport)}
    assert found["writer: scopes"].message == "edit:invoices is more than it needs"
    same = {
        finding.name: finding
        for finding in access(writer_settings(tmp_path, halo_writer_client_id="reader"), InstantClock(), halo.transport)
    }
    assert "the reader's own" in same["writer: credentials"].message


def test_reporting_is_looked_at_where_it_is_used(tmp_path: Path) -> None:
    halo = _tenant(f"{READ_SCOPES} read:reporting", Report=lambda _: answer({"report": {"loaded": True, "rows": [{"one": 1}]}}))
    found = _found(halo, tmp_path, reporting=True)
    assert found["reader: scopes"].ok
    assert halo.to("/api/Report")[0].method == "POST"


def test_every_scope_that_is_asked_for_has_its_reason_and_every_reason_is_asked_for() -> None:
    assert set(READ_NEEDS) == set(READ_SCOPES.split())
    assert {scope for entity in ENTITIES.values() for scope in entity.scopes} == {*READ_NEEDS, *REPORT_NEEDS}


def test_every_finding_that_is_not_ok_carries_its_fix(tmp_path: Path) -> None:
    halo = _tenant("all edit:x")
    halo.handlers |= {f"/api{entity.path}": lambda _: httpx.Response(403) for entity in ENTITIES.values()}
    found = _found(halo, tmp_path, allow_scope_all=True)
    assert all(finding.fix for finding in found.values() if not finding.ok)
    assert sum(not finding.ok for finding in found.values()) > 10


@pytest.mark.parametrize("version", ["<script>", "2.1 \n evil", None])
def test_a_version_is_cleaned(tmp_path: Path, version: str | None) -> None:
    message = _found(_tenant(InstanceInfo=lambda _: answer({"app_version": version})), tmp_path)["server version"].message
    assert "<" not in message
    assert "\n" not in message

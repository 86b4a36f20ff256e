"""Tokens: discovery, renewal before the end and on refusal, one at a time, and never in sight."""

from __future__ import annotations

import asyncio
import logging
import traceback
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest

from handoff_pipeline.errors import HandoffError, SettingsError
from handoff_pipeline.halo.client import HaloClient, connected
from handoff_pipeline.halo.entities import ENTITIES
from handoff_pipeline.halo.errors import AuthenticationError, PermissionMissing, ProtocolError, ServerFault
from tests.halo.fake import NOW, SECRET, TOKEN, FakeHalo, InstantClock, answer, pull_from, settings

STATUS = ENTITIES["status"]


async def _statuses(client: HaloClient, times: int = 1) -> None:
    await asyncio.gather(*(client.rows(STATUS, {}) for _ in range(times)))


def _with_client(halo: FakeHalo, tmp_path: Path, clock: InstantClock | None = None, **overrides: object):
    return connected(settings(tmp_path, **overrides), clock or InstantClock(), halo.transport)


@pytest.mark.fact("H001", "H002", "H006")
def test_the_token_is_asked_for_where_authinfo_says_with_the_tenants_name(tmp_path: Path) -> None:
    halo = FakeHalo(
        handlers={"/api/authinfo": lambda _: answer({"auth_url": "https://auth.haloservicedesk.com/auth", "tenant_id": "acme-7"})}
    )

    async def play() -> None:
        async with _with_client(halo, tmp_path):
            pass

    asyncio.run(play())
    (post,) = halo.token_posts()
    assert post.url.host == "auth.haloservicedesk.com"
    assert post.url.params["tenant"] == "acme-7"
    form = parse_qs(post.content.decode())
    assert form["grant_type"] == ["client_credentials"]
    assert form["client_secret"] == [SECRET]
    assert "all" not in form["scope"][0].split()


@pytest.mark.fact("H003")
def test_without_authinfo_the_stock_place_is_asked(tmp_path: Path) -> None:
    halo = FakeHalo(handlers={"/api/authinfo": lambda _: httpx.Response(404)})

    async def play() -> None:
        async with _with_client(halo, tmp_path, halo_tenant="acme"):
            pass

    asyncio.run(play())
    assert [(post.url.host, post.url.params["tenant"]) for post in halo.token_posts()] == [("acme.halopsa.com", "acme")]


@pytest.mark.fact("H009", "H010")
def test_a_token_is_renewed_before_it_expires(tmp_path: Path) -> None:
    halo, clock = FakeHalo(expires_in=3600), InstantClock()

    async def play() -> list[int]:
        async with _with_client(halo, tmp_path, clock) as client:
            counts = []
            for pause in (3539, 2, 10):
                clock.pass_by(pause)
                await _statuses(client)
                counts.append(len(halo.token_posts()))
            return counts

    assert asyncio.run(play()) == [1, 2, 2]


def test_a_short_life_has_a_short_margin(tmp_path: Path) -> None:
    halo, clock = FakeHalo(expires_in=10), InstantClock()

    async def play() -> list[int]:
        async with _with_client(halo, tmp_path, clock) as client:
            counts = []
            for pause in (7.5, 1):
                clock.pass_by(pause)
                await _statuses(client)
                counts.append(len(halo.token_posts()))
            return counts

    assert asyncio.run(play()) == [1, 2]


@pytest.mark.fact("H110")
def test_a_refused_token_is_healed_once_and_by_one_token_request_for_all(tmp_path: Path) -> None:
    halo = FakeHalo()

    def status(request: httpx.Request) -> httpx.Response:
        is_old = request.headers["authorization"] == f"Bearer {TOKEN}-1"
        return httpx.Response(401) if is_old else answer([{"id": 1, "name": "New"}])

    halo.handlers["/api/Status"] = status

    async def play() -> None:
        async with _with_client(halo, tmp_path) as client:
            await _statuses(client, 8)

    asyncio.run(play())
    assert len(halo.token_posts()) == 2
    assert len(halo.to("/api/Status")) == 16


def test_a_second_refusal_stops_with_two_token_requests_at_most(tmp_path: Path) -> None:
    halo = FakeHalo(handlers={"/api/Opportunities": lambda _: httpx.Response(401)})
    with pytest.raises(AuthenticationError, match="401 to a token that was just issued"):
        pull_from(halo, tmp_path)
    assert len(halo.token_posts()) == 2


def test_a_token_that_ends_while_its_request_waits_is_no_refusal(tmp_path: Path) -> None:
    """Twice HaloPSA asks for an hour's wait, as long as a token lives."""
    halo, waits = FakeHalo(), iter([True, False, True, False, False])

    def status(request: httpx.Request) -> httpx.Response:
        if next(waits):
            return httpx.Response(429, headers={"retry-after": "3600"})
        is_fresh = request.headers["authorization"] == f"Bearer {TOKEN}-3"
        return answer([{"id": 1, "name": "New"}]) if is_fresh else httpx.Response(401)

    halo.handlers["/api/Status"] = status

    async def play() -> None:
        async with _with_client(halo, tmp_path) as client:
            await _statuses(client, 1)

    asyncio.run(play())
    assert len(halo.token_posts()) == 3


@pytest.mark.fact("H011")
@pytest.mark.parametrize(
    ("status", "body", "fix"),
    [
        (400, {"error": "invalid_client", "error_description": f"secret {SECRET} is unknown"}, "HANDOFF_HALO_CLIENT_SECRET"),
        (401, {"error": "invalid_client"}, "HANDOFF_HALO_CLIENT_SECRET"),
        (400, {"error": "invalid_scope"}, "HANDOFF_HALO_SCOPE"),
        (200, {"token_type": "Bearer"}, "HANDOFF_HALO_CLIENT_SECRET"),
    ],
)
def test_refused_credentials_name_the_setting_to_correct(tmp_path: Path, status: int, body: object, fix: str) -> None:
    halo = FakeHalo(handlers={"/auth/token": lambda _: answer(body, status)})
    with pytest.raises(AuthenticationError) as caught:
        pull_from(halo, tmp_path)
    assert fix in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_an_authority_elsewhere_never_gets_the_secret(tmp_path: Path) -> None:
    halo = FakeHalo(handlers={"/api/authinfo": lambda _: answer({"auth_url": "https://evil.example/auth"})})
    with pytest.raises(AuthenticationError, match="evil"):
        pull_from(halo, tmp_path)
    assert {request.url.host for request in halo.seen} == {"acme.halopsa.com"}


@pytest.mark.fact("H014")
@pytest.mark.parametrize("scope", ["all", "read:tickets all", "all:standard", "admin"])
def test_a_scope_that_may_write_everything_is_refused_before_anything_is_sent(tmp_path: Path, scope: str) -> None:
    halo = FakeHalo()
    with pytest.raises(SettingsError, match="HANDOFF_HALO_SCOPE"):
        pull_from(halo, tmp_path, halo_scope=scope)
    assert halo.seen == []


def test_a_token_that_was_granted_everything_is_refused(tmp_path: Path) -> None:
    halo = FakeHalo(handlers={"/auth/token": lambda _: answer({"access_token": TOKEN, "expires_in": 3600, "scope": "all"})})
    with pytest.raises(SettingsError, match="was granted the scope 'all'"):
        pull_from(halo, tmp_path)


def test_the_whole_scope_is_accepted_where_the_settings_say_so(tmp_path: Path) -> None:
    assert pull_from(FakeHalo(), tmp_path, halo_scope="all", allow_scope_all=True).lacking == ()


@pytest.mark.parametrize("name", ["halo_client_id", "halo_client_secret", "halo_url"])
def test_a_missing_credential_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=f"HANDOFF_{name.upper()} is not set"):
        pull_from(FakeHalo(), tmp_path, **{name: None})


def _failing(kind: str) -> FakeHalo:
    """A tenant that fails in one way and repeats whatever secret it was sent."""
    leak = f"{TOKEN}-1, Bearer {TOKEN}-1 and {SECRET}"
    replies = {
        "forbidden": lambda _: answer({"Message": leak}, 403),
        "server": lambda _: answer({"ClassName": "System.Exception", "Message": leak}, 500),
        "html": lambda _: httpx.Response(200, content=f"<html>{leak}</html>", headers={"content-type": "text/html"}),
        "missing": lambda _: answer({"error": leak}),
        "redirect": lambda _: httpx.Response(302, headers={"location": f"https://evil.example/?t={TOKEN}-1"}),
        "silence": lambda request: httpx.ConnectTimeout(f"timed out with {leak}", request=request),
    }
    return FakeHalo(handlers={"/api/Status": replies[kind]})


@pytest.mark.parametrize("kind", ["forbidden", "server", "html", "missing", "redirect", "silence"])
def test_no_failure_shows_a_secret_or_a_token(tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str) -> None:
    halo = _failing(kind)

    async def play() -> None:
        async with _with_client(halo, tmp_path) as client:
            assert SECRET not in repr(client)
            await _statuses(client)

    with caplog.at_level(logging.DEBUG), pytest.raises(HandoffError) as caught:
        asyncio.run(play())
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    assert isinstance(caught.value, PermissionMissing | ServerFault | ProtocolError)
    assert SECRET not in shown
    assert f"{TOKEN}-1" not in shown


def test_a_report_shows_no_secret(tmp_path: Path) -> None:
    report = pull_from(_failing("server"), tmp_path)
    assert report.entities["status"].state == "incomplete"
    assert SECRET not in repr(report)
    assert TOKEN not in repr(report)


def test_the_servers_time_is_believed_unless_it_lies_in_the_future(tmp_path: Path) -> None:
    from datetime import timedelta

    behind, ahead = FakeHalo(date=NOW - timedelta(minutes=30)), FakeHalo(date=NOW + timedelta(hours=3))
    assert pull_from(behind, tmp_path).server_time_utc == NOW - timedelta(minutes=30)
    assert pull_from(ahead, tmp_path).server_time_utc == NOW


@pytest.mark.fact("H013")
def test_an_authority_that_fails_for_a_wrong_tenant_name_names_the_setting(tmp_path: Path) -> None:
    halo = FakeHalo(handlers={"/auth/token": lambda _: httpx.Response(500)})
    with pytest.raises(ServerFault) as caught:
        pull_from(halo, tmp_path)
    assert "HANDOFF_HALO_TENANT" in str(caught.value.fix)

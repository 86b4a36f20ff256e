"""A write whose end is not known, refused or late: sent once, or again only where nothing was done."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from handoff_pipeline.halo.errors import (
    AuthenticationError,
    BudgetSpent,
    RateLimited,
    ServerFault,
    WriteUncertain,
)
from tests.halo.fake import InstantClock, answer
from tests.halo.keeping import KeepingHalo
from tests.halo.upserting import NEW_PROJECT, upsert


@pytest.mark.fact("H021")
@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(500, json={"ClassName": "System.Exception", "Message": "boom"}),
        httpx.Response(502, content=b"<html>Bad gateway</html>"),
        httpx.Response(503, headers={"retry-after": "1"}),
        httpx.Response(408),
        httpx.Response(302, headers={"location": "/login"}),
        httpx.Response(200, content=b"<html>Log in</html>", headers={"content-type": "text/html"}),
        httpx.Response(201, content=b'{"id": 40', headers={"content-type": "application/json"}),
        httpx.ReadTimeout("slow"),
        httpx.WriteError("reset"),
        httpx.RemoteProtocolError("closed"),
    ],
)
def test_a_create_whose_end_is_not_known_is_sent_once_and_says_so(tmp_path: Path, trouble: httpx.Response | Exception) -> None:
    halo = KeepingHalo(handlers={"/api/Projects": lambda _: trouble})
    with pytest.raises(WriteUncertain, match="is not known") as caught:
        upsert(halo, tmp_path, "project", NEW_PROJECT)
    assert len(halo.posts()) == 1
    assert "find_by_marker" in str(caught.value.fix)


def test_an_uncertain_update_names_what_to_look_at(tmp_path: Path) -> None:
    halo = KeepingHalo(handlers={"/api/Projects": lambda _: httpx.Response(500)})
    with pytest.raises(WriteUncertain) as caught:
        upsert(halo, tmp_path, "project", {"id": 55, "summary": "new"})
    assert "/api/Tickets/55" in str(caught.value.fix)
    assert caught.value.key == (55,)


def test_a_request_that_never_left_is_sent_again(tmp_path: Path) -> None:
    halo, refusals = KeepingHalo(), [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow")]
    halo.handlers["/api/Projects"] = lambda request: refusals.pop() if refusals else halo.write(request)
    assert upsert(halo, tmp_path, "project", NEW_PROJECT).key == (4001,)
    assert len(halo.records) == 1


def test_a_tenant_that_cannot_be_reached_has_nothing_written(tmp_path: Path) -> None:
    halo = KeepingHalo(handlers={"/api/Projects": lambda _: httpx.ConnectError("refused")})
    with pytest.raises(ServerFault, match="could not be reached"):
        upsert(halo, tmp_path, "project", NEW_PROJECT)


def test_a_429_comes_before_the_work_and_is_sent_again_after_its_wait(tmp_path: Path) -> None:
    halo, clock, sent = KeepingHalo(), InstantClock(), list[float]()

    def limit(request: httpx.Request) -> httpx.Response:
        sent.append(clock.monotonic())
        return answer("Rate Limit Reached", 429, **{"retry-after": "120"}) if len(sent) == 1 else halo.write(request)

    halo.handlers["/api/Projects"] = limit
    assert upsert(halo, tmp_path, "project", NEW_PROJECT, clock).key == (4001,)
    assert sent[1] - sent[0] >= 120
    assert len(halo.records) == 1


def test_a_429_beyond_patience_leaves_nothing_written(tmp_path: Path) -> None:
    halo = KeepingHalo(handlers={"/api/Projects": lambda _: answer("later", 429, **{"retry-after": str(10**12)})})
    with pytest.raises(RateLimited):
        upsert(halo, tmp_path, "project", NEW_PROJECT)
    assert len(halo.posts()) == 1


def test_a_refused_token_is_healed_once_and_a_second_refusal_stops(tmp_path: Path) -> None:
    halo = KeepingHalo()
    halo.handlers["/api/Projects"] = lambda request: (
        httpx.Response(401) if request.headers["authorization"].endswith("-1") else halo.write(request)
    )
    assert upsert(halo, tmp_path, "project", NEW_PROJECT).key == (4001,)
    assert (len(halo.posts()), len(halo.token_posts())) == (2, 2)
    halo = KeepingHalo(handlers={"/api/Projects": lambda _: httpx.Response(401)})
    with pytest.raises(AuthenticationError):
        upsert(halo, tmp_path, "project", NEW_PROJECT)
    assert (len(halo.posts()), len(halo.token_posts())) == (2, 2)


def test_a_budget_ends_before_the_write_is_sent(tmp_path: Path) -> None:
    halo = KeepingHalo()
    with pytest.raises(BudgetSpent, match="HANDOFF_REQUEST_BUDGET=2"):
        upsert(halo, tmp_path, "project", NEW_PROJECT, settings={"request_budget": 2})
    assert halo.posts() == []

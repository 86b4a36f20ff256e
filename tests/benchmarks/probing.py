"""The eight probes themselves; how a client is run against the server is `probes`'.

The one thing to know: each promise is judged by what the server saw or what was kept, never by what a client says of itself.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from handoff_pipeline.halo.errors import WriteUncertain
from handoff_pipeline.halo.writer import writing
from handoff_pipeline.simulator import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Fault, SimulatedHalo, running
from tests.benchmarks.pages_server import MOMENT
from tests.benchmarks.probes import (
    HOUR,
    LIST,
    Foreign,
    Probe,
    Seen,
    asked,
    dlt_pull,
    dlt_session,
    our_pull,
    settings,
    tenant,
    truth,
)
from tests.halo.fake import InstantClock

NOTE: Final = {"ticket_id": 1, "note": "Scope is signed.", "outcome": "Private Note"}


def _a_ticket(sim: SimulatedHalo) -> int:
    return int(sim.snapshot().opportunities[0]["id"])


def our_create() -> Seen:
    """A note that HaloPSA makes and answers with 500."""
    sim = tenant(faults=(Fault("POST /Actions", 1, "applied_500"),))

    async def create(url: str, folder: str) -> str:
        async with writing(settings(url, Path(folder)), InstantClock(MOMENT)) as writer:
            try:
                await writer.upsert("action", {**NOTE, "ticket_id": _a_ticket(sim)})
            except WriteUncertain as uncertain:
                return str(uncertain)
        return "success"

    with running(sim) as url, tempfile.TemporaryDirectory() as folder:
        said = asyncio.run(create(url, folder))
    posts = asked(sim, "POST", "/Actions")
    return Seen(0, said, posts, holds=posts == 1)


def dlt_create() -> Seen:
    """The same with dlt's request helper, which its documentation offers for every request of a pipeline."""
    sim = tenant(faults=(Fault("POST /Actions", 1, "applied_500"),))
    with running(sim) as url:
        form = {"grant_type": "client_credentials", "client_id": DEMO_CLIENT_ID, "client_secret": DEMO_CLIENT_SECRET, "scope": "all"}
        token = dlt_session().post(f"{url}/auth/token", data=form).json()["access_token"]
        note = {**NOTE, "ticket_id": _a_ticket(sim)}
        answer = dlt_session().post(f"{url}/api/Actions", json=[note], headers={"authorization": f"Bearer {token}"})
    posts = asked(sim, "POST", "/Actions")
    return Seen(0, f"status {answer.status_code}", posts, holds=posts == 1)


def _throttled() -> SimulatedHalo:
    return tenant(retry_after=True, retry_after_seconds=int(HOUR), faults=(Fault(LIST, 2, "rate_limited_429"),))


def our_retry_after() -> Seen:
    """HaloPSA asks for an hour."""
    sim = _throttled()
    report, said, clock = our_pull(sim)
    waited = max(clock.slept, default=0.0)
    kept = 0 if report is None else report.rows_seen
    stopped = report is None or report.state != "complete"
    return Seen(kept, f"waited {waited:.0f} s; {said[:80]}", asked(sim), holds=waited >= HOUR or stopped)


def dlt_retry_after() -> Seen:
    """The same; dlt's longest wait is a setting, 300 s by default, here 0.2 s."""
    sim = _throttled()
    rows, said = dlt_pull(sim)
    return Seen(rows, f"{said}; waited its own longest delay", asked(sim), holds=rows < truth(sim))


def _refused(**quirks: Any) -> tuple[Callable[[], Seen], Callable[[], Seen]]:
    """Both clients, where the promise is that nothing is taken for whole."""

    def ours() -> Seen:
        sim = tenant(**quirks)
        report, said, _ = our_pull(sim)
        rows = 0 if report is None or report.state != "complete" else report.rows_seen
        return Seen(rows, said, asked(sim), holds=rows == 0)

    def theirs() -> Seen:
        sim = tenant(**quirks)
        rows, said = dlt_pull(sim)
        return Seen(rows, said, asked(sim), holds=said != "success")

    return ours, theirs


def _whole(**quirks: Any) -> tuple[Callable[[], Seen], Callable[[], Seen]]:
    """Both clients, where the promise is that every row comes, once."""

    def ours() -> Seen:
        sim = tenant(**quirks)
        report, said, _ = our_pull(sim)
        rows = 0 if report is None or report.state != "complete" else report.rows_seen
        return Seen(rows, said, asked(sim), holds=rows == truth(sim))

    def theirs() -> Seen:
        sim = tenant(**quirks)
        rows, said = dlt_pull(sim)
        return Seen(rows, said, asked(sim), holds=rows == truth(sim))

    return ours, theirs


def _led_astray(kind: str, read: Callable[[SimulatedHalo], tuple[int, str]]) -> tuple[Seen, int]:
    foreign = Foreign()
    with foreign.listening() as address:
        sim = tenant(foreign_host=address, faults=(Fault(LIST, 1, kind),))  # type: ignore[arg-type]
        rows, said = read(sim)
    return Seen(rows, said, asked(sim), holds=not foreign.tokens), len(foreign.tokens)


def _both(read: Callable[[SimulatedHalo, str], tuple[int, str]]) -> Seen:
    link, first = _led_astray("next_link_elsewhere", lambda sim: read(sim, "next"))
    moved, second = _led_astray("redirect_elsewhere", lambda sim: read(sim, "redirect"))
    told = f"tokens at the other host: {first} by link, {second} by redirect"
    return Seen(link.rows + moved.rows, told, link.requests + moved.requests, holds=link.holds and moved.holds)


def our_astray() -> Seen:
    """A next link and a redirect that lead to another host."""

    def read(sim: SimulatedHalo, _way: str) -> tuple[int, str]:
        report, said, _ = our_pull(sim)
        return (0 if report is None else report.rows_seen), said

    return _both(read)


def dlt_astray() -> Seen:
    """The same; the next link with dlt's paginator for links in the body."""
    return _both(lambda sim, way: dlt_pull(sim, next_link="next" if way == "next" else None))


EVERY: Final = 1_000_000
PROBES: Final = (
    Probe(1, "a create answered 500 is not blindly repeated", our_create, dlt_create),
    Probe(2, "Retry-After 3600 is honoured, or the run stops cleanly", our_retry_after, dlt_retry_after),
    Probe(3, "a login page with 200 is an error", *_refused(faults=(Fault(LIST, 1, "html_200", EVERY),))),
    Probe(4, "200 with an error body is an error, not zero rows", *_refused(faults=(Fault(LIST, 1, "error_body_200", EVERY),))),
    Probe(5, "a server that ignores the page number is noticed", *_refused(page_no_ignored=True)),
    Probe(6, "a server that caps the page loses no row", *_whole(page_cap=40)),
    Probe(7, "401 in the middle of a run is healed", *_whole(faults=(Fault(LIST, 2, "unauthorized_once"),))),
    Probe(8, "a link or a redirect to another host never gets the token", our_astray, dlt_astray),
)

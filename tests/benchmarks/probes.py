"""Eight probes: what this product and dlt 1.31 each make of the same misbehaving server, the simulated HaloPSA on loopback.

What must hold of ours is asserted in `test_probes`; of dlt nothing is asserted, it is only shown. The one thing to know: dlt is set up as
its documentation advises for such an interface (OAuth2 client credentials, page numbers until an empty page, its default retries with
shorter waits), and it is stopped after a bounded number of pages.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.halo import EntityReport, PullPlan, pull
from handoff_pipeline.settings import Settings
from handoff_pipeline.simulator import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Quirks, SimulatedHalo, build_world, running
from handoff_pipeline.simulator.access import WRITER_CLIENT_ID, WRITER_CLIENT_SECRET
from tests.benchmarks.pages_server import MOMENT
from tests.halo.fake import InstantClock

DEALS = 260
"""More than two pages of opportunities."""
MOST_PAGES = 12
"""Where dlt is stopped, should it never stop by itself."""
HOUR = 3600.0
LIST = "/Opportunities"
READ_SCOPES = "read:tickets read:crm read:projects"


@dataclass(frozen=True)
class Seen:
    """What one client made of the server: rows it kept, what it said, and the requests that the server saw to the probed path."""

    rows: int
    said: str
    requests: int
    holds: bool
    """Whether the promise in the probe's title was kept."""


@dataclass(frozen=True)
class Probe:
    """A promise, the server's misbehaviour, and both clients' answers."""

    number: int
    promise: str
    ours: Callable[[], Seen]
    theirs: Callable[[], Seen]


class Foreign:
    """A host that is not the tenant's; `tokens` are the Authorization headers that reached it."""

    def __init__(self) -> None:
        foreign = self
        self.tokens: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.headers.get("Authorization"):
                    foreign.tokens.append(self.headers["Authorization"])
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(b'{"record_count": 0, "tickets": []}')

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}"

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Its address while it listens."""
        thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self.url
        finally:
            self.server.shutdown()
            thread.join(10)
            self.server.server_close()


def tenant(**quirks: Any) -> SimulatedHalo:
    """A simulated tenant with these quirks and no request limit of its own."""
    return SimulatedHalo(build_world(deals=DEALS), MOMENT, replace(Quirks(rate_limit=False), **quirks))


def settings(url: str, folder: Path) -> Settings:
    """Ours, for the reader and the writer of the simulated tenant."""
    return Settings(
        _env_file=None,
        home=folder,
        halo_url=url,
        halo_client_id=DEMO_CLIENT_ID,
        halo_client_secret=SecretStr(DEMO_CLIENT_SECRET),
        halo_writer_client_id=WRITER_CLIENT_ID,
        halo_writer_client_secret=SecretStr(WRITER_CLIENT_SECRET),
        history_start=MOMENT.date(),
    )


def our_pull(sim: SimulatedHalo) -> tuple[EntityReport | None, str, InstantClock]:
    """The opportunities of one pull, or what it stopped with; waits take no time and are kept by the clock."""
    clock = InstantClock(MOMENT)
    with running(sim) as url, tempfile.TemporaryDirectory() as folder:
        plan = PullPlan(as_of=MOMENT, change_type_names=frozenset({"Project Change Request"}))
        try:
            report = pull(settings(url, Path(folder)), plan, Path(folder) / "inbox", clock).entities["opportunity"]
        except HandoffError as error:
            return None, str(error), clock
        return report, report.detail or report.state, clock


def truth(sim: SimulatedHalo) -> int:
    """How many opportunities there are."""
    return len(sim.snapshot().opportunities)


def asked(sim: SimulatedHalo, method: str = "GET", path: str = LIST) -> int:
    """Requests that the server saw."""
    return sum(1 for request in sim.requests if request.method == method and request.endpoint.lower() == path.lower())


def dlt_session(**changes: Any) -> Any:
    """dlt's own HTTP session, with its retries and shorter waits between them."""
    from dlt.sources.helpers.requests import Client

    return Client(**({"request_backoff_factor": 0.01, "request_max_retry_delay": 0.2} | changes)).session


def dlt_pull(sim: SimulatedHalo, next_link: str | None = None, **session: Any) -> tuple[int, str]:
    """Rows that dlt's pipeline stored of the opportunities, and what it said."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    import dlt
    import duckdb
    from dlt.sources.helpers.rest_client.auth import OAuth2ClientCredentials
    from dlt.sources.helpers.rest_client.client import RESTClient
    from dlt.sources.helpers.rest_client.paginators import BasePaginator, JSONLinkPaginator, PageNumberPaginator

    pages: BasePaginator = PageNumberPaginator(
        base_page=1, page_param="page_no", total_path=None, stop_after_empty_page=True, maximum_page=MOST_PAGES
    )
    with running(sim) as url, tempfile.TemporaryDirectory() as folder:
        auth = OAuth2ClientCredentials(
            access_token_url=f"{url}/auth/token",
            client_id=DEMO_CLIENT_ID,
            client_secret=DEMO_CLIENT_SECRET,
            access_token_request_data={"scope": READ_SCOPES},
        )
        client = RESTClient(
            f"{url}/api",
            auth=auth,
            paginator=JSONLinkPaginator(next_url_path=next_link) if next_link else pages,
            session=dlt_session(**session),
        )

        def opportunities() -> Iterator[Any]:
            parameters = {"pageinate": "true", "page_size": 1000, "order": "id"}
            if next_link:
                parameters["page_no"] = 1
            yield from client.paginate("Opportunities", params=parameters, data_selector="tickets")

        file = Path(folder) / "dlt.duckdb"
        pipeline = dlt.pipeline("probe", pipelines_dir=folder, destination=dlt.destinations.duckdb(str(file)), dataset_name="raw")
        said = "success"
        try:
            pipeline.run([dlt.resource(opportunities, name="opportunities", max_table_nesting=0)])
        except Exception as error:  # noqa: BLE001 - whatever a peer raises is its answer
            said = f"{type(error.__cause__ or error).__name__}"
        finally:
            client.session.close()
        if not file.exists():
            return 0, said
        with duckdb.connect(str(file), read_only=True) as conn:
            is_there = "select 1 from information_schema.tables where table_schema = 'raw' and table_name = 'opportunities'"
            found = conn.execute("select count(*) from raw.opportunities").fetchone() if conn.execute(is_there).fetchone() else None
            return (found or (0,))[0], said

"""The same work done four ways, each in a process of its own: every page of three lists, into tables of a DuckDB file.

`python -m tests.benchmarks.peers NAME URL FOLDER` does it once and prints one line of JSON: seconds, CPU seconds, peak megabytes, rows.
The one thing to know: the peers are written as their documentation advises, not crippled; importing is outside the measured time.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import orjson

LISTS = {"Opportunities": "tickets", "Projects": "tickets", "Quotation": "quotes"}
AT = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)
PARAMETERS: dict[str, str | int] = {"pageinate": "true", "page_size": 100}
Work = Callable[[], int]


def ours(url: str, folder: Path) -> Work:
    """The product's own pull and landing: every entity asked for, completeness proven, history kept."""
    from pydantic import SecretStr

    from handoff_pipeline.clock import SystemClock
    from handoff_pipeline.halo import PullPlan, pull
    from handoff_pipeline.ledger import Ledger, Run
    from handoff_pipeline.settings import Settings
    from handoff_pipeline.warehouse import Home, acquire, land

    def work() -> int:
        home = Home(folder / "home")
        home.prepare()
        settings = Settings(
            _env_file=None,
            home=home.root,
            halo_url=url,
            halo_client_id="bench",
            halo_client_secret=SecretStr("bench-secret-of-loopback"),
            requests_per_window=1_000_000,
            history_start=AT.date(),
        )
        plan = PullPlan(as_of=AT, change_type_names=frozenset({"Project Change Request"}))
        report = pull(settings, plan, home.inbox, SystemClock())
        with Ledger.open(home.ledger_file) as ledger, acquire(home, "bench") as lease:
            ledger.start_run(Run("bench", AT, AT, "bench", "bench", "duckdb", "shadow"))
            return land(home, ledger, lease, "bench", AT, report).rows_changed

    return work


def our_pull(url: str, folder: Path) -> Work:
    """The pull alone, without landing: what the client needs by itself."""
    from pydantic import SecretStr

    from handoff_pipeline.clock import SystemClock
    from handoff_pipeline.halo import PullPlan, pull
    from handoff_pipeline.settings import Settings

    def work() -> int:
        settings = Settings(
            _env_file=None,
            home=folder,
            halo_url=url,
            halo_client_id="bench",
            halo_client_secret=SecretStr("bench-secret-of-loopback"),
            requests_per_window=1_000_000,
            history_start=AT.date(),
        )
        plan = PullPlan(as_of=AT, change_type_names=frozenset({"Project Change Request"}))
        report = pull(settings, plan, folder / "inbox", SystemClock())
        return sum(entity.rows_seen for entity in report.entities.values())

    return work


def requests_and_pandas(url: str, folder: Path) -> Work:
    """What an analyst writes: a loop over pages, a flat data frame, a table made of it."""
    import pandas as pd
    import requests

    def work() -> int:
        total = 0
        with requests.Session() as client, duckdb.connect(str(folder / "pandas.duckdb")) as conn:
            client.headers["Authorization"] = "Bearer bench-token"
            for path, key in LISTS.items():
                rows: list[dict[str, object]] = []
                number = 1
                while page := client.get(f"{url}/api/{path}", params={**PARAMETERS, "page_no": number}, timeout=60).json()[key]:
                    rows += page
                    number += 1
                frame = pd.json_normalize(rows)
                nested = [name for name in frame.columns if frame[name].map(lambda value: isinstance(value, list | dict)).any()]
                frame[nested] = frame[nested].map(lambda value: orjson.dumps(value).decode())
                conn.register("frame", frame)
                conn.execute(f"create or replace table {path} as select * from frame")  # noqa: S608 - the three names above
                total += len(rows)
        return total

    return work


def dlt_default(url: str, folder: Path) -> Work:
    """dlt as its documentation begins: the REST client's pages yielded to a pipeline, nested lists becoming tables of their own."""
    return _dlt(url, folder, as_arrow=False)


def dlt_arrow(url: str, folder: Path) -> Work:
    """dlt at its fastest: pages yielded as Arrow tables, nested lists kept as text."""
    return _dlt(url, folder, as_arrow=True)


def _dlt(url: str, folder: Path, *, as_arrow: bool) -> Work:
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    import dlt
    import pyarrow as pa
    from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
    from dlt.sources.helpers.rest_client.client import RESTClient
    from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator

    def work() -> int:
        def resource_of(path: str, key: str) -> object:
            def rows() -> object:
                paginator = PageNumberPaginator(base_page=1, page_param="page_no", total_path=None, stop_after_empty_page=True)
                client = RESTClient(f"{url}/api", auth=BearerTokenAuth("bench-token"), paginator=paginator)
                # A dictionary of its own: dlt writes the page number into the one that it is given.
                for page in client.paginate(path, params=dict(PARAMETERS), data_selector=key):
                    yield pa.Table.from_pylist([_flat(row) for row in page]) if as_arrow else page

            return dlt.resource(rows, name=path.lower(), write_disposition="replace")

        destination = dlt.destinations.duckdb(str(folder / "dlt.duckdb"))
        pipeline = dlt.pipeline("bench", pipelines_dir=str(folder / "dlt"), destination=destination, dataset_name="raw")
        pipeline.run([resource_of(path, key) for path, key in LISTS.items()])
        with duckdb.connect(str(folder / "dlt.duckdb")) as conn:
            return sum(len(conn.execute(f"select id from raw.{path.lower()}").fetchall()) for path in LISTS)  # noqa: S608

    return work


def _flat(row: dict[str, object]) -> dict[str, str | None]:
    """One text per column, so that every page has one schema."""
    return {name: _text(value) for name, value in row.items()}


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


PEERS: dict[str, Callable[[str, Path], Work]] = {
    "handoff": ours,
    "requests + pandas": requests_and_pandas,
    "dlt (arrow)": dlt_arrow,
    "dlt (default)": dlt_default,
}


PULL = "handoff (pull alone)"


def peak_mb() -> float:
    """The highest resident size of this process. Linux tells it per program; elsewhere the parent's size before the start may be in it."""
    status = Path("/proc/self/status")
    if status.is_file():
        found = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM:"))
        return int(found.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Do the work once and print what it took."""
    name, url, folder = sys.argv[1:4]
    work = {**PEERS, PULL: our_pull}[name](url, Path(folder))
    begun, cpu = time.perf_counter(), time.process_time()
    rows = work()
    taken = {
        "seconds": time.perf_counter() - begun,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mb": peak_mb(),
        "rows": rows,
    }
    sys.stdout.write("\n" + orjson.dumps(taken).decode() + "\n")


if __name__ == "__main__":
    main()

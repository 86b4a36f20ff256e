"""Resources: the installation's settings, HaloPSA, the warehouse, and who is told about progress.

No rule about data lives here. The one thing to know: settings are read when a run begins and never at import, and while a run is under way
every log line of the process is free of their secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, cast

import dagster as dg
from dagster_duckdb import DuckDBResource
from pydantic import Field, PrivateAttr

from assets.reaper import signature
from assets.redaction import Redactor, clean_logs
from handoff_pipeline.clock import SystemClock, clock_for
from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.halo import PullPlan, PullReport, pull
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.settings import Settings, load_settings
from handoff_pipeline.warehouse import Connection, Home, Lease, acquire, frames, open_build

Progress = Callable[[str, int, int | None], None]
"""Told what is being pulled, how many rows have come, and how many are expected (None: not known)."""


class HaloResource(dg.ConfigurableResource[None]):
    """The tenant's HaloPSA, read only."""

    def pull(self, settings: Settings, plan: PullPlan, inbox: Path, progress: Progress, checkpoint: Callable[[str], None]) -> PullReport:
        """Pull everything that the plan asks for; errors are those of `halo.pull`."""
        return pull(settings, plan, inbox, clock_for(settings.as_of), progress, checkpoint)


class WarehouseResource(DuckDBResource):
    """The warehouse file under this run's lease.

    It replaces dagster-duckdb's `get_connection`, which keeps DuckDB's lock after an exception and retries for 102 seconds, by the
    warehouse's own. The lease is taken when the run begins and given back when it ends, whatever happens between.
    """

    database: str = Field(default="", description="The warehouse file; empty: the one of HANDOFF_HOME, looked up when a run begins.")
    shared_group: str = Field(default="", description="Group that may read the published folder.")
    threads: int = Field(default=2, description="DuckDB's threads.")
    memory_limit: str = Field(default="2GB", description="DuckDB's memory limit.")
    # Dagster stores a resource's fields, so the address itself, which holds a password, is none of them.
    ledger_in_home: bool = Field(default=False, description="The ledger is the home's own file, whatever HANDOFF_LEDGER_URL says.")

    _lease: Lease | None = PrivateAttr(default=None)
    _open: ExitStack = PrivateAttr(default_factory=ExitStack)
    _connection: Connection | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The warehouse of an installation that is known already."""
        home = Home.of(settings)
        return cls(
            database=str(home.work_file),
            shared_group=home.shared_group or "",
            threads=home.threads,
            memory_limit=home.memory_limit,
            ledger_in_home=home.ledger_url is None,
        )

    @property
    def home(self) -> Home:
        """The folder that the warehouse file lies in."""
        if not self.database:
            return Home.of(load_settings())
        ledger_url = None if self.ledger_in_home else load_settings().ledger_url
        # The file lies in the folder `work` of the home.
        return Home(Path(self.database).parents[1], self.shared_group or None, self.threads, self.memory_limit, ledger_url)

    @property
    def lease(self) -> Lease:
        """This run's right to change the file."""
        if self._lease is None:
            raise WarehouseError("The warehouse was opened outside a run.", "Use it as a resource of an asset.")
        return self._lease

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Self]:
        """Take the lease for the run and sign the run with this process.

        Raises:
            LeaseHeld: another run that is alive holds the warehouse.
        """
        if context.run is None or context.instance is None:
            raise WarehouseError("The warehouse was opened outside a run.", "Use it as a resource of an asset.")
        run_id = context.run.run_id
        context.instance.add_run_tags(run_id, signature())
        with acquire(self.home, run_id) as held:
            self._lease = held
            try:
                yield self
            finally:
                self.close()
                self._lease = None
                self._end_unpublished(run_id)

    def _end_unpublished(self, run_id: str) -> None:
        """A run that the ledger saw begin and that published nothing has failed; a killed one is closed by the next run."""
        with Ledger.open(self.home.ledger) as ledger:
            run = ledger.run(run_id)
            if run and run.state == "running":
                ledger.finish_run(replace(run, state="failed", finished_at=SystemClock().now()))

    @contextmanager
    def get_connection(self) -> Iterator[Connection]:
        """The build profile: models and frames, no access to anything outside the file.

        It stays open for the next step (opening takes longer than most models) until `close`, the end of the run, or an exception.
        """
        if self._connection is None:
            self._connection = self._open.enter_context(open_build(self.home, self.lease))
        try:
            yield self._connection
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the file free: before another profile opens it, and before anything slow that does not need it."""
        self._connection = None
        self._open.close()

    def as_of(self, conn: Connection) -> datetime:
        """The moment of the newest landed night, aware UTC: every model of a run is built as of it, also when a step is run again later.

        Raises:
            WarehouseError: no night has been landed.
        """
        moment = frames.read(conn, "select max(b.as_of_utc) as as_of_utc from raw.batch as b").item()
        if moment is None:
            raise WarehouseError("No night has been landed yet.", "Run the whole nightly job: `handoff run`.")
        return cast("datetime", moment).replace(tzinfo=UTC)


def settings_resource(load: Callable[[], Settings] = load_settings) -> dg.ResourceDefinition:
    """The installation's settings, and clean logs for as long as the run lasts."""

    @dg.resource(description="Settings of this installation: HANDOFF_* variables and .env, read when a run begins.")
    @contextmanager
    def settings(_context: dg.InitResourceContext) -> Iterator[Settings]:
        given = load()
        with clean_logs(Redactor.of(given)):
            yield given

    return settings


def _unheard(_what: str, _done: int, _expected: int | None) -> None:
    """Progress that nobody waits for."""


def resources() -> Mapping[str, Any]:
    """What a run started by Dagster itself uses."""
    return {
        "settings": settings_resource(),
        "warehouse": WarehouseResource(),
        "halo": HaloResource(),
        "progress": dg.ResourceDefinition.hardcoded_resource(_unheard, "Nobody listens to progress in Dagster's own runs."),
    }


def resources_for(settings: Settings, progress: Progress | None) -> Mapping[str, Any]:
    """The same for one run whose settings are known."""
    return {
        "settings": settings_resource(lambda: settings),
        "warehouse": WarehouseResource.of(settings),
        "halo": HaloResource(),
        "progress": dg.ResourceDefinition.hardcoded_resource(progress or _unheard),
    }

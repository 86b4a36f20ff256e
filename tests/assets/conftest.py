"""A small graph for tests: the real factories over a handful of SQL files, and a simulated tenant of a few deals."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pydantic import SecretStr

from assets.graph import definitions
from assets.night import NightResult, run_night, run_on
from handoff_pipeline.governance.targets import JUDGED
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.measures.charts import LIMITS
from handoff_pipeline.settings import Settings
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.serve import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, running
from handoff_pipeline.simulator.server import SimulatedHalo
from handoff_pipeline.simulator.world import build_world
from handoff_pipeline.tables import RUN_ID, TABLES, duckdb_type
from handoff_pipeline.warehouse.home import Home
from tests.sql.tenant import opened

NIGHT = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)
HEADER = "-- A table for tests.\n-- grain: row\n-- key: id\n-- owner: platform\n"
COPIED = (
    "macros.sql",
    "staging/client.sql",
    "marts/dim_client.sql",
    "marts/dim_metric.sql",
    "marts/dim_tenant.sql",
    "kpi/kpi_baseline.sql",
    "kpi/current_baseline.sql",
)
COMPUTED = {*LIMITS, *JUDGED, "ci_low", "ci_high", "signal", RUN_ID}
NO_POINTS = {column.name: duckdb_type(column) for column in TABLES["kpi_weekly"].columns if column.name not in COMPUTED} | {
    "metric": "varchar", "minimum_n": "bigint", "aggregation": "varchar", "chart": "varchar", "interval": "varchar",
    "sum_of_squares": "double",
}  # fmt: skip
SERIES = {"metric": "varchar", "week_start": "date", "segment_type": "varchar", "segment_key": "bigint"}
NO_DURATIONS = SERIES | {"segment": "varchar", "day": "double", "events": "bigint", "censored": "bigint"}
NO_EVENTS = SERIES | {"position": "bigint", "is_event": "boolean"}
NO_TARGETS = {column.name: duckdb_type(column) for column in TABLES["kpi_target"].columns if column.name != RUN_ID}
EVIDENCE = (
    "core.evidence", "core.evidence_field", "core.evidence_document", "core.gap", "core.status_spell", "core.waiver", "staging.agent",
)  # fmt: skip


def empty(columns: dict[str, str], reads: str = "") -> str:
    """The SQL of a typed table without rows."""
    select = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in columns.items())
    return f"{HEADER}select {select}{reads} where false\n"


@pytest.fixture(scope="session")
def small_sql(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like sql/, with just what the Python assets read and three dimensions. Copy it before changing it."""
    root = tmp_path_factory.mktemp("small") / "sql"
    for name in COPIED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(checkout / "sql" / name, root / name)
    (root / "core").mkdir()
    real = opened(checkout)
    real.night(NIGHT)
    real.built(*EVIDENCE)
    for name in EVIDENCE:
        columns = {str(column): str(kind) for column, kind, *_ in real.conn.execute(f"describe {name}").fetchall()}
        (root / f"{name.replace('.', '/')}.sql").write_text(empty(columns), "utf-8")
    (root / "core" / "change_request.sql").write_text(empty({"project_id": "bigint"}, " from raw.change_request as r"), "utf-8")
    (root / "core" / "handoff.sql").write_text(empty({"sales_team": "varchar"}, " from raw.opportunity as r"), "utf-8")
    (root / "kpi" / "weekly_points.sql").write_text(empty(NO_POINTS), "utf-8")
    (root / "kpi" / "duration.sql").write_text(empty(NO_DURATIONS), "utf-8")
    (root / "kpi" / "event_order.sql").write_text(empty(NO_EVENTS), "utf-8")
    (root / "kpi" / "kpi_target.sql").write_text(empty(NO_TARGETS), "utf-8")
    return root


@dataclass(frozen=True)
class Installation:
    """A home and the tenant that it reads. Nights run on an instance in memory, unless it is Dagster's own stores that matter."""

    settings: Settings
    sql: Path
    instance: dg.DagsterInstance

    @property
    def home(self) -> Path:
        """Its folder."""
        return self.settings.home

    def night(
        self, progress: Callable[[str, int, int | None], None] | None = None, *, with_pages: bool = False, **changed: object
    ) -> NightResult:
        """Run the nightly job of the small graph in memory."""
        settings = self.settings.model_copy(update=changed)
        return run_on(self.instance, definitions(self.sql), settings, progress, with_pages=with_pages)

    def stored_night(self, **changed: object) -> NightResult:
        """Run it as `handoff run` does, on Dagster's folder in the home."""
        return run_night(definitions(self.sql), self.settings.model_copy(update=changed), with_pages=False)

    def alerts(self) -> list[dict[str, str]]:
        """The lines of alerts.jsonl."""
        path = self.home / "alerts.jsonl"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def manifest(self) -> bytes:
        """What is published now."""
        return (self.home / "published" / "manifest.json").read_bytes()

    def events(self, run_id: str, kind: dg.DagsterEventType) -> list[dg.DagsterEvent]:
        """The run's events of one kind."""
        return [entry.get_dagster_event() for entry in self.instance.all_logs(run_id, of_type=kind)]


@pytest.fixture(scope="session")
def tenant() -> Iterator[str]:
    """A simulated tenant with a few deals; its address."""
    with running(SimulatedHalo(build_world(seed=3, deals=4), NIGHT)) as url:
        yield url


@pytest.fixture(scope="session")
def tenant_without_quotes() -> Iterator[str]:
    """The same, whose application may not read quotations."""
    with running(SimulatedHalo(build_world(seed=3, deals=4), NIGHT, Quirks(denied_scopes=frozenset({"quotes"})))) as url:
        yield url


def settings_of(home: Path, checkout: Path, url: str) -> Settings:
    """An installation's settings."""
    return Settings(
        _env_file=None,
        home=home,
        policy_file=checkout / "handoff.yaml",
        as_of=NIGHT,
        halo_url=url,
        halo_tenant="demo",
        halo_client_id=DEMO_CLIENT_ID,
        halo_client_secret=SecretStr(DEMO_CLIENT_SECRET),
        web_url="https://demo.halopsa.example",
    )


@pytest.fixture
def installation(tmp_path: Path, checkout: Path, tenant: str, small_sql: Path) -> Iterator[Installation]:
    """A new installation, with SQL of its own."""
    sql = tmp_path / "sql"
    shutil.copytree(small_sql, sql)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Installation(settings_of(tmp_path / "home", checkout, tenant), sql, instance)


@dataclass(frozen=True)
class FirstNight:
    """A night that ended well, for tests that only look at it; `told` is what it said about its progress."""

    installation: Installation
    result: NightResult
    told: list[tuple[str, int, int | None]]


@pytest.fixture(scope="session")
def first_night(checkout: Path, tenant: str, small_sql: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstNight]:
    """The first night of an installation. Nobody may change its home."""
    told: list[tuple[str, int, int | None]] = []
    with dg.DagsterInstance.ephemeral() as instance:
        done = Installation(settings_of(tmp_path_factory.mktemp("first") / "home", checkout, tenant), small_sql, instance)
        yield FirstNight(done, done.night(lambda *args: told.append(args), with_pages=True), told)


@pytest.fixture
def published(installation: Installation, first_night: FirstNight) -> Installation:
    """An installation that has published a night, to be changed freely."""
    shutil.copytree(first_night.installation.home, installation.home)
    return installation


SENSED_AT = datetime(2026, 9, 28, 9, 0, tzinfo=UTC)
WEBHOOK = "https://a.01.environment.api.powerplatform.com/workflows/1?sig=abc"


@pytest.fixture
def sensor_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, checkout: Path) -> Path:
    """The environment of a daemon whose home is still empty."""
    monkeypatch.setenv("HANDOFF_HOME", str(tmp_path))
    monkeypatch.setenv("HANDOFF_POLICY_FILE", str(checkout / "handoff.yaml"))
    monkeypatch.setenv("HANDOFF_HALO_TENANT", "demo")
    monkeypatch.setenv("HANDOFF_AS_OF", SENSED_AT.isoformat())
    return tmp_path


@pytest.fixture
def sensor_ledger(sensor_home: Path) -> Iterator[Ledger]:
    """The ledger of that home, open."""
    place = Home(sensor_home)
    place.prepare()
    with Ledger.open(place.ledger_file) as opened:
        yield opened


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel of Teams in that environment; nothing answers there."""
    monkeypatch.setenv("HANDOFF_TEAMS_WEBHOOK", WEBHOOK)


def tick(sensor: dg.SensorDefinition, instance: dg.DagsterInstance, cursor: str | None = None) -> Any:
    """One tick of a sensor, as the daemon would have it."""
    return sensor.evaluate_tick(dg.build_sensor_context(instance=instance, cursor=cursor, sensor_name=sensor.name))

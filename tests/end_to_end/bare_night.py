"""One night without Dagster's runs: plan, pull, land, and then the graph's own assets called one after the other, and publish.

The contracts and expectations that stand before publishing are left out: they change nothing that is published. The one thing to know: a
test holds this night to `run_nightly` by the hash of everything published.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from graphlib import TopologicalSorter
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import dagster as dg
import polars as pl
from pydantic import SecretStr

from assets import plan, raw
from assets.graph import definitions
from assets.known import read_known
from assets.naming import op_name
from assets.policy_tables import policy_tables
from assets.published import REQUIRED, count_unlinked, run_to_publish
from assets.resources import WarehouseResource
from assets.table_frames import duckdb_types
from handoff_pipeline.clock import SystemClock
from handoff_pipeline.halo import PullReport, pull
from handoff_pipeline.ledger import Ledger, PolicyDocument
from handoff_pipeline.policy import Policy, load_policy, read_text
from handoff_pipeline.policy.frames import policy_frames
from handoff_pipeline.settings import Settings
from handoff_pipeline.simulator import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, SimulatedHalo
from handoff_pipeline.warehouse import (
    Connection,
    Home,
    LandResult,
    Lease,
    Manifest,
    acquire,
    completeness_rows,
    frames,
    land,
    manifest,
    open_build,
    publish,
)
from handoff_pipeline.warehouse.rules import Rules
from tests.end_to_end.in_process import ADDRESS, InProcess, Moments

WEB = "https://demo.halopsa.example"
PULL_PLAN, HALO_PULL, LANDING = raw.pull_plan.op.name, raw.halo_pull.op.name, raw.landing.op.name
POLICY, PUBLISHED = policy_tables.op.name, op_name("published.tables")
_RUNS = count(1)
T = TypeVar("T")


@dataclass(frozen=True)
class Night:
    """What a night pulled, landed and published."""

    pulled: PullReport
    landed: LandResult
    manifest: Manifest

    @property
    def states(self) -> dict[str, str]:
        """Entity to the state in which it was landed."""
        return {name: each.state for name, each in self.landed.entities.items()}


@dataclass
class Installation:
    """A home, and the simulated tenant that it reads; `clock` is the simulator's too. `overrides` are settings."""

    root: Path
    policy_file: Path
    sim: SimulatedHalo
    clock: Moments
    overrides: Mapping[str, Any] = field(default_factory=dict)
    ignored: Collection[str] = ()
    only: Collection[str] = ()
    """Entities to land, for who looks at no other; empty means all."""

    @property
    def settings(self) -> Settings:
        """The installation's settings, as of the simulator's moment."""
        values: dict[str, Any] = {
            "home": self.root,
            "policy_file": self.policy_file,
            "as_of": self.sim.now,
            "halo_url": ADDRESS,
            "halo_tenant": self.sim.truth.tenant,
            "halo_client_id": DEMO_CLIENT_ID,
            "halo_client_secret": SecretStr(DEMO_CLIENT_SECRET),
            "web_url": WEB,
        }
        return Settings(_env_file=None, **(values | dict(self.overrides)))

    @property
    def home(self) -> Home:
        """Its folders."""
        return Home.of(self.settings)

    def manifest(self) -> Manifest:
        """What is published now."""
        found = manifest.read(self.home.manifest_file)
        if found is None:
            raise FileNotFoundError(self.home.manifest_file)
        return found

    def night(self) -> Night:
        """A whole night; nothing is caught."""
        with self._begun() as lease:
            pulled, landed = self._pull_and_land(lease)
            return Night(pulled, landed, self._build_and_publish(lease))

    def pull_and_land(self, reader: Callable[[Connection], T]) -> tuple[PullReport, LandResult, T]:
        """The first half of a night, and what `reader` finds in the warehouse then."""
        with self._begun() as lease:
            pulled, landed = self._pull_and_land(lease)
            with open_build(self.home, lease) as conn:
                return pulled, landed, reader(conn)

    @contextmanager
    def _begun(self) -> Iterator[Lease]:
        self.clock.at = self.sim.now
        self.home.prepare()
        with acquire(self.home, f"bare-{next(_RUNS):04d}") as lease:
            yield lease

    def _pull_and_land(self, lease: Lease) -> tuple[PullReport, LandResult]:
        settings, home, now = self.settings, self.home, self.sim.now
        policy = policy_of(self.policy_file)
        with Ledger.open(home.ledger_file) as ledger:
            ledger.close_dead_runs(lease.run_id, SystemClock().now())
            begun = raw.run_of(lease.run_id, now, policy)
            ledger.start_run(begun)
            ledger.policies.keep(PolicyDocument(policy.hash, policy.version, read_text(self.policy_file), now))
            with open_build(home, lease) as conn:
                left = read_known(conn)
            plan.refuse_other_tenant(left, settings.tenant_name)
            decided = plan.decide(policy, settings, now, left)
            pulled = pull(settings, decided, home.inbox, self.clock, transport=InProcess(self.sim, self.clock, self.ignored))
            if self.only:
                pulled = replace(pulled, entities={name: pulled.entities[name] for name in self.only})
            landed = land(home, ledger, lease, lease.run_id, now, pulled, Rules.of(settings, policy))
            ledger.record_completeness(lease.run_id, completeness_rows(ledger, lease.run_id, now, landed, optional=raw.EFFECTS.keys()))
            ledger.start_run(replace(begun, requests=pulled.requests))
        with open_build(home, lease) as conn:
            plan.remember_scope(conn, policy, {name: each.state for name, each in landed.entities.items()}, settings.tenant_name)
        return pulled, landed

    def _build_and_publish(self, lease: Lease) -> Manifest:
        settings, home = self.settings, self.home
        warehouse = WarehouseResource.of(settings)
        warehouse._lease = lease
        try:
            with warehouse.get_connection() as conn:
                for name, frame in _frames_of(self.policy_file, settings.tenant_name, settings.links_base).items():
                    frames.write(conn, f"policy.{name}", frame, duckdb_types(frame.schema))
            for asset in _in_order():
                made = _function(asset)(settings=settings, warehouse=warehouse)
                if isinstance(made, Iterator):
                    list(made)
            with Ledger.open(home.ledger_file) as ledger:
                with warehouse.get_connection() as conn:
                    run = run_to_publish(ledger, conn, lease.run_id, SystemClock().now())
                    count_unlinked(ledger, conn, run.run_id)
                warehouse.close()
                return publish(home, lease, ledger, run, required=REQUIRED, finished_at=SystemClock().now(), effects=raw.EFFECTS)
        finally:
            warehouse.close()


@cache
def policy_of(file: Path) -> Policy:
    """The policy; read once, for it takes longer than a pull."""
    return load_policy(file)


@cache
def _frames_of(file: Path, tenant: str, links_base: str) -> dict[str, pl.DataFrame]:
    """The policy's tables; made once, for the calendar of seventy years takes a second."""
    return policy_frames(policy_of(file), tenant, links_base)


@cache
def _in_order() -> list[dg.AssetsDefinition]:
    """Every asset between landing and publishing, after what it reads; the policy's own tables are written from what is made once."""
    found = [asset for asset in definitions().assets or () if isinstance(asset, dg.AssetsDefinition)]
    maker = {key: asset for asset in found for key in asset.keys}
    above = {PULL_PLAN, HALO_PULL, LANDING, POLICY, PUBLISHED}
    # Pages for people are made of what is published.
    above |= {asset.op.name for asset in found if any(key in maker and maker[key].op.name == PUBLISHED for key in asset.dependency_keys)}
    reads = {
        asset.op.name: {maker[key].op.name for key in asset.dependency_keys if key in maker} - above - {asset.op.name}
        for asset in found
        if asset.op.name not in above
    }
    by_name = {asset.op.name: asset for asset in found}
    return [by_name[name] for name in TopologicalSorter(reads).static_order()]


def _function(asset: dg.AssetsDefinition) -> Callable[..., object]:
    """The asset's own function; Dagster's way of calling it would take the warehouse's lease anew each time."""
    found: Callable[..., object] = asset.op.compute_fn.decorated_fn
    return found

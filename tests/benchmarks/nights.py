"""Two nights of pulling and landing against a simulated tenant of any size: a full load, and a night after one per cent changed.

No figures are computed from what was landed. The one thing to know: requests are counted by the product's own client and held against the
simulator's floor, which knows in advance what there is.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
from pydantic import SecretStr

from assets import plan
from assets.known import read_known
from handoff_pipeline.halo import ENTITIES, PullReport, pull
from handoff_pipeline.ledger import Ledger, Run
from handoff_pipeline.policy import Policy, load_policy
from handoff_pipeline.settings import Settings
from handoff_pipeline.simulator import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Quirks, SimulatedHalo, build_world
from handoff_pipeline.simulator.configuration import CHANGE, PROJECT, QUOTE_ACCEPTED, STATUS_WON
from handoff_pipeline.simulator.minimum import minimum
from handoff_pipeline.simulator.store import Snapshot
from handoff_pipeline.warehouse import Home, acquire, land
from handoff_pipeline.warehouse.connect import open_build
from tests.benchmarks.pages_server import MOMENT
from tests.halo.fake import InstantClock

POLICY = Path(__file__).resolve().parents[2] / "handoff.yaml"
SHARE = 100
"""One record in so many changes between the nights."""
CHANGING = {"opportunities": "tickets", "projects": "tickets", "quotations": "quotations", "orders": "orders"}
OF_ENTITY = {"opportunity": "tickets", "project": "tickets", "change_request": "tickets", "sales_order": "orders"}


@dataclass(frozen=True)
class Cost:
    """Requests for one entity on one night, and the fewest that somebody who knew the answer could have done with."""

    asked: int
    minimum: int
    state: str


@dataclass(frozen=True)
class Nights:
    """Entity -> cost of the full load and of the night after. `rows` is what the full load landed."""

    opportunities: int
    rows: int
    full: Mapping[str, Cost]
    night: Mapping[str, Cost]


class Tenant:
    """A simulated tenant with a home that is filled from it."""

    def __init__(self, deals: int, root: Path) -> None:
        self.sim = SimulatedHalo(build_world(deals=deals), MOMENT, Quirks(rate_limit=False))
        self.home = Home(root)
        self.home.prepare()
        self.policy: Policy = load_policy(POLICY)
        self.settings = Settings(
            _env_file=None,
            home=root,
            halo_url="http://127.0.0.1:1",
            halo_tenant="demo",
            halo_client_id=DEMO_CLIENT_ID,
            halo_client_secret=SecretStr(DEMO_CLIENT_SECRET),
            requests_per_window=10_000_000,
            history_start=(MOMENT - timedelta(days=365)).date(),
        )

    def night(self, number: int) -> PullReport:
        """Plan, pull and land once."""
        run_id, now = f"bench-{number}", self.sim.now
        transport = httpx.ASGITransport(self.sim.app, client=("127.0.0.1", 50000))
        with Ledger.open(self.home.ledger_file) as ledger, acquire(self.home, run_id) as lease:
            ledger.start_run(Run(run_id, now, now, self.policy.version, self.policy.hash, "duckdb", "shadow"))
            with open_build(self.home, lease) as conn:
                known = read_known(conn)
            wanted = plan.decide(self.policy, self.settings, now, known)
            report = pull(self.settings, wanted, self.home.inbox, InstantClock(now), transport=transport)
            land(self.home, ledger, lease, run_id, now, report)
            with open_build(self.home, lease) as conn:
                states = {name: entity.state for name, entity in report.entities.items()}
                plan.remember_scope(conn, self.policy, states, self.settings.tenant_name)
        return report

    def versions(self) -> dict[str, dict[int, str]]:
        """Resource -> id -> the text of its last change, as HaloPSA shows it now."""
        snapshot = self.sim.snapshot()
        return {
            "tickets": {int(row["id"]): str(row.get("last_update")) for row in snapshot.tickets},
            "quotations": {int(row["id"]): str(row.get("last_update_time")) for row in snapshot.quotations},
            "orders": {int(row["id"]): str(row.get("last_update_time")) for row in snapshot.orders},
        }

    def change(self) -> None:
        """Change one record in a hundred of each kind, besides what the world does by itself in a day."""
        dice, snapshot = random.Random(1), self.sim.snapshot()  # noqa: S311 - which records change, the same on every run
        for name, resource in CHANGING.items():
            ids = sorted(int(row["id"]) for row in getattr(snapshot, name))
            field = "summary" if resource == "tickets" else "title"
            for number in dice.sample(ids, max(1, len(ids) // SHARE)):
                self.sim.edits.change(resource, number, {field: "Changed since yesterday"})


def measure(deals: int, root: Path) -> Nights:
    """Both nights. Takes about 13 CPU seconds and half a gigabyte for 1,000 opportunities, and grows with their number."""
    tenant = Tenant(deals, root)
    first = tenant.night(1)
    full = _costs(tenant, first, None)
    before = tenant.versions()
    tenant.sim.now += timedelta(minutes=30)
    tenant.change()
    tenant.sim.now += timedelta(hours=23, minutes=30)
    after = tenant.versions()
    changed = {name: {key for key, version in rows.items() if before[name].get(key) != version} for name, rows in after.items()}
    second = tenant.night(2)
    return Nights(
        opportunities=len(tenant.sim.snapshot().opportunities),
        rows=sum(entity.rows_seen for entity in first.entities.values()),
        full=full,
        night=_costs(tenant, second, changed),
    )


def _costs(tenant: Tenant, report: PullReport, changed: Mapping[str, set[int]] | None) -> dict[str, Cost]:
    return {name: Cost(entity.requests, _floor(tenant, name, changed), entity.state) for name, entity in report.entities.items()}


def _floor(tenant: Tenant, entity: str, changed: Mapping[str, set[int]] | None) -> int:
    """`changed` is None for a full load."""
    snapshot = tenant.sim.snapshot()
    if entity == "ticket_detail":
        wanted = _detailed(snapshot)
        return minimum(snapshot, entity, "night", wanted if changed is None else wanted & changed["tickets"])
    if entity == "attachment":
        by_resource = _documented(snapshot, tenant.policy.tenant.go_live.isoformat())
        return sum(len(ids if changed is None else ids & changed[resource]) for resource, ids in by_resource.items())
    if changed is None:
        return minimum(snapshot, entity, "full")
    ids: AbstractSet[int] = changed.get(OF_ENTITY.get(entity, ""), frozenset())
    if entity in {"opportunity", "project"}:
        ids = ids & {int(row["id"]) for row in (snapshot.opportunities if entity == "opportunity" else snapshot.projects)}
    elif entity == "change_request":
        ids = ids & {int(row["id"]) for row in snapshot.tickets if row["tickettype_id"] == CHANGE}
    sweep = minimum(snapshot, entity, "sweep") if ENTITIES[entity].is_swept else 0
    return minimum(snapshot, entity, "night", ids) + sweep


def _detailed(snapshot: Snapshot) -> set[int]:
    """Projects, and changes that hang on none: what only a ticket's own record tells of is of use for no other."""
    projects = {int(row["id"]) for row in snapshot.projects}
    loose = {int(row["id"]) for row in snapshot.tickets if row["tickettype_id"] == CHANGE and row.get("parent_id") not in projects}
    return loose | {int(row["id"]) for row in snapshot.projects if row["tickettype_id"] == PROJECT}


def _documented(snapshot: Snapshot, since: str) -> dict[str, set[int]]:
    """Resource -> deals won and quotations accepted since the go-live, the only ones whose documents are of use."""
    won = (row for row in snapshot.opportunities if row["status_id"] == STATUS_WON and row["oppconverteddate"] >= since)
    accepted = (row for row in snapshot.quotations if row["status"] == QUOTE_ACCEPTED and row["approvaldatetime"] >= since)
    return {"tickets": {int(row["id"]) for row in won}, "quotations": {int(row["id"]) for row in accepted}}

"""The raw layer: tonight's plan, the pull from HaloPSA, and its landing.

What a row means is staging's subject. The one thing to know: the pull opens no database and landing asks no network, so a slow tenant never
holds the warehouse file, and only the pull is retried.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import dagster as dg

from assets import known, metadata, plan
from assets.naming import BATCH, POOL, key_of, op_name, team
from assets.resources import HaloResource, Progress, WarehouseResource
from assets.steps import told
from handoff_pipeline.clock import SystemClock, clock_for
from handoff_pipeline.halo import ENTITIES, EntityReport, PullReport
from handoff_pipeline.ledger import Ledger, PolicyDocument, Run
from handoff_pipeline.policy import Policy, load_policy, parse_policy, read_text
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse import Landed, LandResult, completeness_rows, crash, land, rebuilt
from handoff_pipeline.warehouse.rules import Rules

GROUP: Final = "raw"
OWNERS: Final = [team("platform")]
PLAN: Final = "raw.pull_plan"
PULL: Final = "raw.halo_pull"
COMPLETE: Final = "complete"
TRUSTED: Final = "trusted"
EFFECTS: Final = {entity.name: entity.effect for entity in ENTITIES.values() if not entity.is_required}
"""Optional entity to what the figures lack without it."""
ENGINE: Final = "duckdb"


@dg.asset(
    key=key_of(PLAN),
    group_name=GROUP,
    owners=OWNERS,
    kinds={"duckdb", "python"},
    pool=POOL,
    description="What tonight's pull asks for: cursors, the ids and orders that are known, and the policy's custom fields and types. "
    "It begins the run in the ledger.",
)
def pull_plan(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.MaterializeResult[None]:
    """Decide the plan and hand it to the pull."""
    with told(settings):
        rebuilt.refuse_night(warehouse.home)
        text = read_text(settings.policy_file)
        policy = parse_policy(text, settings.policy_file.name)
        now = clock_for(settings.as_of).now()
        with Ledger.open(warehouse.home.ledger) as ledger:
            ledger.close_dead_runs(warehouse.lease.run_id, SystemClock().now())
            ledger.policies.keep(PolicyDocument(policy.hash, policy.version, text, now))
            ledger.start_run(run_of(warehouse.lease.run_id, now, policy))
        with warehouse.get_connection() as conn:
            left = known.read_known(conn)
        plan.refuse_other_tenant(left, settings.tenant_name)
        decided = plan.decide(policy, settings, now, left)
        plan.write_plan(warehouse.home.inbox, decided)
    return dg.MaterializeResult(
        metadata={
            "as_of": f"{decided.as_of:%Y-%m-%d %H:%M:%S} UTC",
            "policy_version": policy.version,
            "incremental": dg.MetadataValue.json(sorted(entity for entity, cursor in decided.cursors.items() if cursor)),
            "known_orders": len(decided.known_orders),
            "swept": dg.MetadataValue.json(sorted(decided.sweep)),
        }
    )


@dg.asset(
    key=key_of(PULL),
    group_name=GROUP,
    owners=OWNERS,
    kinds={"python", "json"},
    deps=[key_of(PLAN)],
    check_specs=[
        dg.AssetCheckSpec(
            COMPLETE,
            asset=key_of(PULL),
            blocking=False,
            description="Every entity's completeness rule balances. Where one does not, its rows of the last complete night stay, and "
            "what is published says that it is stale.",
        )
    ],
    retry_policy=dg.RetryPolicy(max_retries=2, delay=30, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.FULL),
    description="Pages of HaloPSA as they came, in the inbox. Network only: no database is open while it runs. The only step that is "
    "retried, and only for faults that pass.",
)
def halo_pull(
    settings: dg.ResourceParam[Settings],
    warehouse: WarehouseResource,
    halo: HaloResource,
    progress: dg.ResourceParam[Progress],
) -> Iterator[dg.MaterializeResult[None]]:
    """Pull what the plan asks for and hand the report to landing."""
    with told(settings):
        inbox = warehouse.home.inbox
        wanted = plan.read_plan(inbox)
        warehouse.close()
        # The report of an earlier pull names files that this one overwrites; should this one fail, nothing may land them.
        plan.forget_pulled(inbox)
        report = halo.pull(settings, wanted, inbox, progress, crash.point)
        plan.write_pulled(inbox, plan.Pulled(warehouse.lease.run_id, wanted.as_of, report))
    yield dg.MaterializeResult(metadata=_pull_metadata(report), check_results=[_completeness(report)])


def run_of(run_id: str, as_of: datetime, policy: Policy) -> Run:
    """A run that begins now, for the ledger: by the machine's clock, also where the as-of is held."""
    return Run(run_id, SystemClock().now(), as_of, policy.version, policy.hash, ENGINE, policy.rollout.phase)


def _pull_metadata(report: PullReport) -> dict[str, Any]:
    entities = report.entities.values()
    return {
        "requests": report.requests,
        "requests_by_endpoint": dg.MetadataValue.json(dict(report.requests_by_endpoint)),
        "state_by_entity": dg.MetadataValue.json({entity.entity: entity.state for entity in entities}),
        "rows_by_entity": dg.MetadataValue.json({entity.entity: entity.rows_seen for entity in entities}),
    }


def _completeness(report: PullReport) -> dg.AssetCheckResult:
    short = [entity for entity in report.entities.values() if entity.state != "complete"]
    return dg.AssetCheckResult(
        check_name=COMPLETE,
        asset_key=key_of(PULL),
        passed=not short,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(_said(entity) for entity in short) or "Every entity is complete.",
    )


def _said(entity: EntityReport) -> str:
    said = f"{entity.entity} is {entity.state.replace('_', ' ')}" + (f" ({entity.detail})" if entity.detail else "")
    effect = ENTITIES[entity.entity].effect
    return f"{said}: {effect}" if effect and entity.state == "not_permitted" else said


def _entity_spec(entity: str, title: str, path: str) -> dg.AssetSpec:
    table = f"raw.{entity}"
    return dg.AssetSpec(
        key_of(table),
        group_name=GROUP,
        owners=OWNERS,
        kinds={"duckdb", "json"},
        deps=[key_of(PULL)],
        metadata=metadata.static(table),
        description=f"Every version of HaloPSA's {title} ({path}) that a night saw, as JSON. Append-only: a row for each change.",
    )


LANDED: Final = [
    *(_entity_spec(entity.name, entity.title, entity.path) for entity in ENTITIES.values()),
    dg.AssetSpec(
        key_of(BATCH),
        group_name=GROUP,
        owners=OWNERS,
        kinds={"duckdb"},
        deps=[key_of(PULL)],
        metadata=metadata.static(BATCH),
        description="The landed nights: raw.batch (one row a night), raw.load_batch (counts and completeness per entity), raw.cursor, "
        "raw.asked and raw.pull_scope (where the next pull starts), raw.sweep and raw.missing (what sweeps lacked), raw.field_contract.",
    ),
]


@dg.multi_asset(
    name=op_name("raw.land"),
    specs=LANDED,
    pool=POOL,
    check_specs=[
        dg.AssetCheckSpec(
            TRUSTED,
            asset=key_of(BATCH),
            blocking=False,
            description="Nothing is quarantined: no more records vanished than may, none that others refer to, and every mapped custom "
            "field is as it was. What is quarantined keeps yesterday's rows until somebody corrects it in HaloPSA or accepts it.",
        )
    ],
)
def landing(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult[None]]:
    """Land the pull in one transaction: rows, cursors and counts together, announced in the ledger before and settled after."""
    with told(settings):
        policy = load_policy(settings.policy_file)
        pulled = plan.read_pulled(warehouse.home.inbox)
        warehouse.close()
        with Ledger.open(warehouse.home.ledger) as ledger:
            run_id = warehouse.lease.run_id
            result = land(warehouse.home, ledger, warehouse.lease, run_id, pulled.as_of, pulled.report, Rules.of(settings, policy))
            ledger.record_completeness(run_id, completeness_rows(ledger, run_id, pulled.as_of, result, optional=EFFECTS.keys()))
            begun = ledger.run(run_id) or run_of(run_id, pulled.as_of, policy)
            ledger.start_run(replace(begun, requests=pulled.report.requests))
        with warehouse.get_connection() as conn:
            states = {entity: landed.state for entity, landed in result.entities.items()}
            plan.remember_scope(conn, policy, states, settings.tenant_name)
        # Landed once: a second landing of the same pull would look like a night of its own.
        plan.forget_pulled(warehouse.home.inbox)
    for entity in ENTITIES:
        # An entity that was not asked for has its (empty) table all the same, and models that read it.
        landed = result.entities.get(entity)
        yield dg.MaterializeResult(
            asset_key=key_of(f"raw.{entity}"), metadata=_landed_metadata(landed) if landed else {"state": "not asked for"}
        )
    yield dg.MaterializeResult(
        asset_key=key_of(BATCH),
        metadata={"batch_no": result.batch_no, "as_of": f"{pulled.as_of:%Y-%m-%d %H:%M:%S} UTC", "rows_changed": result.rows_changed},
        check_results=[_trusted(result)],
    )


def _trusted(result: LandResult) -> dg.AssetCheckResult:
    held = [landed for landed in result.entities.values() if landed.state == "quarantined"]
    return dg.AssetCheckResult(
        check_name=TRUSTED,
        asset_key=key_of(BATCH),
        passed=not held,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(f"{landed.entity} is quarantined ({landed.detail})" for landed in held) or "Nothing is quarantined.",
    )


def _landed_metadata(landed: Landed) -> dict[str, Any]:
    return {
        "state": landed.state,
        "rows_seen": landed.rows_seen,
        "rows_changed": landed.rows_changed,
        "rows_deleted": landed.rows_deleted,
        "rows_quarantined": landed.rows_quarantined,
        "rows_duplicate": landed.rows_duplicate,
        "requests": landed.requests,
    }

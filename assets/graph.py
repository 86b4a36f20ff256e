"""The whole graph: every asset, check, job, schedule and sensor, put together.

Nothing is decided here. The one thing to know: the SQL folder is read when this is called, so a broken model stops Dagster at start-up with
the file's name; no setting and no secret is read.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

import dagster as dg

from assets.across import across_checks
from assets.acting.jobs import ACTING as ACTING_JOBS
from assets.acting.jobs import hourly_schedule
from assets.acting.proposals import proposals
from assets.checks import contract_check, expectations_check, relations_check
from assets.governance import item_check
from assets.jobs import nightly, nightly_schedule
from assets.kpis import kpi_kickoff_survival, kpi_weekly
from assets.ledger_tables import ledger_baseline, ledger_records
from assets.lineage import with_lineage
from assets.metadata import registered
from assets.movement import kpi_movement
from assets.naming import table_of
from assets.pages import pages
from assets.policy_documents import policy_documents
from assets.policy_tables import policy_tables
from assets.published import published_assets
from assets.raw import halo_pull, landing, pull_plan
from assets.remediation_tables import enforcement, standing
from assets.resources import resources
from assets.restatements import kpi_restatement
from assets.sensors import ACTING as ACTING_SENSORS
from assets.sensors import dead_runs, run_failures
from assets.sql_models import require_known, sql_asset
from assets.unfilled import unfilled_tables
from handoff_pipeline.lineage import lineage
from handoff_pipeline.warehouse.models import SQL_ROOT, discover

FRESHNESS: Final = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=26))
"""A night that failed warns in the morning; two in a row fail."""


def definitions(sql_root: Path = SQL_ROOT) -> dg.Definitions:
    """Everything that Dagster is told.

    Raises:
        WarehouseError: a SQL file cannot be used, or reads a table that nothing makes.
    """
    models = discover(sql_root)
    macros = (sql_root / "macros.sql").read_text("utf-8")
    assets = [
        pull_plan,
        halo_pull,
        landing,
        policy_tables,
        policy_documents,
        unfilled_tables,
        *(sql_asset(model, macros) for model in models.values()),
        item_check,
        standing,
        enforcement,
        kpi_weekly,
        kpi_kickoff_survival,
        ledger_baseline,
        ledger_records,
        kpi_movement,
        kpi_restatement,
    ]
    require_known(assets, {name: model.depends_on for name, model in models.items()})
    built = sorted(table for asset in assets for table in map(table_of, asset.keys) if registered(table))
    publishing = published_assets(built).map_asset_specs(lambda spec: dg.apply_freshness_policy(spec, FRESHNESS))
    given = [table_of(key) for key in sorted(policy_tables.keys)]
    order = [*given, *models, *(table for table in built if table not in models)]
    return dg.Definitions(
        assets=with_lineage([*assets, publishing, proposals, *pages(sql_root)], lineage(models)),
        asset_checks=[*(contract_check(table) for table in built), *across_checks(order), relations_check(built), expectations_check],
        jobs=[nightly, *ACTING_JOBS],
        schedules=[nightly_schedule, hourly_schedule],
        sensors=[run_failures, dead_runs, *ACTING_SENSORS],
        resources=resources(),
        executor=dg.in_process_executor,
    )

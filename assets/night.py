"""One night now, in this process, through Dagster: what `handoff run` and `handoff demo` call.

What a night does is the graph's subject. The one thing to know: it runs on Dagster's folder in the home, so the run shows in the UI; and
dead runs are closed first, so that a killed night never blocks the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import dagster as dg

from assets import alerts
from assets.failures import why
from assets.instance import instance_of
from assets.jobs import NIGHTLY
from assets.naming import key_of
from assets.pages import PAGES
from assets.progress import Listener, groups_of
from assets.raw import PULL
from assets.reaper import signature
from assets.resources import Progress, resources_for
from handoff_pipeline.clock import SystemClock
from handoff_pipeline.errors import LeaseHeld
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse import manifest
from handoff_pipeline.warehouse.home import Home

NightState = Literal["complete", "stale", "busy", "failed"]
QUIET: Final = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Dagster's own console log would bury what the command line says; everything is in the event log."""


@dataclass(frozen=True)
class NightResult:
    """How a night ended.

    `state` is complete, stale (published as far as it could be, some entity incomplete), busy (another run holds the warehouse) or failed.
    `requests` counts requests to HaloPSA. `failed_step` is the first step that failed, `message` its words with the fix.
    """

    run_id: str
    ok: bool
    state: NightState
    requests: int = 0
    requests_by_endpoint: Mapping[str, int] = field(default_factory=dict)
    manifest: Path | None = None
    failed_step: str | None = None
    message: str | None = None


def run_night(definitions: dg.Definitions, settings: Settings, progress: Progress | None = None, *, with_pages: bool = True) -> NightResult:
    """Run the nightly job of `definitions` for `settings`; a failure is reported in the result and in alerts.jsonl, never raised.

    Without pages, those of the night before stay as they are.

    Raises:
        SettingsError: the home cannot be used.
    """
    home = Home.of(settings)
    home.prepare()
    with instance_of(home.root) as instance:
        alerts.close_dead_runs(instance, settings, SystemClock().now())
        return run_on(instance, definitions, settings, progress, with_pages=with_pages)


def run_on(
    instance: dg.DagsterInstance,
    definitions: dg.Definitions,
    settings: Settings,
    progress: Progress | None = None,
    *,
    with_pages: bool = True,
) -> NightResult:
    """Run the nightly job on an instance of Dagster that is open already."""
    home = Home.of(settings)
    job = definitions.resolve_job_def(NIGHTLY)
    if not with_pages:
        job = job.get_subset(asset_selection=job.asset_layer.selected_asset_keys - PAGES)
    run_id = dg.DagsterRun(NIGHTLY).run_id
    if progress:
        instance.add_event_listener(run_id, Listener(groups_of(definitions, job), progress))
    result = job.execute_in_process(
        instance=instance,
        run_id=run_id,
        raise_on_error=False,
        resources=dict(resources_for(settings, progress)),
        run_config=QUIET,
        tags=signature(),
    )
    if not result.success:
        return _failed(instance, settings, result)
    published = manifest.read(home.manifest_file)
    return NightResult(
        run_id=result.run_id,
        ok=True,
        state=published.state if published else "complete",
        manifest=home.manifest_file if published else None,
        **_requests(result),
    )


def _requests(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """What the pull of this run said about its requests; nothing where it did not come so far."""
    for materialization in result.asset_materializations_for_node(PULL.replace(".", "__")):
        if materialization.asset_key == key_of(PULL):
            told = materialization.metadata
            return {"requests": told["requests"].value, "requests_by_endpoint": told["requests_by_endpoint"].value}
    return {}


def _failed(instance: dg.DagsterInstance, settings: Settings, result: dg.ExecuteInProcessResult) -> NightResult:
    """Tell people, and say why."""
    alert = alerts.report(instance, settings, result.dagster_run, SystemClock().now())
    return NightResult(
        run_id=result.run_id,
        ok=False,
        state="busy" if LeaseHeld.__name__ in why(instance, result.run_id).errors else "failed",
        failed_step=alert.failed_step,
        message=alert.message,
        **_requests(result),
    )

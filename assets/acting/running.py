"""One job that acts, now, in this process: what the command line and the tests call.

What a job does is `work`'s. The one thing to know: it runs on Dagster's folder in the home, so it shows in the UI; a failure is told in the
result and in alerts.jsonl, and not raised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from assets import alerts
from assets.acting.jobs import config_of
from assets.instance import instance_of
from assets.night import QUIET
from assets.reaper import signature
from assets.resources import resources_for
from handoff_pipeline.clock import SystemClock
from handoff_pipeline.settings import Settings


@dataclass(frozen=True)
class ActingResult:
    """How it ended: `told` is what the run says of itself, numbers by name and `said` in words; `message` why it failed."""

    run_id: str
    ok: bool
    told: Mapping[str, Any] = field(default_factory=dict)
    message: str | None = None


def run_job(definitions: dg.Definitions, settings: Settings, job: str, ids: Sequence[str] = ()) -> ActingResult:
    """Run the job `remediate`, `escalate`, `approve`, `deliver` or `hourly`; `ids` is its list, empty for all."""
    with instance_of(settings.home) as instance:
        return run_job_on(instance, definitions, settings, job, ids)


def run_job_on(
    instance: dg.DagsterInstance, definitions: dg.Definitions, settings: Settings, job: str, ids: Sequence[str] = ()
) -> ActingResult:
    """Run a job on an instance of Dagster that is open already."""
    resolved = definitions.resolve_job_def(job)
    result = resolved.execute_in_process(
        instance=instance,
        raise_on_error=False,
        resources=_resources(settings),
        run_config={**QUIET, **config_of(job, ids)},
        tags=signature(),
    )
    if not result.success:
        alert = alerts.report(instance, settings, result.dagster_run, SystemClock().now())
        return ActingResult(result.run_id, ok=False, message=alert.message)
    outputs = [event.step_output_data for event in result.all_events if event.event_type is dg.DagsterEventType.STEP_OUTPUT]
    told = {name: value.value for output in outputs for name, value in output.metadata.items()}
    return ActingResult(result.run_id, ok=True, told=told)


def _resources(settings: Settings) -> dict[str, Any]:
    """The settings alone: a job that acts has neither the warehouse nor the pull."""
    return {"settings": resources_for(settings, None)["settings"]}

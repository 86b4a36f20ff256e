"""Dagster's sensors: thin wrappers that read the settings and call what decides.

The one thing to know: a tick never opens the warehouse file, so that a sensor can never keep a night from its work.
"""

from __future__ import annotations

from typing import Final

import dagster as dg

from assets import alerts
from handoff_pipeline.clock import SystemClock
from handoff_pipeline.settings import load_settings

LOOK_EVERY_SECONDS: Final = 60


@dg.run_failure_sensor(
    name="run_failures",
    description="Writes every failed run to the log and to alerts.jsonl in the home, once.",
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def run_failures(context: dg.RunFailureSensorContext) -> None:
    """Report a failed run of this code location."""
    context.log.error(str(alerts.report(context.instance, load_settings(), context.dagster_run, SystemClock().now())))


@dg.sensor(
    name="dead_runs",
    description="Closes runs whose process is gone (killed, or the machine restarted), so that the next one in the queue may begin.",
    minimum_interval_seconds=LOOK_EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Close and report dead runs; it never asks for a run of its own."""
    closed = alerts.close_dead_runs(context.instance, load_settings(), SystemClock().now())
    for alert in closed:
        context.log.error(str(alert))
    return dg.SkipReason("; ".join(map(str, closed)) or "Every run under way has a living process.")

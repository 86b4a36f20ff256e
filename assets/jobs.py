"""The nightly job and its schedule.

What the job does is the asset graph's subject. The one thing to know: the schedule is in UTC, because a local 01:30 comes late, twice or
not at all on the days on which the clocks change.
"""

from __future__ import annotations

from typing import Final

import dagster as dg

from assets.alerts import close_dead_runs
from assets.naming import GROUPS
from handoff_pipeline.clock import SystemClock
from handoff_pipeline.settings import load_settings

NIGHTLY: Final = "nightly"
CRON: Final = "30 1 * * *"

nightly = dg.define_asset_job(
    NIGHTLY,
    selection=dg.AssetSelection.groups(*GROUPS),
    description="Pull HaloPSA, land, build, score, check the contracts, publish.",
    executor_def=dg.in_process_executor,
)


@dg.schedule(
    name="nightly_schedule",
    job=nightly,
    cron_schedule=CRON,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Every night at 01:30 UTC. Off until switched on: Overview > Schedules, or `dagster schedule start nightly_schedule`.",
)
def nightly_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One run a night; runs that a kill or a restart left behind are closed first, or their pool slot would block it."""
    for alert in close_dead_runs(context.instance, load_settings(), SystemClock().now()):
        context.log.error(str(alert))
    return dg.RunRequest()

"""Closes runs whose process is dead, so that a killed night never blocks the next one.

Dagster's default launcher does not notice a killed process (measured: the run stays STARTED and keeps its pool slot for ever). Each run
therefore carries the identity of its process as tags. The one thing to know: a run is closed only when its process is surely gone; one
on another machine is left to `max_runtime_seconds`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import dagster as dg
from dagster import DagsterInstance, RunsFilter

from handoff_pipeline.warehouse import process

HOST: Final = "handoff/host"
BOOT: Final = "handoff/boot"
PID: Final = "handoff/pid"
BORN: Final = "handoff/process_started"
SIGNATURE: Final = (HOST, BOOT, PID, BORN)
GRACE: Final = timedelta(minutes=5)
"""How long a run may be under way before its process has signed it."""
WAITING: Final = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED]
UNDER_WAY: Final = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def signature() -> dict[str, str]:
    """Tags that tie a run to this process."""
    me = process.present()
    return {HOST: me.host, BOOT: me.boot_id, PID: str(me.pid), BORN: me.started}


def is_alive(tags: Mapping[str, str]) -> bool:
    """Whether the process that signed these tags still runs; False only if it is surely gone."""
    me = process.present()
    if tags[HOST] != me.host:
        return True
    return tags[BOOT] == me.boot_id and process.start_mark(int(tags[PID])) == tags[BORN]


def is_dead(tags: Mapping[str, str], under_way_since: datetime, now: datetime) -> bool:
    """Whether a run that Dagster believes to be under way is not: its process is gone, or nobody signed it within five minutes."""
    if all(name in tags for name in SIGNATURE):
        return not is_alive(tags)
    return now - under_way_since > GRACE


def is_under_way(instance: DagsterInstance, job: str) -> bool:
    """Whether a run of the job waits or runs."""
    return instance.get_runs_count(RunsFilter(job_name=job, statuses=WAITING + UNDER_WAY)) > 0


def reap(instance: DagsterInstance, now: datetime) -> list[dg.DagsterRun]:
    """Mark dead runs as failed and free their pool slots; returns them."""
    dead = [
        record.dagster_run
        for record in instance.get_run_records(RunsFilter(statuses=UNDER_WAY))
        if is_dead(record.dagster_run.tags, record.create_timestamp, now)
    ]
    for run in dead:
        instance.report_run_failed(run, "The process of this run is gone (killed, or the machine restarted). The next run heals it.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return dead

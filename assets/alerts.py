"""Tells people that a night failed or is stale: one JSON line in `alerts.jsonl` of the home; sensors and commands also say it.

Cards and messages are channels' subject. The one thing to know: a run is reported once, whoever sees its failure first: the process that
ran it, or Dagster's daemon.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import dagster as dg

from assets.failures import RunFailure, why
from assets.reaper import reap
from assets.redaction import Redactor
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse.manifest import Manifest

FILE: Final = "alerts.jsonl"
LONGEST: Final = 1000


@dataclass(frozen=True)
class Alert:
    """One run that failed, or that left what is published stale, as a line of `alerts.jsonl`.

    Of a check or tick that failed, or where no night succeeds (`state` says so), `run_id` is the key that tells it from others, and `job`
    what failed.
    """

    at_utc: str
    run_id: str
    job: str
    failed_step: str | None
    message: str
    state: str = "failed"

    def __str__(self) -> str:
        """The alert as a line of a log."""
        if self.state == "stale":
            return f"{self.job} is stale: {self.message} (run {self.run_id})"
        if self.state != "failed":
            return f"{self.job}: {self.message}"
        return f"{self.job} failed at {self.failed_step or 'its start'}: {self.message} (run {self.run_id})"


def decide(run_id: str, job: str, failure: RunFailure, at: datetime, redactor: Redactor) -> Alert:
    """What to say about a failed run: its first failed step and that step's own words, without secrets, cut to 1,000 characters."""
    step, message = (failure.steps[0].step, failure.steps[0].message) if failure.steps else (None, failure.message)
    text = redactor.clean(message).strip() or "The run failed without a message."
    return Alert(f"{at:%Y-%m-%dT%H:%M:%SZ}", run_id, job, step, text[:LONGEST])


def stale(manifest: Manifest, job: str, redactor: Redactor) -> Alert | None:
    """What to say about a night that had to leave the figures as they were: which entity, since when, what to do; None for a fresh one."""
    if not manifest.stale:
        return None
    said = " ".join(
        f"{source.entity} is {source.state.replace('_', ' ')} since {source.since_utc:%Y-%m-%d %H:%M} UTC"
        f"{f' ({source.detail})' if source.detail else ''}. {source.what_to_do}"
        for source in manifest.stale
    )
    return Alert(
        f"{manifest.published_at_utc:%Y-%m-%dT%H:%M:%SZ}", manifest.run_id, job, None, redactor.clean(said)[:LONGEST], state="stale"
    )


def deliver(home: Path, alert: Alert) -> bool:
    """Append the alert to `alerts.jsonl` (0600); False if that run is in the file already."""
    path = home / FILE
    home.mkdir(parents=True, exist_ok=True)
    before = path.read_text("utf-8") if path.is_file() else ""
    if alert.run_id in _runs(before):
        return False
    # A full disk may have torn the last line: the new one must not grow together with it.
    start = "\n" if before and not before.endswith("\n") else ""
    line = f"{start}{json.dumps(asdict(alert), ensure_ascii=False)}\n"
    # One write of one line to a file opened for appending: two processes never mix their lines.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)
    return True


def written(home: Path, alert: Alert) -> bool:
    """As `deliver`, but where the file cannot be written (a full disk, a home taken away) the log says so, with the alert itself.

    What failed is told to whoever asks all the same: an alert that cannot be kept must not take the place of its reason.
    """
    try:
        return deliver(home, alert)
    except OSError as trouble:
        logging.getLogger(__name__).exception("%s could not be written (%s). It would have said: %s", FILE, trouble.strerror, alert)
        return False


def lines(home: Path) -> list[dict[str, Any]]:
    """The lines of `alerts.jsonl`, oldest first, without those that nobody can read; none where there is no file."""
    path = home / FILE
    return _read(path.read_text("utf-8")) if path.is_file() else []


def _runs(text: str) -> set[str]:
    """Runs that these lines are about; a torn line is about none."""
    return {str(line["run_id"]) for line in _read(text) if "run_id" in line}


def _read(text: str) -> list[dict[str, Any]]:
    found = []
    for line in text.splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(row, dict):
            found.append(row)
    return found


def report(instance: dg.DagsterInstance, settings: Settings, run: dg.DagsterRun, at: datetime) -> Alert:
    """Tell people about a run that has failed, and return what they were told."""
    alert = decide(run.run_id, run.job_name, why(instance, run.run_id), at, Redactor.of(settings))
    written(settings.home, alert)
    return alert


def close_dead_runs(instance: dg.DagsterInstance, settings: Settings, at: datetime) -> list[Alert]:
    """Close the runs whose process is gone and tell people about them; returns what they were told."""
    return [report(instance, settings, run, at) for run in reap(instance, at)]

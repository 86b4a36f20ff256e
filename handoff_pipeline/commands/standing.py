"""What `handoff doctor` finds of the nights so far: can the ledger be read, does a run hold the warehouse, how did the last one end.

Nothing is changed and the work file is not opened. The one thing to know: the note of the lease is only a note; whether its process still
lives is looked up, and a lease of a dead one is taken over by the next night.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from handoff_pipeline.commands.findings import Finding
from handoff_pipeline.errors import HandoffError

if TYPE_CHECKING:
    from handoff_pipeline.ledger import Ledger, Run
    from handoff_pipeline.warehouse.home import Home

OVERDUE: Final = timedelta(hours=36)
"""A night and a half without a run: a schedule that stopped, not one that is late."""
STATUS_FIX: Final = "`handoff status` says what, since when, and what to do."


def standing(home: Home, now: datetime) -> Iterator[Finding]:
    """Lease, ledger, and how the last run ended."""
    yield lease(home)
    yield from ledger(home, now)


def lease(home: Home) -> Finding:
    """Who holds the warehouse, by the lease's note."""
    from handoff_pipeline.warehouse.process import present, start_mark

    try:
        note: Any = json.loads(home.lease_note.read_text("utf-8"))
        run_id, pid, host = str(note["run_id"]), int(note["pid"]), str(note["host"])
    except FileNotFoundError:
        return Finding("lease", "ok", "No run holds the warehouse.")
    except (OSError, ValueError, KeyError, TypeError):
        return Finding(
            "lease", "warning", f"{home.lease_note} cannot be read.", "The next `handoff run` tells whether the warehouse is free."
        )
    if host != present().host:
        return Finding(
            "lease", "warning", f"Run {run_id} (process {pid} on host {host}) holds the warehouse.", "Let it end, or stop it there."
        )
    if start_mark(pid) is None:
        return Finding("lease", "ok", f"Run {run_id} was killed; the next one takes its lease over.")
    return Finding("lease", "warning", f"Run {run_id} (process {pid}) holds the warehouse.", "Let it end; a run started now says busy.")


def ledger(home: Home, now: datetime) -> Iterator[Finding]:
    """Whether the ledger can be read, and what it says of the last run."""
    from handoff_pipeline.ledger import Ledger, is_ledger, shown

    where = shown(home.ledger)
    try:
        if not is_ledger(home.ledger):
            yield Finding("ledger", "ok", f"No run is recorded yet in {where}.")
            return
        with Ledger.open(home.ledger) as opened:
            runs = opened.runs()
            frozen = len(opened.baselines.current()) if runs else 0
            lacking = _lacking(opened, runs[-1]) if runs else []
    except HandoffError as error:
        yield Finding("ledger", "failure", error.message, error.fix or "")
        return
    yield Finding("ledger", "ok", f"{len(runs)} runs are recorded in {where}.")
    if runs:
        yield last_run(runs[-1], lacking, now)
        yield baselines(frozen)


def baselines(frozen: int) -> Finding:
    """Whether there is anything to compare a pilot with; afterwards it is too late to capture it."""
    if frozen:
        return Finding("baseline", "ok", f"{frozen} baselines are frozen.")
    return Finding(
        "baseline",
        "warning",
        "No baseline is frozen, so no target has a path and a pilot could not be judged.",
        "Before the pilot starts: `handoff baseline capture`, then `handoff baseline freeze`.",
    )


def _lacking(opened: Ledger, run: Run) -> list[str]:
    """Entities that were not complete in the run, with the day since which they are not."""
    rows = [row for row in opened.completeness(run.run_id) if row.is_stale or row.state in {"incomplete", "quarantined"}]
    since = {row.entity: opened.incomplete_since(row.entity) for row in rows}
    return [f"{row.entity} ({row.state} since {since[row.entity] or row.as_of:%Y-%m-%d})" for row in rows]


def last_run(run: Run, lacking: list[str], now: datetime) -> Finding:
    """How the last run ended, and how long ago."""
    started = f"{run.started_at:%Y-%m-%d %H:%M} UTC"
    if run.state == "failed":
        return Finding("last night", "warning", f"Run {run.run_id} of {started} failed; what was published before stands.", STATUS_FIX)
    if run.state == "stale" or lacking:
        what = f": {', '.join(lacking)}" if lacking else ""
        return Finding("last night", "warning", f"Run {run.run_id} of {started} left something stale{what}.", STATUS_FIX)
    if now - run.started_at > OVERDUE:
        days = (now - run.started_at).total_seconds() / 86_400
        fix = "See that the schedule runs: docs/operations.md."
        return Finding("last night", "warning", f"The last run is of {started}, {days:.1f} days ago.", fix)
    if run.state == "running":
        return Finding("last night", "ok", f"Run {run.run_id} of {started} is under way, or was killed; the next one tells.")
    return Finding("last night", "ok", f"Run {run.run_id} of {started} is complete.")

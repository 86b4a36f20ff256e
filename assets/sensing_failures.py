"""What failed, as the sensor `failures` finds it: lines of alerts.jsonl, failed checks, failed ticks, and the age of the figures.

Who is told is decided in `assets/sensing/failures.py`, telling is `notifier`'s. The one thing to know: what lies further back than two days
is history and no alert, so that a channel connected today is not flooded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import dagster as dg
from dagster import DagsterInstance
from dagster._core.scheduler.instigation import TickStatus  # Dagster offers no public name for it
from dagster_shared.error import SerializableErrorInfo

from assets import alerts
from assets.acting.deciding import has_teams
from assets.acting.duties import alert_key
from assets.acting.freshness import is_overdue, last_success
from assets.acting.work import Installation
from assets.failures import plain_words
from assets.redaction import Redactor
from assets.sensing.alerting import TOLD
from assets.sensing.failures import Failure, FailureFacts
from handoff_pipeline.channels.card_content import Alert as Kind
from handoff_pipeline.ledger.canonical import intent_id_of
from handoff_pipeline.settings import Settings

RECENT: Final = timedelta(days=2)
PAGE: Final = 500
CHECKS: Final = "checks"
TICKS: Final = "ticks"
SLOWEST_TICK: Final = 600.0
"""Seconds that are looked back: a tick bears the moment at which it began, and another one may have failed before it."""


@dataclass(frozen=True)
class Found:
    """What failed, how far each source was read, and the keys that alerts.jsonl held before."""

    failures: Sequence[Failure]
    positions: Mapping[str, float]
    in_file: frozenset[str]


def found_since(instance: DagsterInstance, settings: Settings, before: Mapping[str, float], now: datetime) -> Found:
    """Everything that failed since the positions in `before`; it needs neither the ledger nor a policy that can be read."""
    clean = Redactor.of(settings)
    lines = alerts.lines(settings.home)
    checks, checks_at = failed_checks(instance, before.get(CHECKS), now, clean)
    ticks, ticks_at = failed_ticks(instance, before.get(TICKS), now, clean)
    found = [*(failure for line in lines if (failure := of_line(line, now)) is not None), *checks, *ticks]
    return Found(found, {CHECKS: checks_at, TICKS: ticks_at}, frozenset(str(line.get("run_id")) for line in lines))


def failure_facts(at: Installation, found: Found) -> FailureFacts:
    """What was found, with what was told before: in the file, and on a card where there is a channel for one."""
    told = found.in_file
    if has_teams(at.settings):
        told = frozenset(one.key for one in found.failures if one.key in told and _has_card(at, one))
    return FailureFacts(found.failures, found.positions, overdue_since(at), told)


def overdue_since(at: Installation) -> datetime | None:
    """Since when no night has succeeded, where that is too long: since the last that did, or else since the first that began."""
    since = last_success(at.manifest) if at.manifest is not None else min((run.started_at for run in at.ledger.runs()), default=None)
    return since if since is not None and is_overdue(since, at.policy, at.now) else None


def _has_card(at: Installation, one: Failure) -> bool:
    """Whether nothing is left to say of the failure: it has a card, or is one more of a kind that has."""
    key = alert_key(one.kind, one.key)
    return at.ledger.calendar.is_done(TOLD, key) or at.ledger.intents.get(intent_id_of(at.settings.tenant_name, key)) is not None


def of_line(line: Mapping[str, Any], now: datetime) -> Failure | None:
    """A line of alerts.jsonl as a failure; None for one that is old, or that nobody can read."""
    try:
        moment = datetime.fromisoformat(str(line["at_utc"]))
        alert = alerts.Alert(**line)
        is_recent = now - moment <= RECENT
    except (KeyError, ValueError, TypeError):
        return None
    kind: Kind = "freshness" if alert.state == "stale" else "run"
    title = f"{alert.job} is stale" if alert.state == "stale" else f"{alert.job} failed"
    is_of_run = alert.state in {"failed", "stale"}
    return Failure(kind, alert.run_id, title, str(alert), moment) if is_of_run and is_recent else None


def failed_checks(instance: DagsterInstance, after: float | None, now: datetime, clean: Redactor) -> tuple[list[Failure], float]:
    """Checks that failed without failing their run, once a day each, and the last event that was looked at.

    A blocking check that only warns fails no run either.
    """
    if after is not None and after > (instance.event_log_storage.get_maximum_record_id() or 0):
        after = None  # the event log was wiped and counts anew
    records = instance.event_log_storage.get_event_records(
        dg.EventRecordsFilter(
            dg.DagsterEventType.ASSET_CHECK_EVALUATION,
            after_cursor=int(after) if after else None,
            after_timestamp=None if after else (now - RECENT).timestamp(),
        ),
        limit=PAGE,
        ascending=True,
    )
    found = []
    for record in records:
        event = record.event_log_entry.dagster_event
        said = event.asset_check_evaluation_data if event else None
        if said is None or said.passed or (said.blocking and said.severity is dg.AssetCheckSeverity.ERROR):
            continue
        moment = datetime.fromtimestamp(record.timestamp, UTC)
        name = f"{said.asset_key.to_user_string()}:{said.check_name}"
        words = clean.clean(said.description or "It says no more.")
        found.append(Failure("check", f"{name}|{moment:%Y-%m-%d}", f"The check {name} failed", words, moment))
    return found, float(max((record.storage_id for record in records), default=after or 0))


def failed_ticks(instance: DagsterInstance, after: float | None, now: datetime, clean: Redactor) -> tuple[list[Failure], float]:
    """Ticks of sensors and schedules that failed, once a day each, and the moment of the last."""
    last = after or (now - RECENT).timestamp()
    found: list[Failure] = []
    if instance.schedule_storage is None:  # an instance in memory keeps no ticks
        return found, last
    newest = last
    for state in instance.all_instigator_state():
        for tick in instance.get_ticks(
            state.instigator_origin_id, state.selector_id, after=last - SLOWEST_TICK, limit=PAGE, statuses=[TickStatus.FAILURE]
        ):
            moment = datetime.fromtimestamp(tick.timestamp, UTC)
            words = _words(tick.error) or "It gives no reason."
            title = f"{state.instigator_name} could not be evaluated"
            found.append(Failure("tick", f"{state.instigator_name}|{moment:%Y-%m-%d}", title, clean.clean(words), moment))
            newest = max(newest, tick.timestamp)
    return found, newest


def _words(error: SerializableErrorInfo | None) -> str:
    """What the error at the bottom of the chain says; above it Dagster only says which sensor it was."""
    while error is not None and error.cause is not None:
        error = error.cause
    return "" if error is None else plain_words(error)

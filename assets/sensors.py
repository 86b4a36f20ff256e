"""Dagster's sensors: thin wrappers that read the settings and the facts, call what decides, and hand its request to Dagster.

What decides is in `assets/sensing`, where facts come from in `sensing_facts`. The one thing to know: a tick never opens the warehouse file,
so that a sensor can never keep a night from its work.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol, TypeVar

import dagster as dg

from assets import alerts, notifier, sensing_facts
from assets.acting import jobs
from assets.acting.work import Installation
from assets.reaper import is_under_way
from assets.sensing import approvals, deliveries, escalations, failures, gaps
from assets.sensing.decision import Decision
from assets.sensing_failures import failure_facts, found_since
from handoff_pipeline.clock import SystemClock, clock_for
from handoff_pipeline.settings import load_settings

LOOK_EVERY_SECONDS: Final = 60
LOOK_RARELY_SECONDS: Final = 300
F = TypeVar("F")
F_co = TypeVar("F_co", covariant=True)


class Facts(Protocol[F_co]):
    """Fetches what a tick sees of an installation; None where there is none yet."""

    def __call__(self, at: Installation | None, /, *, under_way: bool) -> F_co:
        """The facts; `under_way` says whether a run of the job is queued or running."""


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


def _acting(
    name: str,
    job: dg.JobDefinition,
    every_seconds: int,
    description: str,
    facts: Facts[F],
    decide: Callable[[str | None, F, datetime], Decision],
) -> dg.SensorDefinition:
    """A sensor whose tick fetches the facts, decides, and hands on at most one request with its list."""

    @dg.sensor(
        name=name,
        job=job,
        description=description,
        minimum_interval_seconds=every_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def tick(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        settings = load_settings()
        under_way = is_under_way(context.instance, job.name)
        with sensing_facts.looked_at(settings) as at:
            decided = decide(context.cursor, facts(at, under_way=under_way), clock_for(settings.as_of).now())
        if decided.request is None:
            return dg.SensorResult(skip_reason=decided.reason, cursor=decided.cursor)
        # No run key: Dagster would never ask for the same work again, not even after a run that failed.
        request = dg.RunRequest(run_config=jobs.config_of(job.name, decided.request.ids))
        return dg.SensorResult(run_requests=[request], cursor=decided.cursor)

    return tick


gap_remediation = _acting(
    "gap_remediation",
    jobs.remediate,
    LOOK_EVERY_SECONDS,
    "One run on all open gaps for every publication that may be acted on.",
    sensing_facts.gap_facts,
    gaps.decide,
)
escalation = _acting(
    "escalation",
    jobs.escalate,
    LOOK_RARELY_SECONDS,
    "One run on the gaps that have come to a level at which nobody was told yet.",
    sensing_facts.escalation_facts,
    escalations.decide,
)
approvals_asked = _acting(
    "approvals",
    jobs.approve,
    LOOK_EVERY_SECONDS,
    "Reads approvals at HaloPSA every ten minutes while any waits for an answer.",
    sensing_facts.approval_facts,
    approvals.decide,
)
delivery = _acting(
    "delivery",
    jobs.deliver,
    LOOK_EVERY_SECONDS,
    "One run that drains the outbox when anything approved is due.",
    sensing_facts.delivery_facts,
    deliveries.decide,
)


@dg.sensor(
    name="failures",
    description="Tells of failed runs, checks, sensors and schedules, and that no night succeeds: alerts.jsonl, and a card where Teams is "
    "connected.",
    minimum_interval_seconds=LOOK_EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def failures_told(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Tell what failed since the last tick; it never asks for a run.

    The file comes first: it needs neither the ledger nor a policy that can be read, and where one of these is broken this tick fails too.
    """
    settings = load_settings()
    now = clock_for(settings.as_of).now()
    found = found_since(context.instance, settings, failures.positions(context.cursor), now)
    notifier.write_down(settings.home, found.failures)
    with sensing_facts.looked_at(settings) as at:
        if at is None:
            return dg.SensorResult(skip_reason="There is no ledger yet.", cursor=context.cursor)
        facts = failure_facts(at, found)
        decided = failures.decide(context.cursor, facts, now)
        notifier.tell(at, decided.failures, now, overdue_since=facts.overdue_since if decided.is_overdue else None)
    return dg.SensorResult(skip_reason=decided.reason, cursor=decided.cursor)


ACTING: Final = (gap_remediation, escalation, approvals_asked, delivery, failures_told)

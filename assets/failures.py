"""Why a run failed, read from its events: the steps that failed in order, each in its own words.

Who is told is alerts' subject. The one thing to know: a blocking check fails its step with a message of Dagster's own; what the check said
stands in its evaluation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import dagster as dg
from dagster import DagsterEventType, DagsterInstance

INTERRUPTED: Final = "DagsterExecutionInterruptedError"
KINDS: Final = {DagsterEventType.STEP_FAILURE, DagsterEventType.ASSET_CHECK_EVALUATION, DagsterEventType.RUN_FAILURE}


@dataclass(frozen=True)
class StepFailure:
    """A step that failed, and why in words."""

    step: str
    message: str


@dataclass(frozen=True)
class RunFailure:
    """A run that failed: its steps that did, the run's own message, and the names of all errors involved."""

    steps: tuple[StepFailure, ...]
    message: str
    errors: frozenset[str]


def why(instance: DagsterInstance, run_id: str) -> RunFailure:
    """What the event log knows of the run's failure."""
    events = [entry.dagster_event for entry in instance.all_logs(run_id, of_type=KINDS) if entry.dagster_event]
    said = {
        event.step_key: event.asset_check_evaluation_data for event in events if event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION
    }
    steps = [
        StepFailure(_name(event), _words(event, said.get(event.step_key)))
        for event in events
        if event.event_type is DagsterEventType.STEP_FAILURE
    ]
    ends = [event for event in events if event.event_type is DagsterEventType.RUN_FAILURE]
    return RunFailure(
        steps=tuple(steps),
        message=_words(ends[-1], None) if ends else "",
        errors=frozenset(error.cls_name for event in events for error in _chain(event) if error.cls_name),
    )


def _name(event: dg.DagsterEvent) -> str:
    """The step's name as its asset's: `marts/dim_client`."""
    return (event.step_key or "?").replace("__", "/")


def _words(event: dg.DagsterEvent, check: Any) -> str:
    """The words of a failed check, of a failure raised on purpose, or of the error at the bottom of the chain."""
    if check is not None and not check.passed and check.description:
        return str(check.description)
    failure = getattr(event.event_specific_data, "user_failure_data", None)
    if failure and failure.description:
        return str(failure.description)
    errors = list(_chain(event))
    return plain_words(errors[-1]) if errors else (event.message or "").strip()


def plain_words(error: Any) -> str:
    """The error's message without the name of its class, which Dagster puts before it."""
    if error.cls_name == INTERRUPTED:
        return "The run was interrupted (Ctrl-C, or the machine was asked to stop). The next run heals it."
    message = str(error.message).strip()
    return re.sub(rf"^[\w.]*\b{re.escape(error.cls_name or '')}: ", "", message)


def _chain(event: dg.DagsterEvent) -> Iterator[Any]:
    """The event's error and its causes, outermost first."""
    error = getattr(event.event_specific_data, "error", None)
    while error is not None:
        yield error
        error = error.cause

"""What goes wrong in a quarter, and what people do at the wrong moment: each once, at the first delivery that has something for it.

A mishap looks at what is due, and gives the context in which the delivery then runs, or None where it does not fit yet. The one thing to
know: nothing here reaches into the product but the death at a named point; everything else happens at the tenant, in the channel, or on the
command line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from assets.acting import delivering
from handoff_pipeline.channels.deliver import deliver
from handoff_pipeline.ledger import Intent
from handoff_pipeline.simulator import Fault
from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.schedule import FaultKind
from handoff_pipeline.simulator.teams_faults import TeamsFault

if TYPE_CHECKING:
    from tests.end_to_end.quarter import Quarter

Mishap = Callable[["Quarter"], AbstractContextManager[object] | None]
WRITTEN_TO = ("halo_note", "halo_blocking")
SATURDAY = 5


class Died(BaseException):
    """The process is gone: nothing catches it."""


def due(quarter: Quarter, *actions: str) -> list[Intent]:
    """What the next delivery would send of these actions."""
    with quarter.ledger() as ledger:
        return [one for one in ledger.intents.due(quarter.sim.now) if one.action in actions]


def somebody_edits(quarter: Quarter) -> AbstractContextManager[object] | None:
    """After it was decided what to write, somebody fills the field by hand."""
    waiting = due(quarter, "halo_score_fields")
    for one in waiting[:1]:
        quarter.sim.edits.change("tickets", one.handoff_id or 0, {"customfields": [{"name": "CFHandoffScore", "value": "by hand"}]})
    return nullcontext() if waiting else None


def status_is_moved(quarter: Quarter) -> AbstractContextManager[object] | None:
    """A block is approved, and somebody has moved the deal meanwhile, and back after it was seen."""
    waiting = due(quarter, "halo_blocking")
    return _moved_away(quarter, waiting[0]) if waiting else None


@contextmanager
def _moved_away(quarter: Quarter, block: Intent) -> Iterator[None]:
    deal_id = block.handoff_id or 0
    before = (quarter.sim.edits.find("tickets", deal_id) or {})["status_id"]
    quarter.sim.edits.change("tickets", deal_id, {"status_id": cfg.STATUS_HANDED_OVER})
    yield
    quarter.sim.edits.change("tickets", deal_id, {"status_id": before})


def field_takes_nothing(quarter: Quarter) -> AbstractContextManager[object] | None:
    """The tenant answers 201 and leaves the fields as they were."""
    names = frozenset({"CFHandoffScore", "CFHandoffGaps", "CFHandoffSignoff"})
    return _quirk(quarter, ignored_fields=names) if due(quarter, "halo_score_fields") else None


def halo_fault(kind: FaultKind) -> Mishap:
    """The tenant's next answer to a written note is a fault."""

    def mishap(quarter: Quarter) -> AbstractContextManager[object] | None:
        if not due(quarter, *WRITTEN_TO):
            return None
        return _quirk(quarter, faults=(Fault("POST /Actions", quarter.sim.request_clock.seen["post /actions"] + 1, kind),))

    return mishap


@contextmanager
def _quirk(quarter: Quarter, **changed: object) -> Iterator[None]:
    usual = quarter.sim.quirks
    quarter.sim.quirks = replace(usual, **changed)  # type: ignore[arg-type]
    yield
    quarter.sim.quirks = usual


def teams_fault(fault: TeamsFault) -> Mishap:
    """The channel meets the next message with a fault; an escalation is spared, since its level is counted by the cards that came."""

    def mishap(quarter: Quarter) -> AbstractContextManager[object] | None:
        with quarter.ledger() as ledger:
            first = next((one for one in ledger.intents.due(quarter.sim.now) if one.target == "teams"), None)
        if first is None or first.action == "escalation_card":
            return None
        quarter.teams.switches.on(fault, 1)
        return nullcontext()

    return mishap


def death_at(point: str) -> Mishap:
    """The delivering process dies at a named point on a weekend, where the first thing that it sends goes to the tenant.

    By day the hour after it would put it right, and no night would publish what was left.
    """

    def mishap(quarter: Quarter) -> AbstractContextManager[object] | None:
        if quarter.sim.now.weekday() < SATURDAY:
            return None
        with quarter.ledger() as ledger:
            first = [*ledger.intents.by_state("claimed"), *ledger.intents.due(quarter.sim.now)][:1]
        return _dying(point) if first and first[0].target == "halopsa" else None

    return mishap


@contextmanager
def _dying(fatal: str) -> Iterator[None]:
    def point(name: str) -> None:
        if name == fatal:
            raise Died

    with pytest.MonkeyPatch.context() as patch, suppress(Died):
        patch.setattr(delivering, "deliver", partial(deliver, point=point))
        yield


def taken_back(action: str) -> Mishap:
    """Somebody asks to take the latest write of an action back."""

    def mishap(quarter: Quarter) -> AbstractContextManager[object] | None:
        intents = quarter.intents()
        undone = {one.rollback_of for one in intents}
        done = [one for one in intents if one.action == action and one.state == "confirmed" and one.rollback_of is None]
        left = [one for one in done if one.intent_id not in undone and _is_as_written(quarter, one)]
        if not left:
            return None
        quarter.command("rollback", left[-1].intent_id, "--by", "Alice Archer", "--reason", "This one was a mistake", "--yes")
        return nullcontext()

    return mishap


def _is_as_written(quarter: Quarter, intent: Intent) -> bool:
    ticket = quarter.sim.edits.find("tickets", intent.handoff_id or 0) or {}
    return intent.action != "halo_blocking" or ticket.get("status_id") == cfg.STATUS_BLOCKED

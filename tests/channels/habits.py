"""What each action does to a tenant with a habit: all of them played on one tenant, each on a deal of its own, and what changed there.

A test module asks `played`; a habit is played once for all its tests. The one thing to know: every field of every record is compared, so a
change that nobody expects has nowhere to hide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from handoff_pipeline.channels.held_fields import FOLDER, HeldFields
from handoff_pipeline.channels.kill_switch import kill_switch, throw
from handoff_pipeline.channels.recover import LATE
from handoff_pipeline.governance.rollback import rollback
from handoff_pipeline.ledger.records_action import Intent
from handoff_pipeline.simulator import SimulatedHalo
from handoff_pipeline.simulator.configuration import STATUS_BLOCKED, STATUS_WON
from handoff_pipeline.simulator.overlay import key_names
from tests.channels.outbox import MANAGER, NOW, TENANT, Bench, an_intent, new_ledger, policy, settings, tenant

Habit = tuple[tuple[str, Any], ...]
"""Switches of the simulated HaloPSA with their values."""
SCORE: Final = "CFHandoffScore"
LEAD: Final = "service_delivery_lead"
ACTIONS: Final = ("halo_note", "halo_status", "halo_blocking", "approval_request", "halo_score_fields", "rollback")
RESOURCES: Final = ("tickets", "quotations", "orders", "actions", "approvals", "appointments", "clients", "sites", "agents", "fields",
                    "milestones", "budgets", "invoices", "contracts", "timesheets", "attachments", "statuses", "teams")  # fmt: skip
STAMPS: Final = frozenset({"last_update", "lastactiondate"})
"""Of a ticket: they move with every change."""
EFFECT: Final[Mapping[str, frozenset[str]]] = {
    "halo_note": frozenset({"+actions"}),
    "halo_status": frozenset({"tickets.status_id", "tickets.status_name"}),
    "halo_blocking": frozenset({"+actions", "tickets.status_id", "tickets.status_name"}),
    "approval_request": frozenset({"+approvals"}),
    "halo_score_fields": frozenset({f"tickets.customfields.{SCORE}"}),
    # The field is back to nothing, as it was, but stands there now; and a note says so.
    "rollback": frozenset({"+actions", f"tickets.customfields.{SCORE}"}),
}
"""Action -> all that changes on its deal, once each."""


@cache
def deals() -> Mapping[str, int]:
    """Action -> the won deal that it is played on."""
    won = [row["id"] for row in tenant().snapshot().tickets if row.get("is_opportunity") and row["status_id"] == STATUS_WON]
    return dict(zip(ACTIONS, won, strict=False))


@dataclass
class Played:
    """What came of a habit: by action the intents in their last state, by deal what changed, and whether all writes were stopped."""

    intents: dict[str, list[Intent]] = field(default_factory=dict)
    changes: dict[int, list[str]] = field(default_factory=dict)
    is_stopped: bool = False

    def states(self, action: str) -> list[str]:
        return [intent.state for intent in self.intents[action]]

    def words(self, action: str) -> str:
        return " ".join(intent.detail or "" for intent in self.intents[action])

    def effect(self, action: str) -> list[str]:
        return self.changes.get(deals()[action], [])


def records(sim: SimulatedHalo) -> dict[tuple[str, tuple[Any, ...]], dict[str, Any]]:
    """Every record of the tenant by resource and key; a ticket's custom fields one by one."""
    snapshot = sim.snapshot()
    found = {}
    for resource in RESOURCES:
        for row in getattr(snapshot, resource):
            flat = {name: value for name, value in row.items() if not (resource == "tickets" and name in STAMPS | {"customfields"})}
            shown = row.get("customfields") or []
            flat |= {f"customfields.{item['name']}": (item.get("value"), item.get("display")) for item in shown}
            found[resource, tuple(row.get(name) for name in key_names(resource))] = flat
    return found


def changed(before: Mapping[Any, Mapping[str, Any]], after: Mapping[Any, Mapping[str, Any]]) -> dict[int, list[str]]:
    """Deal -> what is new, gone or other on it; what concerns no deal stands under the record's own id."""
    found: dict[int, list[str]] = {}
    for key in {**before, **after}:
        resource, number = key
        was, now = before.get(key), after.get(key)
        owner = (now or was or {}).get("ticket_id") or number[0]
        if was is None or now is None:
            found.setdefault(owner, []).append(f"{'+' if was is None else '-'}{resource}")
            continue
        names = sorted(name for name in {*was, *now} if was.get(name) != now.get(name))
        found.setdefault(owner, []).extend(f"{resource}.{name}" for name in names)
    return {owner: sorted(names) for owner, names in found.items() if names}


def proposals() -> dict[str, Intent]:
    """One intent of each action that is not planned from another; the fields last, so that what they break holds up nothing."""
    deal = deals()
    status = {"status_id": STATUS_BLOCKED}
    words = {"note": "Signed scope is missing."}
    was = {"precondition": {"status_id": STATUS_WON}, "action_class": "one_approver"}
    block = an_intent("block", "halo_blocking", {"ticket_id": deal["halo_blocking"], **words, **status}, **was)
    asked = {"approver_id": 5, "subject_id": block.intent_id, "content_hash": block.content_hash, "shown": block.shown}
    fields = {"fields": {SCORE: "85"}}
    late = {"precondition": {SCORE: None}, "proposed_at": NOW - timedelta(minutes=50)}
    return {
        "halo_note": an_intent("note", "halo_note", {"ticket_id": deal["halo_note"], **words}),
        "halo_status": an_intent("status", "halo_status", {"ticket_id": deal["halo_status"], **status}, **was),
        "halo_blocking": block,
        "approval_request": an_intent("ask", "approval_request", {"ticket_id": deal["approval_request"], **asked}),
        "halo_score_fields": an_intent("score", "halo_score_fields", {"ticket_id": deal["halo_score_fields"], **fields}, **late),
        "rollback": an_intent("undone", "halo_score_fields", {"ticket_id": deal["rollback"], **fields}, **late),
    }


@cache
def played(habit: Habit, *, sends_all_fields: bool = False) -> Played:
    """Every action under one habit, in two runs, the second when nothing can be under way any more."""
    result = Played()
    with TemporaryDirectory() as folder, new_ledger(Path(folder)) as ledger:
        home = settings(home=Path(folder))
        held = HeldFields(Path(folder) / FOLDER, lambda reason: throw(home, "handoff", reason, NOW))
        bench = Bench(ledger, tenant(**dict(habit)), held=held, sends_all_fields=sends_all_fields)
        before, is_thrown = records(bench.sim), kill_switch(home)
        first = proposals()
        bench.hold(MANAGER, LEAD)
        bench.hold(MANAGER, "project_manager")
        bench.propose(*first.values())
        bench.approved_by(first["halo_status"])
        bench.approved_by(first["halo_blocking"], role=LEAD)
        result.intents = {action: [intent] for action, intent in first.items()}
        bench.run(kill_switch=is_thrown)
        undone = bench.now(first["rollback"])
        if undone.state == "confirmed":
            back = [replace(one, proposed_at=NOW) for one in rollback(undone, TENANT, policy(), 17, "agreed with sales", NOW)]
            bench.propose(*back)
            result.intents["rollback"] += back
        bench.clock.pass_by(LATE.total_seconds())
        bench.run(kill_switch=is_thrown)
        result.intents = {action: [bench.now(one) for one in intents] for action, intents in result.intents.items()}
        result.changes = changed(before, records(bench.sim))
        result.is_stopped = is_thrown()
    return result

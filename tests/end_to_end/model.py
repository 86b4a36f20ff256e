"""What a tiny tenant shows at every moment, the edits that change it, and what raw may hold after a night that read it meanwhile.

Which edits come when is the machine's choice (test_tenant_machine.py). The one thing to know: the judge knows only what could be seen at
which moment; it knows nothing of pages, cursors or sweeps, so it cannot share their mistakes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Literal

import orjson

from handoff_pipeline.simulator import SimulatedHalo, Truth, build_world
from handoff_pipeline.simulator import configuration as cfg

Key = str
Version = tuple[Any, ...]
Shown = dict[str, dict[Key, Version]]
OpKind = Literal["create", "change", "retype", "delete", "restore", "reuse", "hide", "show"]

TYPES = (cfg.OPPORTUNITY, cfg.PROJECT, cfg.TASK, cfg.CHANGE)
SHOWN_BY = {
    "opportunity": ("opportunities", ("id",), ("summary", "status_id")),
    "project": ("projects", ("id",), ("summary", "status_id", "tickettype_id")),
    "change_request": ("tickets", ("id",), ("summary", "status_id")),
    "quotation": ("quotations", ("id",), ("title", "status")),
    "sales_order": ("orders", ("id",), ("title", "status")),
    "approval": ("approvals", ("ticket_id", "seq"), ("result", "note")),
    "appointment": ("appointments", ("id",), ("subject",)),
    "client": ("clients", ("id",), ("name",)),
}
"""Entity to the simulator's resource, its key, and the fields that tell its versions apart."""
EDITED = {"tickets": "summary", "quotations": "title", "orders": "title", "approvals": "note", "appointments": "subject", "clients": "name"}
"""Resource to the text that an edit writes."""
MOMENT = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)


@cache
def tiny_world() -> Truth:
    """A tenant of some thirty tickets that nothing happens to by itself: its year ended before the first night."""
    truth = build_world(seed=5, deals=3, until=date(2026, 6, 30))
    owners = {deal.client_id for deal in truth.deals} | {project.client_id for project in truth.projects}
    owners |= {change.client_id for change in truth.changes}
    clients = tuple(each for each in truth.clients if each.client_id in owners)
    return replace(truth, clients=clients, contracts=(), invoices=())


def shown(sim: SimulatedHalo) -> Shown:
    """What the agent can see now: entity, key, version."""
    snapshot = sim.snapshot()
    return {
        entity: {
            ":".join(str(row[name]) for name in key): tuple(row.get(name) for name in fields)
            for row in getattr(snapshot, resource)
            if entity != "change_request" or row["tickettype_id"] == cfg.CHANGE
        }
        for entity, (resource, key, fields) in SHOWN_BY.items()
    }


def version_in(entity: str, payload: str) -> Version:
    """The version that a raw row holds."""
    row = orjson.loads(payload)
    return tuple(row.get(name) for name in SHOWN_BY[entity][2])


@dataclass(frozen=True)
class Op:
    """One edit of the tenant. `pick` chooses the row, `number` what it becomes."""

    kind: OpKind
    resource: str
    pick: int
    number: int

    def apply(self, sim: SimulatedHalo, text: str) -> str:
        """Do it at the simulator's moment, writing `text`; what was done, in words; empty where there was nothing to do it to."""
        resource = "tickets" if self.kind in {"retype", "reuse", "hide"} else self.resource
        if self.kind == "create":
            return f"create {resource} {sim.edits.create(resource, self._fields(sim, text))}"
        if self.kind == "show":
            sim.quirks = replace(sim.quirks, hidden_ticket_ids=frozenset(), hidden_client_ids=frozenset())
            return "show everything again"
        rows = getattr(sim.snapshot(), resource)
        if self.kind in {"restore", "reuse"}:
            gone = sorted({edit.key for edit in sim.edits.log if edit.resource == resource and sim.edits.deletes(resource, edit.key)})
            return self._revive(sim, resource, gone[self.pick % len(gone)], text) if gone else ""
        names = SHOWN_BY["approval"][1] if resource == "approvals" else ("id",)
        keys = sorted(tuple(row[name] for name in names) for row in rows)
        if not keys:
            return ""
        key = keys[self.pick % len(keys)]
        if self.kind == "hide":
            return self._hide(sim, key[0])
        if self.kind == "delete":
            sim.edits.delete(resource, key)
        elif self.kind == "retype":
            sim.edits.change(resource, key, {"tickettype_id": TYPES[self.number % len(TYPES)]})
        else:
            sim.edits.change(resource, key, {EDITED[resource]: text})
        return f"{self.kind} {resource} {key}"

    def _fields(self, sim: SimulatedHalo, text: str) -> dict[str, Any]:
        tickets = sim.snapshot().tickets
        owner = tickets[self.number % len(tickets)] if tickets else {"id": 0, "client_id": 1}
        if self.resource == "tickets":
            return {"summary": text, "tickettype_id": TYPES[self.number % len(TYPES)], "client_id": owner["client_id"]}
        own = {} if self.resource == "clients" else {"ticket_id": owner["id"]}
        return {EDITED[self.resource]: text, **own}

    def _revive(self, sim: SimulatedHalo, resource: str, key: tuple[Any, ...], text: str) -> str:
        if self.kind == "restore":
            sim.edits.restore(resource, key)
        else:
            sim.edits.create(resource, {"id": key[0], "summary": text, "tickettype_id": TYPES[self.number % len(TYPES)], "client_id": 1})
        return f"{self.kind} {resource} {key}"

    def _hide(self, sim: SimulatedHalo, ticket: int) -> str:
        if self.number % 4 == 0:
            client = next(row["client_id"] for row in sim.snapshot().tickets if row["id"] == ticket)
            sim.quirks = replace(sim.quirks, hidden_client_ids=sim.quirks.hidden_client_ids | {client})
            return f"hide client {client}"
        sim.quirks = replace(sim.quirks, hidden_ticket_ids=sim.quirks.hidden_ticket_ids | {ticket})
        return f"hide ticket {ticket}"


@dataclass(frozen=True)
class Held:
    """What raw holds: the living rows of each entity, and the keys that the last sweep lacked."""

    living: Shown
    doubted: Mapping[str, frozenset[Key]]


@dataclass(frozen=True)
class Outcome:
    """What a night says of one entity: its state, whether its rows may be landed one by one, and whether it was seen whole."""

    state: str
    may_land: bool
    is_swept: bool


@dataclass
class Judge:
    """Holds raw to what was shown, night by night.

    `seen_whole` are the keys that were shown throughout the last complete look, `always` those that were shown ever since; `absences`
    counts the complete looks in a row that could not see a key.
    """

    seen_whole: dict[str, frozenset[Key]] = field(default_factory=dict)
    always: dict[str, frozenset[Key]] = field(default_factory=dict)
    absences: dict[str, Counter[Key]] = field(default_factory=dict)

    def saw(self, shows: Shown) -> None:
        """Something was changed between nights."""
        for entity, rows in shows.items():
            self.always[entity] = self.always.get(entity, frozenset(rows)) & rows.keys()

    def faults(self, entity: str, outcome: Outcome, before: Held, after: Held, during: list[dict[Key, Version]]) -> list[str]:
        """What raw holds and may not, after a night during which `during` was shown in turn, first and last moment included."""
        old, new = before.living.get(entity, {}), after.living.get(entity, {})
        constant = frozenset.intersection(*(frozenset(rows) for rows in during))
        ever = frozenset().union(*during)
        versions = {key: {rows[key] for rows in during if key in rows} for key in ever}
        found: list[str] = []
        if outcome.state != "complete" and not outcome.may_land:
            found += [f"{key} changed although nothing may be landed" for key in sorted(old.keys() ^ new.keys())]
            changed = (key for key in sorted(old.keys() & new.keys()) if old[key] != new[key])
            found += [f"{key} has another version although nothing may be landed" for key in changed]
        else:
            found += self._wrong(entity, outcome, old, new, versions, constant, after.doubted.get(entity, frozenset()))
            found += self._lost(entity, outcome, old, new, constant)
        self._remember(entity, outcome, ever, constant)
        if outcome.state == "complete":
            found += [f"{key} lives on after two complete looks without it" for key in new if self.absences[entity][key] > 1]
        return found

    def _wrong(
        self,
        entity: str,
        outcome: Outcome,
        old: Mapping[Key, Version],
        new: Mapping[Key, Version],
        versions: Mapping[Key, set[Version]],
        constant: Collection[Key],
        doubted: Collection[Key],
    ) -> list[str]:
        found = []
        for key, version in sorted(new.items()):
            if version in versions.get(key, ()):
                continue
            is_kept = old.get(key) == version
            if outcome.state != "complete" and is_kept:
                continue
            if is_kept and not outcome.is_swept and key not in self.always.get(entity, ()):
                continue
            if is_kept and key not in constant and (key in doubted or key in versions):
                continue
            found.append(f"{key} is {version}, and was shown as {sorted(map(str, versions.get(key, ()))) or 'nothing'}")
        return found

    def _lost(
        self, entity: str, outcome: Outcome, old: Mapping[Key, Version], new: Mapping[Key, Version], constant: Collection[Key]
    ) -> list[str]:
        buried = old.keys() - new.keys()
        found = [f"{key} was buried although it was shown all the time" for key in sorted(buried & set(constant))]
        found += [f"{key} was buried after one look" for key in sorted(buried & self.seen_whole.get(entity, frozenset()))]
        if outcome.state != "complete":
            return found + [f"{key} was buried in a night that is not complete" for key in sorted(buried)]
        must = set(constant) if outcome.is_swept else set(constant) & self.always.get(entity, frozenset())
        return found + [f"{key} is missing although it was shown all the time" for key in sorted(must - new.keys() - buried)]

    def _remember(self, entity: str, outcome: Outcome, ever: frozenset[Key], constant: frozenset[Key]) -> None:
        absences = self.absences.setdefault(entity, Counter())
        for key in ever:
            absences[key] = 0
        if not outcome.is_swept or outcome.state not in {"complete", "quarantined"}:
            self.always[entity] = self.always.get(entity, frozenset()) & constant
            return
        self.always[entity] = self.seen_whole[entity] = constant
        if outcome.state == "complete":
            absences.update(absences.keys() - ever)

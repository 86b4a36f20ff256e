"""A tenant that is worked on between and during pulls: after every night raw equals it as of a cut within the pull, or says why not.

What may be edited and what raw may hold is model.py's. Nights here are plan, pull and landing: what is made of raw has proofs of its own.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from handoff_pipeline.clock import SystemClock
from handoff_pipeline.halo import PullReport
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.simulator import Fault, Happening, SimulatedHalo
from handoff_pipeline.simulator.schedule import FaultKind
from handoff_pipeline.warehouse import Connection, LandResult, frames, versions
from tests.end_to_end.bare_night import Installation
from tests.end_to_end.in_process import Moments
from tests.end_to_end.model import EDITED, MOMENT, SHOWN_BY, Held, Judge, Op, OpKind, Outcome, Shown, shown, tiny_world, version_in

CHECKOUT = Path(__file__).resolve().parents[2]
MODELLED = (*SHOWN_BY, "ticket_detail")
LONGEST_HEALING = 5
"""Nights until all is well again: two sweeps to bury, one after an acceptance, one to resume, one that is quiet."""


@dataclass(frozen=True)
class Trouble:
    """What goes wrong during one night; `happens` are edits by how many requests after its beginning they come."""

    happens: tuple[tuple[int, Op], ...] = ()
    faults: tuple[tuple[int, FaultKind], ...] = ()
    page_cap: int = 4
    token_life_seconds: int = 3600
    rate_limit_requests: int = 300
    is_retry_after_sent: bool = False
    request_budget: int = 0
    sweep_days: int = 1
    ignored: frozenset[str] = frozenset()


def ops(*kinds: str) -> st.SearchStrategy[Op]:
    resources = ["tickets", "tickets", "tickets", *EDITED]
    return st.builds(Op, st.sampled_from(kinds), st.sampled_from(resources), st.integers(0, 40), st.integers(0, 7))


ANY_OP = ops("create", "change", "change", "retype", "delete", "delete", "restore", "reuse", "hide", "show")
PASSING: tuple[FaultKind, ...] = (
    "server_error_500",
    "html_502",
    "unavailable_503",
    "truncated_json",
    "unauthorized_once",
    "cut_body",
    "rate_limited_429",
)
TROUBLES = st.builds(
    Trouble,
    happens=st.lists(st.tuples(st.integers(1, 60), ANY_OP), max_size=5).map(tuple),
    faults=st.lists(st.tuples(st.integers(1, 60), st.sampled_from(PASSING)), max_size=2).map(tuple),
    page_cap=st.sampled_from([3, 4, 5]),
    token_life_seconds=st.sampled_from([3600, 3600, 2]),
    rate_limit_requests=st.sampled_from([300, 300, 25]),
    is_retry_after_sent=st.booleans(),
    request_budget=st.sampled_from([0, 0, 0, 30, 45]),
    sweep_days=st.sampled_from([1, 1, 1, 3]),
    ignored=st.frozensets(st.sampled_from(["deleted", "ticketids", "lastupdatefromdate", "ids"]), max_size=2),
)


class Tenancy(RuleBasedStateMachine):
    """One tenant, one home, and nights."""

    @initialize()
    def begin(self) -> None:
        memory = Path("/dev/shm")  # noqa: S108 - a folder of its own in it
        self.root = Path(tempfile.mkdtemp(prefix="tenancy-", dir=memory if os.access(memory, os.W_OK) else None))
        self.clock = Moments(MOMENT)
        self.sim = SimulatedHalo(tiny_world(), MOMENT, clock=self.clock)
        self.held, self.judge, self.history, self.texts = Held({}, {}), Judge(), ["begin"], 0
        self._night(Trouble())

    @rule(edits=st.lists(ANY_OP, max_size=6), trouble=TROUBLES)
    def day_and_night(self, edits: list[Op], trouble: Trouble) -> None:
        for op in edits:
            self.edit(op)
        self._night(trouble)

    @rule(op=ANY_OP)
    def edit(self, op: Op) -> None:
        self._apply(op, "by day")
        self.judge.saw(shown(self.sim))

    @rule()
    def accept(self) -> None:
        with Ledger.open(self._installation(Trouble()).home.ledger_file) as ledger:
            for aside in ledger.quarantine.standing():
                ledger.quarantine.accept(aside.finding, "as it should be", "the machine", SystemClock().now())
                self.history.append(f"accept {aside.finding.entity}: {aside.finding.said}")

    @rule(trouble=TROUBLES)
    def night(self, trouble: Trouble) -> None:
        self._night(trouble)

    def _night(self, trouble: Trouble) -> dict[str, Outcome]:
        self.sim.advance(days=1)
        self.history.append(f"night {self.sim.now:%m-%d} {trouble}")
        during = [shown(self.sim)]
        start = self.sim.request_clock.seen["*"]
        self.sim.quirks = replace(
            self.sim.quirks,
            nul_in_text=False,
            page_cap=trouble.page_cap,
            token_life_seconds=trouble.token_life_seconds,
            rate_limit_requests=trouble.rate_limit_requests,
            retry_after=trouble.is_retry_after_sent,
            faults=tuple(Fault("*", start + after, kind) for after, kind in trouble.faults),
        )
        self.sim.happenings = [Happening("*", start + after, partial(self._happen, during, op)) for after, op in trouble.happens]
        pulled, landed, held = self._installation(trouble).pull_and_land(read_raw)
        self.clock.seconds += 1000
        during.append(shown(self.sim))
        outcomes = {entity: _outcome(entity, pulled, landed) for entity in SHOWN_BY}
        self.history += [
            f"    {entity} {outcome.state}{' (swept)' if outcome.is_swept else ''}: {landed.entities[entity].detail}"
            for entity, outcome in outcomes.items()
            if outcome.state != "complete" or not outcome.is_swept
        ]
        before, self.held = self.held, held
        faults = [
            f"{entity}: {fault}"
            for entity, outcome in outcomes.items()
            for fault in self.judge.faults(entity, outcome, before, held, [each[entity] for each in during])
        ]
        assert not faults, "\n".join([*faults, "", *self.history])
        return outcomes

    def teardown(self) -> None:
        """All goes quiet: within a few nights everything is complete, and raw equals the tenant to the row."""
        if not hasattr(self, "root"):
            return
        try:
            self._heal()
        finally:
            shutil.rmtree(self.root)

    def _heal(self) -> None:
        self.edit(Op("show", "tickets", 0, 0))
        outcomes: dict[str, Outcome] = {}
        for _ in range(LONGEST_HEALING):
            outcomes = self._night(Trouble())
            self.accept()
        now = shown(self.sim)
        lacking = {entity: outcome.state for entity, outcome in outcomes.items() if outcome.state != "complete"}
        assert not lacking, "\n".join([f"after {LONGEST_HEALING} quiet nights: {lacking}", "", *self.history])
        different = {entity: self.held.living[entity].items() ^ now[entity].items() for entity in now}
        assert not any(different.values()), "\n".join([f"quiet, and not equal: {different}", "", *self.history])

    def _installation(self, trouble: Trouble) -> Installation:
        overrides = {
            "history_start": MOMENT.date() - timedelta(days=7),
            "request_budget": trouble.request_budget,
            "sweep_days": trouble.sweep_days,
            "drop_limit_rows": 2,
            "threads": 1,
        }
        ignored = trouble.ignored - {"ids"} | ({"idonly", "ticketidonly"} if "ids" in trouble.ignored else set())
        return Installation(self.root, CHECKOUT / "handoff.yaml", self.sim, self.clock, overrides, ignored, MODELLED)

    def _happen(self, during: list[Shown], op: Op, _sim: SimulatedHalo) -> None:
        self._apply(op, f"at request {self.sim.request_clock.seen['*']}")
        during.append(shown(self.sim))

    def _apply(self, op: Op, when: str) -> None:
        # Two edits never share a second: HaloPSA's last update has no finer grain.
        self.sim.advance(days=0, hours=2 / 3600)
        self.texts += 1
        done = op.apply(self.sim, f"text {self.texts}")
        if done:
            self.history.append(f"  {when}: {done} (text {self.texts})")


def read_raw(conn: Connection) -> Held:
    """The living rows of raw, and who was missing at the last sweep."""
    living = {
        entity: {key: version_in(entity, payload) for key, payload in frames.read(conn, versions.living(entity, "r.payload")).iter_rows()}
        for entity in SHOWN_BY
    }
    missing = frames.read(conn, "select m.entity, m.row_key from raw.missing as m").rows()
    return Held(living, {entity: frozenset(key for owner, key in missing if owner == entity) for entity in SHOWN_BY})


def _outcome(entity: str, pulled: PullReport, landed: LandResult) -> Outcome:
    report = pulled.entities[entity]
    return Outcome(landed.entities[entity].state, report.may_land, report.is_full or report.present is not None)


def _run(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Tenancy,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )


@pytest.mark.timeout(300)
def test_raw_equals_the_tenant_as_of_a_cut_within_the_pull_or_says_why_not() -> None:
    _run(examples=2, steps=5)


@pytest.mark.campaign
@pytest.mark.timeout(1800)
def test_raw_equals_the_tenant_through_many_nights() -> None:
    _run(examples=25, steps=10)


@pytest.mark.timeout(300)
def test_a_busy_week_is_told_as_it_was() -> None:
    """What a few drawn examples may miss: every night has edits by day, edits during its pull and something that goes wrong."""
    dice = Random(11)  # noqa: S311

    def op() -> Op:
        kind: OpKind = dice.choice(["create", "change", "change", "retype", "delete", "restore", "reuse", "hide", "show"])
        return Op(kind, dice.choice(["tickets", "tickets", *EDITED]), dice.randrange(40), dice.randrange(8))

    week = Tenancy()
    week.begin()
    try:
        for _ in range(7):
            for _ in range(3):
                week.edit(op())
            happens = tuple((dice.randint(1, 50), op()) for _ in range(3))
            week.night(Trouble(happens, ((dice.randint(1, 40), dice.choice(PASSING)),), page_cap=dice.choice([3, 5])))
    finally:
        week.teardown()

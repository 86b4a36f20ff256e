"""An outbox to deliver from in tests: the real ledger on SQLite, the simulated HaloPSA behind the real writer, and a far side to script.

A `Bench` is one installation: runs come one after the other on it, and its clock goes on only when a test says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import httpx
from pydantic import SecretStr

from handoff_pipeline.channels.caps import Caps
from handoff_pipeline.channels.consent import Rules
from handoff_pipeline.channels.deliver import deliver
from handoff_pipeline.channels.delivered import Delivered
from handoff_pipeline.channels.gateway import Found, Gateway, PlannedRequest, Sent
from handoff_pipeline.channels.halo_gateway import HaloGateway
from handoff_pipeline.channels.halo_writes import HaloForms
from handoff_pipeline.channels.held_fields import HeldFields
from handoff_pipeline.channels.points import passing
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.halo import writing
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.ledger.canonical import canonical, intent_id_of, sha256_of
from handoff_pipeline.ledger.records_action import ApprovalRequest, Intent, RoleHeld
from handoff_pipeline.policy import Policy, load_policy
from handoff_pipeline.settings import Settings
from handoff_pipeline.simulator import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Fault, Quirks, SimulatedHalo, Truth, build_world
from handoff_pipeline.simulator.access import WRITER_CLIENT_ID, WRITER_CLIENT_SECRET
from handoff_pipeline.simulator.acting_setup import set_up
from handoff_pipeline.simulator.configuration import STATUS_WON
from tests.halo.fake import InstantClock

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TENANT = "demo"
SELLER, MANAGER, MONEY = 501, 502, 503
"""Agents of the ledger alone: they hold roles, and no record of HaloPSA names them."""
POLICY_FILE = Path(__file__).resolve().parents[2] / "handoff.yaml"


DiesInCall = Literal["before_arrival", "after_arrival"]


class Killed(BaseException):
    """The process dies here: nothing of the product may catch it."""


@cache
def policy() -> Policy:
    return load_policy(POLICY_FILE)


@cache
def _truth() -> Truth:
    return build_world(seed=11, deals=24)


@cache
def _empty_ledger() -> bytes:
    """A SQLite file with every migration run, once for all tests of a process."""
    with TemporaryDirectory() as folder:
        Ledger.open(Path(folder) / "ledger.sqlite").close()
        return (Path(folder) / "ledger.sqlite").read_bytes()


def new_ledger(folder: Path) -> Ledger:
    """The real ledger on SQLite, empty."""
    where = folder / "ledger.sqlite"
    where.write_bytes(_empty_ledger())
    return Ledger.open(where)


def rules(**changes: Any) -> Rules:
    """The example policy's rules, in a phase that acts for all handoffs."""
    return replace(Rules.of(policy()), **{"phase": "operate", "caps": Caps(200, Decimal(1_000_000)), **changes})


def tenant(*faults: Fault, **quirks: Any) -> SimulatedHalo:
    sim = SimulatedHalo(_truth(), NOW, Quirks(faults=faults, rate_limit=False, **quirks))
    set_up(sim)
    return sim


def settings(**overrides: Any) -> Settings:
    values: dict[str, Any] = {
        "halo_url": "http://127.0.0.1:8000",
        "halo_client_id": DEMO_CLIENT_ID,
        "halo_client_secret": SecretStr(DEMO_CLIENT_SECRET),
        "halo_writer_client_id": WRITER_CLIENT_ID,
        "halo_writer_client_secret": SecretStr(WRITER_CLIENT_SECRET),
        "halo_writer_scope": "edit:tickets edit:projects",
    }
    return Settings(_env_file=None, **(values | overrides))


@cache
def won_deal() -> int:
    """The id of an opportunity that is won when the tests begin, whatever they make of it."""
    rows = tenant().snapshot().tickets
    return int(next(row["id"] for row in rows if row.get("is_opportunity") and row["status_id"] == STATUS_WON))


def an_intent(key: str, action: str, content: Mapping[str, Any], **changes: Any) -> Intent:
    """A proposal as governance makes it."""
    of_content, seen = canonical(content), canonical(changes.pop("precondition", {}))
    values: dict[str, Any] = {
        "intent_id": intent_id_of(TENANT, key),
        "dedupe_key": key,
        "target": "teams" if action.endswith("_card") else "halopsa",
        "action": action,
        "action_class": "automatic",
        "handoff_id": 1,
        "project_id": None,
        "requested_by": 0,
        "content": of_content,
        "content_hash": sha256_of(of_content),
        "precondition": seen,
        "precondition_hash": sha256_of(seen),
        "shown": f"{action} [{sha256_of(of_content)[:16]}]",
        "amount_base": Decimal(1000),
        "proposed_at": NOW - timedelta(hours=1),
        "expires_at": NOW + timedelta(days=2),
    }
    return Intent(**(values | changes))


def a_card(key: str = "card", **changes: Any) -> Intent:
    return an_intent(key, "owner_card", {"card": "owner_card", "title": f"A hard gap ({key})", "to": SELLER}, **changes)


def an_approval(intent: Intent, approver: int = MANAGER, role: str = "project_manager", **changes: Any) -> ApprovalRequest:
    """An approval asked an hour ago."""
    values: dict[str, Any] = {
        "approval_id": f"{intent.intent_id}-{role}-{approver}",
        "kind": "intent",
        "subject_id": intent.intent_id,
        "handoff_id": intent.handoff_id,
        "project_id": None,
        "role": role,
        "approver_id": approver,
        "content_hash": intent.content_hash,
        "precondition_hash": intent.precondition_hash,
        "requested_at": NOW - timedelta(hours=1),
        "expires_at": NOW + timedelta(days=1),
    }
    return ApprovalRequest(**(values | changes))


@dataclass
class ScriptedCards:
    """A far side that cannot be read. `script` says what comes of each call in turn, then `accepted`; `shown` is what people see."""

    script: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    calls: int = 0
    retry_after: float | None = None
    name: str = "teams"
    is_readable: bool = False

    def plan(self, intent: Intent) -> PlannedRequest:
        return PlannedRequest("POST", "***", {}, intent.content)

    async def look(self, intent: Intent) -> Found:
        raise HandoffError(f"{intent.intent_id}: a card cannot be looked up")

    async def precondition(self, intent: Intent) -> Mapping[str, Any] | None:
        raise HandoffError(f"{intent.intent_id}: a card has no precondition")

    async def send(self, intent: Intent) -> Sent:
        self.calls += 1
        what = self.script.pop(0) if self.script else "accepted"
        if what in {"accepted", "lost_answer", "die_after"}:
            self.shown.append(intent.intent_id)
        if what in {"die_before", "die_after"}:
            raise Killed
        if what == "retry":
            return Sent("retry", None, "429", self.retry_after)
        if what in {"lost_answer", "lost_call"}:
            return Sent("uncertain", None, "no answer")
        return Sent("failed", None, "400") if what == "failed" else Sent("accepted", "run-1")


class Wire(httpx.ASGITransport):
    """The simulator without a socket; the process can die while a POST is under way, before or after HaloPSA has got it."""

    def __init__(self, sim: SimulatedHalo, dies: DiesInCall | None) -> None:
        super().__init__(sim.app, client=("127.0.0.1", 50000))
        self._dies = dies

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        is_write = request.method == "POST" and request.url.path.startswith("/api/")
        if is_write and self._dies == "before_arrival":
            raise Killed
        response = await super().handle_async_request(request)
        if is_write and self._dies == "after_arrival":
            raise Killed
        return response


@dataclass
class Bench:
    """One installation."""

    ledger: Ledger
    sim: SimulatedHalo = field(default_factory=tenant)
    cards: Gateway = field(default_factory=ScriptedCards)
    clock: InstantClock = field(default_factory=lambda: InstantClock(NOW))
    runs: int = 0
    dies_in_call: DiesInCall | None = None
    held: HeldFields = field(default_factory=HeldFields)
    sends_all_fields: bool = False
    note_outcome: str | None = None

    def propose(self, *intents: Intent, approve: bool = True) -> None:
        self.ledger.intents.propose(intents)
        for intent in intents if approve else ():
            self.ledger.intents.approve(intent.intent_id, NOW - timedelta(minutes=30))

    def hold(self, agent: int, role: str, until: datetime | None = None) -> None:
        self.ledger.people.give_role(RoleHeld(agent, role, NOW - timedelta(days=30), until, "by policy"))

    def approved_by(self, intent: Intent, approver: int = MANAGER, role: str = "project_manager", **changes: Any) -> ApprovalRequest:
        """An approval asked and accepted."""
        request = an_approval(intent, approver, role, **changes)
        self.ledger.approvals.ask(request)
        return self.ledger.approvals.decide(request.approval_id, "accepted", NOW - timedelta(minutes=40), identity=f"agent:{approver}")

    def run(
        self,
        *,
        rules: Rules | None = None,
        kill_switch: Callable[[], bool] = lambda: False,
        point: Callable[[str], None] = passing,
        without: str | None = None,
        still_held: Callable[[], None] = lambda: None,
    ) -> Delivered:
        """One run of the delivery; with a point that raises `Killed`, one that dies."""
        self.runs += 1
        run_id, by = f"run-{self.runs}", rules or _rules()

        async def play() -> Delivered:
            inner = Wire(self.sim, self.dies_in_call)
            async with writing(settings(), self.clock, inner) as writer:
                forms = replace(HaloForms.of(policy()), sends_all_fields=self.sends_all_fields)
                forms = replace(forms, note_outcome=self.note_outcome or forms.note_outcome)
                gateways: dict[str, Gateway] = {"halopsa": HaloGateway(writer, forms, self.held), "teams": self.cards}
                gateways.pop(without or "", None)
                return await deliver(self.ledger, gateways, by, self.clock, run_id, kill_switch, point, still_held=still_held)

        return asyncio.run(play())

    @property
    def scripted(self) -> ScriptedCards:
        assert isinstance(self.cards, ScriptedCards)
        return self.cards

    def now(self, intent: Intent) -> Intent:
        """The intent as the ledger has it now."""
        found = self.ledger.intents.get(intent.intent_id)
        assert found is not None
        return found

    def state(self, intent: Intent) -> str:
        return self.now(intent).state

    def detail(self, intent: Intent) -> str:
        return self.now(intent).detail or ""

    def writes(self) -> list[Any]:
        """Every POST that reached HaloPSA's API, decoded."""
        return [request.body for request in self.sim.requests if request.method == "POST" and request.path.startswith("/api/")]

    def notes(self, intent: Intent) -> list[dict[str, Any]]:
        """The notes of HaloPSA that carry the intent's marker."""
        return [row for row in self.sim.snapshot().actions if f"[handoff:{intent.intent_id}]" in str(row.get("note"))]

    def field_value(self, ticket: int, name: str) -> Any:
        row = next(row for row in self.sim.snapshot().tickets if row["id"] == ticket)
        return next((item.get("value") for item in row["customfields"] if item["name"] == name), None)

    def status_of(self, ticket: int) -> int:
        return int(next(row["status_id"] for row in self.sim.snapshot().tickets if row["id"] == ticket))


def _rules() -> Rules:
    return rules()


def dying_at(name: str, nth: int = 1) -> Callable[[str], None]:
    """A point that kills the run when it comes by `name` for the nth time."""
    passed = 0

    def point(at: str) -> None:
        nonlocal passed
        passed += at == name
        if at == name and passed == nth:
            raise Killed

    return point

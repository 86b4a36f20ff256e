"""A quarter in which people act: a tenant, its channel and an installation, played night by night and hour by hour in one mode.

What happens is the simulator's script and, besides it, what quarter_mishaps plants. A night is bare_night's with the decision that follows
it; the steps of the acting jobs are called as the jobs call them, without Dagster, over real HTTP. The one thing to know: the moments of
every reading, decision and delivery are written down here, so that the truth never has to ask the ledger when anything was done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from pydantic import SecretStr

from assets.acting import work
from handoff_pipeline.commands.main import execute
from handoff_pipeline.ledger import Intent, Ledger
from handoff_pipeline.simulator import WRITER_CLIENT_ID, WRITER_CLIENT_SECRET, Journal, Quirks, Script, SimulatedHalo, play, quiet_world
from handoff_pipeline.simulator import running as running_halo
from handoff_pipeline.simulator.script_acts import Act
from handoff_pipeline.simulator.teams import SimulatedTeams
from handoff_pipeline.simulator.teams_serve import running_teams
from handoff_pipeline.warehouse import read
from tests.end_to_end.bare_night import Installation, policy_of
from tests.end_to_end.in_process import Moments
from tests.end_to_end.quarter_mishaps import Mishap
from tests.end_to_end.quarter_published import PUBLISHED

Mode = Literal["shadow", "warn", "enforce"]
AUDIT_KEY = "a key of forty signs, for this test alone"
NIGHT = time(0, 30)
AFTER_NIGHT = timedelta(minutes=10)
"""When the sensors ask for their runs on what a night has published."""
FIELDS = {"score": "CFHandoffScore", "gap_count": "CFHandoffGaps", "signoff_state": "CFHandoffSignoff"}
WON = ["Closed Won", "Closed Won - Acknowledged", "Closed Won - Blocked", "Closed Won - Handed Over"]


def policy_for(mode: Mode, script: Script, checkout: Path, target: Path) -> Path:
    """The example policy with the words, statuses and fields of the script's tenant; in mode shadow in phase shadow, else in operate."""
    policy = yaml.safe_load((checkout / "handoff.yaml").read_text("utf-8"))
    if mode != "shadow":
        policy["rollout"] |= {"phase": "operate", "moved_by": "Laura Svensson", "moved_on": script.start}
    for item in policy["checklist"]["items"]:
        # In shadow the phase decides, whatever the items' modes.
        item["mode"] = "enforce" if mode == "shadow" else mode
    policy["won"]["statuses"] = WON
    policy["remediation"]["acknowledge"] |= {"statuses": ["Closed Won - Acknowledged"], "field": "CFHandoffAck"}
    policy["remediation"]["appeal"] |= {"field": "CFHandoffAppeal"}
    policy["write_back"] |= {"fields": FIELDS, "blocking_status": "Closed Won - Blocked"}
    target.write_text(yaml.safe_dump(policy, allow_unicode=True), "utf-8")
    return target


@dataclass
class Log:
    """What the driver did, and when: the moments of nights, of readings at HaloPSA, of decisions, of deliveries, and requests of people."""

    nights: list[datetime] = field(default_factory=list)
    read: list[datetime] = field(default_factory=list)
    decided: list[datetime] = field(default_factory=list)
    consented: list[datetime] = field(default_factory=list)
    delivered: list[tuple[datetime, int]] = field(default_factory=list)
    """With how many messages the channel had got by then."""
    overrides: list[tuple[Act, datetime]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


@dataclass
class Quarter:
    """One installation in one mode with its tenant and its channel."""

    mode: Mode
    script: Script
    made: Installation
    teams: SimulatedTeams
    journal: Journal = field(default_factory=Journal)
    log: Log = field(default_factory=Log)
    mishaps: list[tuple[datetime, Mishap]] = field(default_factory=list)
    """What is to go wrong, and from when on; each once, one a delivery."""
    published: dict[datetime, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    """Night to what it published of acting."""

    @property
    def sim(self) -> SimulatedHalo:
        """The tenant."""
        return self.made.sim

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The outbox, to steer by and to look at; no truth is made of it."""
        with Ledger.open(self.made.home.ledger_file) as ledger:
            yield ledger

    def intents(self) -> list[Intent]:
        """The outbox as it stands."""
        with self.ledger() as ledger:
            return ledger.intents.all()

    def reach(self, moment: datetime) -> None:
        """Let people act up to a moment; whoever asks for an exception says so to the command line as well."""
        while True:
            due = (act for act in self.script.acts[len(self.journal.done) :] if act.kind == "ask_override" and act.at <= moment)
            act = next(due, None)
            if act is None:
                break
            play(self.sim, self.script, act.at, self.journal)
            self._ask_override(act)
        play(self.sim, self.script, moment, self.journal)

    def _ask_override(self, act: Act) -> None:
        self.command(
            "override", "request", f"{act.deal_id}:{act.item}", "--by", str(act.agent_id), "--until", f"{act.until}",
            "--reason", act.reason, "--instead", act.control, "--yes",
        )  # fmt: skip
        self.log.overrides.append((act, self.sim.now))

    def command(self, *arguments: str) -> None:
        """A person's command, at the tenant's moment."""
        settings = self.made.settings
        with pytest.MonkeyPatch.context() as patch:
            for name in ("home", "policy_file", "halo_url", "halo_tenant", "web_url"):
                patch.setenv(f"HANDOFF_{name.upper()}", str(getattr(settings, name)))
            patch.setenv("HANDOFF_AS_OF", self.sim.now.isoformat())
            patch.setenv("HANDOFF_AUDIT_KEY", AUDIT_KEY)
            code = execute(list(arguments))
        if code:
            raise ValueError(f"`handoff {' '.join(arguments)}` ended with {code}")

    def night(self, moment: datetime) -> None:
        """A night, its decision, and the runs that the sensors ask for on what it published."""
        self.reach(moment)
        night = self.made.night()
        if night.manifest.state != "complete":
            raise ValueError(f"the night of {moment} is {night.manifest.state}: {night.manifest.stale}")
        self.log.nights.append(moment)
        self.log.decided.append(moment)
        self.run(work.decide)
        self.published[moment] = {name: read.query(self.made.home, sql).to_dicts() for name, sql in PUBLISHED.items()}
        later = moment + AFTER_NIGHT
        self.reach(later)
        self.log.read.append(later)
        self.log.decided.append(later)
        self.run(work.work_on_gaps, lambda at, _told: work.remediated(at))
        self._deliver()

    def hour(self, moment: datetime) -> None:
        """One hour, as the job `hourly` does it; in shadow only what the sensors ask for: there is no hourly round."""
        self.reach(moment)
        self.log.consented.append(moment)
        if self.mode == "shadow":
            self.run(work.approve)
        else:
            self.log.read.append(moment)
            self.log.decided.append(moment)
            self.run(work.approve, work.work_on_gaps)
        self._deliver()

    def _deliver(self) -> None:
        """The job `deliver`, in whatever goes wrong now."""
        now = self.sim.now
        context: AbstractContextManager[object] = nullcontext()
        for armed in [(since, mishap) for since, mishap in self.mishaps if since <= now]:
            fits = armed[1](self)
            if fits is not None:
                self.mishaps.remove(armed)
                context = fits
                break
        with context:
            self.run(work.deliver)
        self.log.delivered.append((now, len(self.teams.posts)))

    def run(self, *parts: Callable[[work.Installation, work.Told], object]) -> None:
        """Steps of a job on one open ledger."""
        told = work.Told()
        with work.installation(self.made.settings, f"job-{self.sim.now:%m%d%H%M}") as at:
            for part in parts:
                part(at, told)
        self.log.troubles += [f"{self.sim.now}: {said}" for said in told.said]


@contextmanager
def installed(mode: Mode, script: Script, checkout: Path, folder: Path) -> Iterator[Quarter]:
    """The installation before its first night; an audit key is set while it is open."""
    clock = Moments(script.opens_at)
    sim, teams = SimulatedHalo(quiet_world(), script.opens_at, Quirks(rate_limit=False), clock), SimulatedTeams()
    policy = policy_for(mode, script, checkout, folder / "handoff.yaml")
    with pytest.MonkeyPatch.context() as patch, running_halo(sim) as url, running_teams(teams) as webhook:
        patch.setenv("HANDOFF_AUDIT_KEY", AUDIT_KEY)
        # The policy stays the same, and reading it is half of what an hour costs.
        patch.setattr(work, "load_policy", policy_of)
        further = {
            "halo_url": url, "halo_writer_client_id": WRITER_CLIENT_ID, "halo_writer_client_secret": SecretStr(WRITER_CLIENT_SECRET),
            "teams_webhook": SecretStr(webhook), "teams_allow_loopback": True,
        }  # fmt: skip
        yield Quarter(mode, script, Installation(folder / "home", policy, sim, clock, further), teams)


def days_of(first: date, nights: int) -> Iterator[date]:
    """The days of the span, weekends too."""
    yield from (first + timedelta(days=number) for number in range(nights))


def at(day: date, moment: time) -> datetime:
    """A moment of a day, UTC."""
    return datetime.combine(day, moment, tzinfo=UTC)

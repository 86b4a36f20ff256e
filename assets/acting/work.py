"""The work of one run: read answers, decide, ask, deliver; each a function of an installation, so that jobs and tests call the same.

Which job does what is `jobs`'. The one thing to know: every part may be left out or come twice; a run that dies between two of them leaves
nothing that the next run does not put right.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from assets.acting import answers, consents, duties, overrides
from assets.acting.consents import Consented
from assets.acting.deciding import Decided, connected, has_teams, head_to_keep, is_hourly, propose, put, state_of, take_back
from assets.acting.delivering import drain
from assets.acting.freshness import last_success, why_not
from assets.acting.published_rows import PublishedRows, published_rows
from assets.acting.readings import Reading, read_handoffs, turn
from assets.acting.roles import keep_roles
from assets.acting.seen_by_day import as_seen
from handoff_pipeline.channels.delivered import Delivered
from handoff_pipeline.clock import Clock, clock_for
from handoff_pipeline.governance.digest import audit_heads
from handoff_pipeline.governance.records_due import records_due
from handoff_pipeline.governance.remediation_rows import People
from handoff_pipeline.governance.situation import situation_of
from handoff_pipeline.governance.withdrawing import lowered
from handoff_pipeline.ledger import CalendarState, Ledger
from handoff_pipeline.policy import Policy, load_policy
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse import hour, read
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.manifest import Manifest

REMEDIATED: Final = "remediated"
"""The duty that a run on all gaps of one publication does; its period is the run that published."""
_NOBODY: Final = PublishedRows((), People.of([]), (), ())


@dataclass(frozen=True)
class Installation:
    """One installation with its ledger open."""

    settings: Settings
    policy: Policy
    clock: Clock
    ledger: Ledger
    run_id: str
    manifest: Manifest | None

    @cached_property
    def rows(self) -> PublishedRows:
        """What is published, as the last hour saw it since; read when first asked for: most ticks of a sensor need the ledger alone.

        Empty where nothing is published.

        Raises:
            WarehouseError: it cannot be read.
        """
        home, night = Home.of(self.settings), self.manifest
        if night is None:
            return _NOBODY
        published = published_rows(home, self.policy, night.as_of_utc)
        seen = hour.read(home, night.run_id, night.as_of_utc, self.now)
        return published if seen is None else as_seen(published, seen)

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.clock.now()


@dataclass
class Told:
    """What a run did, in numbers and in words, for its metadata."""

    numbers: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)
    is_cut_short: bool = False
    """Whether HaloPSA could not be read, so that the work on gaps is not done yet."""

    def metadata(self) -> dict[str, Any]:
        """As Dagster shows it."""
        return {**dict(sorted(self.numbers.items())), "said": "; ".join(self.said) or "nothing unusual"}


@contextmanager
def installation(settings: Settings, run_id: str, clock: Clock | None = None) -> Iterator[Installation]:
    """Everything that a run looks at; `clock` replaces the settings' own."""
    home, policy = Home.of(settings), load_policy(settings.policy_file)
    manifest = read.published_manifest(home)
    with Ledger.open(home.ledger) as ledger:
        yield Installation(settings, policy, clock or clock_for(settings.as_of), ledger, run_id, manifest)


def decide(at: Installation, told: Told, reading: Reading | None = None, misread: Sequence[Any] = ()) -> None:
    """Propose what ought to be done now; on figures that are not fresh nothing but what tells of the pipeline itself."""
    why = why_not(at.manifest, at.policy, at.now)
    _keep_roles(at)
    _daily_duties(at)
    if why is not None:
        told.said.append(f"Nothing is proposed: {why}.")
        at.ledger.intents.approve_automatic(at.now)
        return
    records = reading.records if reading else ()
    done: Decided = propose(at.ledger, at.rows, at.settings, at.policy, at.now, at.run_id, records=records, misread=misread)
    told.numbers.update(proposed=done.proposed, shadow=done.shadow, approved=done.approved, withdrawn=done.withdrawn)


def _keep_roles(at: Installation) -> None:
    """Who holds which role, by today's policy; nothing is said of people before the first publication."""
    if at.manifest is not None:
        keep_roles(at.ledger, at.rows.people, at.policy, at.now)


def _daily_duties(at: Installation) -> None:
    """The audit chain's head off this host, and the sign of life, where there is a channel for them."""
    if not has_teams(at.settings):
        return
    state = state_of(at.ledger, at.settings, at.policy, at.now)
    situation = situation_of((), at.rows.people, state, at.policy, at.now)
    proposals = list(audit_heads(situation, head_to_keep(at.ledger, at.settings, at.now)))
    opened = sum(gap.is_open for gap in at.rows.gaps)
    last_night = last_success(at.manifest) if at.manifest else None
    proposals += duties.heartbeats(at.policy, at.now, opened, last_night, connected(at.settings))
    put(at.ledger, [one for one in proposals if one.dedupe_key not in state.by_key], at.settings, at.policy, at.now, at.run_id)


def work_on_gaps(at: Installation, told: Told, gap_ids: Sequence[str] | None = None) -> None:
    """Read what people answered on these gaps' handoffs (None: on all that have open gaps), decide, ask for approvals.

    Opportunities whose fields or status have to change are read as well, so that a deal without gaps loses its block and its old score.
    """
    wanted = None if gap_ids is None else set(gap_ids)
    handoffs = {gap.handoff_id for gap in at.rows.gaps if (gap.is_open if wanted is None else gap.gap_id in wanted)}
    if why_not(at.manifest, at.policy, at.now) is None:
        state = state_of(at.ledger, at.settings, at.policy, at.now)
        handoffs |= records_due(at.rows.records, at.rows.gaps, state, at.policy, at.now)
    known = {record.handoff_id: record for record in at.rows.records}
    every = timedelta(hours=1 if is_hourly(at.settings, at.policy) else 24)
    reading = asyncio.run(read_handoffs(at.settings, at.policy, at.clock, known, turn(sorted(handoffs), at.now, every)))
    kept = answers.keep_answers(at.ledger, reading, at.rows.gaps, at.rows.people, at.policy)
    told.numbers.update(acknowledgements=kept.acknowledgements, snoozes=kept.snoozes, feedback=kept.feedback, misread=len(kept.misread))
    told.said += reading.troubles
    told.is_cut_short = reading.is_cut_short
    decide(at, told, reading, kept.misread)
    consented = Consented()
    consents.ask(at.ledger, at.rows.people, at.settings, at.policy, at.clock, consented)
    told.numbers.update(asked=consented.asked)
    told.said += consented.troubles


def remediated(at: Installation) -> None:
    """Say that the gaps of what is published were worked on; the sensor asks for no second run."""
    if at.manifest is not None:
        at.ledger.calendar.mark(CalendarState(REMEDIATED, period_of(at.manifest), at.now, at.run_id))


def period_of(manifest: Manifest) -> str:
    """What tells one publication from the next."""
    return manifest.run_id


def approve(at: Installation, told: Told) -> None:
    """Read the approvals that wait at HaloPSA, judge them, and let go on or end what waited for them."""
    consented = Consented()
    _keep_roles(at)
    asyncio.run(consents.read_answers(at.ledger, at.settings, at.policy, at.clock, consented))
    asyncio.run(overrides.read_answers(at.ledger, at.settings, at.policy, at.clock, consented))
    consents.conclude(at.ledger, at.policy, at.clock, consented)
    overrides.conclude(at.ledger, at.policy, at.clock, consented)
    consents.ask(at.ledger, at.rows.people, at.settings, at.policy, at.clock, consented)
    overrides.ask(at.ledger, at.rows.people, at.settings, at.policy, at.clock, consented)
    told.numbers.update(asked=consented.asked, decided=consented.decided, approved=consented.approved, refused=consented.refused)
    told.said += consented.troubles


def _by_todays_rules(at: Installation, told: Told) -> None:
    """Roles, rollout and answers as they are now: what was approved when they were others is not sent."""
    _keep_roles(at)
    if at.manifest is not None:
        state = state_of(at.ledger, at.settings, at.policy, at.now)
        gone = lowered(situation_of(at.rows.gaps, at.rows.people, state, at.policy, at.now))
        told.numbers["withdrawn"] += take_back(at.ledger, gone, at.now)
    consented = Consented()
    asyncio.run(consents.recheck(at.ledger, at.settings, at.policy, at.clock, consented))
    told.said += consented.troubles


def deliver(at: Installation, told: Told) -> Delivered:
    """Drain the outbox once.

    Raises:
        DeliveryUnderWay: another process delivers.
    """
    _by_todays_rules(at, told)
    report = asyncio.run(drain(at.ledger, at.rows.people, at.settings, at.policy, at.clock, at.run_id))
    told.numbers.update(report.counts)
    told.said += [*report.troubles, *sorted(set(report.held.values())), *([report.stopped] if report.stopped else [])]
    return report

"""One look by day: copy, plan, pull, land, judge, keep; or a word why not.

Each part is a module's of its own. The one thing to know: whatever cannot be done leaves the last look as it was, and the hour goes on with
what is published and known; only an unexpected fault fails the step.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from assets.acting.freshness import why_not
from assets.hour.asking import asked_for, plan_of
from assets.hour.judging import judged
from assets.known import read_known
from handoff_pipeline.clock import Clock
from handoff_pipeline.errors import HandoffError, LeaseHeld, WarehouseError
from handoff_pipeline.halo import PullPlan, PullReport, pull
from handoff_pipeline.halo.errors import IncompletePull
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.policy import Policy, load_policy
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse import Home, Lease, acquire, hour, open_build, read
from handoff_pipeline.warehouse.apart import copied, drop, land_apart
from handoff_pipeline.warehouse.manifest import Manifest
from handoff_pipeline.warehouse.rules import Rules

Puller = Callable[[Settings, PullPlan, Path, Clock], PullReport]
"""How HaloPSA is asked; tests answer without a socket."""
UNCHANGED: Final = "Gaps stand as they were last seen"


@dataclass(frozen=True)
class Looked:
    """What a look brought: numbers by name, and why there is nothing new, in words."""

    numbers: dict[str, int] = field(default_factory=dict)
    said: str | None = None

    def metadata(self) -> dict[str, Any]:
        """As Dagster shows it."""
        return {**self.numbers, "look": self.said or "done"}


def look(settings: Settings, clock: Clock, run_id: str, asking: Puller = pull) -> Looked:
    """Look at what changed since the published night and keep how its gaps stand now.

    Raises:
        PolicyError, PublishError: policy or manifest cannot be read.
    """
    home, policy, now = Home.of(settings), load_policy(settings.policy_file), clock.now()
    manifest = read.published_manifest(home)
    why = _why_not(settings, policy, manifest, now)
    if manifest is None or why is not None:
        return Looked(said=f"{UNCHANGED}: {why}.")
    try:
        return _looked(home, settings, policy, manifest, clock, run_id, asking)
    except LeaseHeld as busy:
        return Looked(said=f"{UNCHANGED}: {busy}")
    except WarehouseError as error:
        # A copy that is damaged, or with which something is wrong, is not gone on with.
        drop(home)
        return Looked(said=f"{UNCHANGED}: {error}")
    except HandoffError as error:
        return Looked(said=f"{UNCHANGED}: {error}")


def _why_not(settings: Settings, policy: Policy, manifest: Manifest | None, now: datetime) -> str | None:
    """Why nothing is looked at; None where it is."""
    if not settings.hourly_requests:
        return "HANDOFF_HOURLY_REQUESTS is 0"
    why = why_not(manifest, policy, now)
    if manifest is None or why is not None:
        return why
    if policy.hash != manifest.policy_hash:
        return "the policy was changed since the night, which judges by it next time"
    return "the clock stands at the night" if now <= manifest.as_of_utc else None


def _looked(home: Home, settings: Settings, policy: Policy, manifest: Manifest, clock: Clock, run_id: str, asking: Puller) -> Looked:
    made = copied(home, manifest.run_id)
    only = asked_for(manifest, settings.hourly_requests)
    with acquire(made, run_id) as lease:
        with open_build(made, lease) as conn:
            known = read_known(conn)
        now = clock.now()
        wanted = plan_of(policy, settings, now, known, only)
        report = _pulled(made, settings, wanted, clock, asking)
        changed = _landed(home, made, lease, settings, policy, manifest, report, now)
        found = judged(made, lease, policy, settings.tenant_name, (manifest.run_id, manifest.as_of_utc), now, report.requests)
    hour.keep(home, found)
    closed = sum(gap.state != "open" for gap in found.gaps)
    return Looked({"look_requests": report.requests, "look_rows_changed": changed, "look_gaps_closed": closed})


def _pulled(made: Home, settings: Settings, wanted: PullPlan, clock: Clock, asking: Puller) -> PullReport:
    """Ask HaloPSA, within the hour's bound.

    Raises:
        IncompletePull: something did not come whole; the copy stays good, and the next hour asks again from where this one did.
        HaloError: HaloPSA cannot be reached, or refuses.
    """
    for left in made.inbox.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    report = asking(settings.model_copy(update={"request_budget": settings.hourly_requests}), wanted, made.inbox, clock)
    short = [f"{each.entity} is {each.state.replace('_', ' ')}" + (f" ({each.detail})" if each.detail else "")
             for each in report.entities.values() if each.state != "complete"]  # fmt: skip
    if short:
        raise IncompletePull("; ".join(short) + ".", "Nothing has to be done: the next hour asks again.")
    return report


def _landed(
    home: Home, made: Home, lease: Lease, settings: Settings, policy: Policy, manifest: Manifest, report: PullReport, now: datetime
) -> int:
    with Ledger.open(home.ledger) as ledger:
        accepted = ledger.quarantine.open_sets()
        standing = [each.finding for each in ledger.quarantine.standing()]
    return land_apart(made, lease, manifest.run_id, now, report, Rules.of(settings, policy), accepted, standing)

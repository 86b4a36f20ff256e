"""Bypasses: controls that were gone around, as far as HaloPSA shows it.

Each kind is decided from a handoff or a project that is known already. Blocks that people undo (`enforcement_off`) are not told by a
script: no world of the oracle is written to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handoff_pipeline.simulator.truth import Project
from tests.oracle import checklist
from tests.oracle.exceptions import is_overridden_after, spans_of
from tests.oracle.handoffs import Handoff
from tests.oracle.keys import UNKNOWN, date_key, utc
from tests.oracle.observation import Seen
from tests.oracle.projects import origin_of, project_key
from tests.oracle.signoff import was_valid_at

SHOWN_ON_PROJECT = {"kickoff_scheduled_without_signoff", "kickoff_without_signoff", "project_without_opportunity"}


@dataclass(frozen=True, eq=False)
class Bypass:
    """One bypass, with the handoff and the project that it is about."""

    kind: str
    handoff: Handoff | None
    project: Project | None
    agent_id: int | None
    happened_at: datetime
    detected_at: datetime
    discriminator: str = ""


def bypasses(seen: Seen, all_handoffs: list[Handoff]) -> Iterator[Bypass]:
    """Every bypass of deals that are not historic and of projects made since `go_live`."""
    found = [bypass for each in all_handoffs if not each.win.is_historic for bypass in _of_handoff(seen, each)]
    found += _unsold_projects(seen)
    for bypass in found:
        if bypass.project is None or seen.days.local(bypass.project.created_at) >= seen.rules.go_live:
            yield bypass


def _of_handoff(seen: Seen, each: Handoff) -> Iterator[Bypass]:
    at_win = seen.by(each.win.night)
    if checklist.hard_lacked(at_win, each.deal):
        yield Bypass("won_without_checklist", each, None, each.deal.agent_id, each.win.at, each.win.night)
    if each.first is None:
        return
    kickoff, lead = each.kickoff, each.first.agent_id
    scheduled = kickoff.schedule_seen_on
    if scheduled is not None and not was_valid_at(seen, each.signoff, scheduled):
        yield Bypass("kickoff_scheduled_without_signoff", each, each.first, lead, scheduled, scheduled)
    if each.without_signoff and kickoff.actual_at is not None and kickoff.actual_seen_on is not None:
        yield Bypass("kickoff_without_signoff", each, each.first, lead, kickoff.actual_at, kickoff.actual_seen_on)
    for void in each.signoff.acceptances:
        if void.void_on is not None:
            mark = f"{each.first.project_id}:{void.seq}"
            yield Bypass("edited_after_signoff", each, each.first, None, void.void_on, void.void_on, mark)


def _unsold_projects(seen: Seen) -> Iterator[Bypass]:
    for project in seen.projects:
        night = seen.first_night(project.created_at)
        if origin_of(seen, project).kind == "no_opportunity" and night is not None:
            yield Bypass("project_without_opportunity", None, project, project.agent_id, project.created_at, night)


def _is_corrected(seen: Seen, bypass: Bypass) -> bool:
    """Whether what was gone around is put right by the last night."""
    if bypass.handoff is None:
        return False
    if bypass.kind != "won_without_checklist":
        return bypass.handoff.signoff.state == "accepted"
    deal = bypass.handoff.deal
    now = [checklist.item_of(seen, item_id) for item_id in checklist.hard_lacked(seen.by(bypass.handoff.win.night), deal)]
    return all(item is not None and checklist.judge(seen, deal, item).quality == 1 for item in now)


def _is_explained(seen: Seen, bypass: Bypass) -> bool:
    """Whether an override that was approved names what was gone around."""
    if bypass.handoff is None:
        return False
    deal, night = bypass.handoff.deal, bypass.handoff.win.night
    if bypass.kind != "won_without_checklist":
        return is_overridden_after(seen, deal.deal_id, bypass.happened_at)
    lacked = checklist.hard_lacked(seen.by(night), deal)
    return all(any(begun > night for begun, _ in spans_of(seen, deal.deal_id, item_id)) for item_id in lacked)


def fact_bypass(seen: Seen, bypass: Bypass) -> dict[str, Any]:
    """The fact's row."""
    handoff_id = bypass.handoff.deal.deal_id if bypass.handoff else 0
    project_id = bypass.project.project_id if bypass.project else 0
    client_id = bypass.handoff.deal.client_id if bypass.handoff else bypass.project.client_id if bypass.project else None
    return {
        "bypass_key": seen.key("bypass", f"{bypass.kind}|{handoff_id}|{project_id}|{bypass.discriminator}"),
        "kind": bypass.kind,
        "handoff_key": seen.key("handoff", handoff_id) if handoff_id else UNKNOWN,
        "project_key": project_key(seen, bypass.project),
        "client_key": seen.client_key(client_id),
        "agent_key": seen.agent_key(bypass.agent_id),
        "happened_at_utc": utc(bypass.happened_at),
        "happened_date_key": date_key(seen.days.local(bypass.happened_at)),
        "detected_at_utc": utc(bypass.detected_at),
        "state": "corrected" if _is_corrected(seen, bypass) else "explained" if _is_explained(seen, bypass) else "open",
        "source_url": seen.url(project_id if bypass.kind in SHOWN_ON_PROJECT else handoff_id),
    }

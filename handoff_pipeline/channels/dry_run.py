"""The dry run: every request that a delivery would send now, exact and with its secrets masked, as a file each; nothing is sent.

It reads the ledger and changes nothing in it. The one thing to know: the files hold customers' words, as the requests do, so the folder is
for the owner's eyes alone; and no far side is asked, so what only a look would show (a conflict, an effect that is there) is not in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from handoff_pipeline.channels.caps import Allowance
from handoff_pipeline.channels.consent import Rules, consent
from handoff_pipeline.channels.gateway import PlannedRequest, Planner
from handoff_pipeline.channels.lanes import READ, Lanes
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.ledger.records_action import Intent

SHADOW: Final = "only recorded: the rollout's phase or the item's mode lets nothing act"


@dataclass(frozen=True)
class Planned:
    """One intent of a dry run: its file, and why a delivery would not send it; None where it would."""

    intent_id: str
    path: Path
    objection: str | None


def dry_run(
    ledger: Ledger,
    planners: Mapping[str, Planner],
    rules: Rules,
    folder: Path,
    now: datetime,
    chosen: Iterable[Intent] | None = None,
) -> list[Planned]:
    """Write a file for every intent that is due at `now`, oldest first, or for those chosen, in a folder that does not exist yet.

    Raises:
        HandoffError: the folder exists.
    """
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise HandoffError(f"{folder} exists; an old dry run is not mixed with a new one.", "Name a folder that does not exist.") from None
    allowance = Allowance(rules.caps, Lanes.of(ledger.intents.by_state(*READ), now))
    planned = []
    for number, intent in enumerate(ledger.intents.due(now) if chosen is None else chosen, start=1):
        request, objection = _request(ledger, planners, rules, allowance, intent, now)
        if objection is None:
            allowance.spend(intent)
        path = folder / f"{number:04d}-{intent.intent_id}.json"
        path.write_text(_document(intent, request, objection), encoding="utf-8")
        planned.append(Planned(intent.intent_id, path, objection))
    return planned


def _request(
    ledger: Ledger, planners: Mapping[str, Planner], rules: Rules, allowance: Allowance, intent: Intent, now: datetime
) -> tuple[PlannedRequest | None, str | None]:
    """The request, where one can be made, and what stands against sending it."""
    objection = SHADOW if intent.is_shadow else _not_now(intent, now)
    objection = objection or consent(intent, ledger.approvals.of(intent.intent_id), rules, ledger.people.role_held, now).objection
    objection = objection or rules.held_back(intent, now) or allowance.objection(intent)
    planner = planners.get(intent.target)
    if planner is None:
        return None, objection or f"no gateway to {intent.target} is set up"
    try:
        return planner.plan(intent), objection
    except HandoffError as error:
        return None, objection or error.message


def _not_now(intent: Intent, now: datetime) -> str | None:
    """Why no delivery would take it up at this moment."""
    if intent.state != "approved":
        return f"it is {intent.state} and not approved"
    if now >= intent.expires_at:
        return f"its time was over at {intent.expires_at:%Y-%m-%d %H:%M} UTC"
    is_early = intent.next_try_at is not None and intent.next_try_at > now
    return f"it is not due before {intent.next_try_at:%Y-%m-%d %H:%M} UTC" if is_early else None


def _document(intent: Intent, request: PlannedRequest | None, objection: str | None) -> str:
    """One file's text."""
    what = {
        "intent_id": intent.intent_id,
        "action": intent.action,
        "target": intent.target,
        "content_hash": intent.content_hash,
        "would_be_sent": objection is None,
        "objection": objection,
        "request": None
        if request is None
        else {"method": request.method, "url": request.url, "headers": dict(request.headers), "body": request.body},
    }
    return json.dumps(what, indent=2, ensure_ascii=False) + "\n"

"""`handoff outbox`: what the product wants to do at far systems, how far it has come, and a person's no to it.

Approving is approve's, undoing rollback's, a word on what nobody knows outbox_settle's, sending the delivery's. The one thing to know:
`plan` writes the exact requests, secrets masked, and sends none; its folder holds customers' words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from handoff_pipeline.clock import clock_for
from handoff_pipeline.commands.at_hand import IntentId, Reason, Yes, intent_named, may_write, need_reason, open_ledger, os_user
from handoff_pipeline.commands.outbox_show import payload, show_list, show_one
from handoff_pipeline.commands.screen import Json, emit, err, out, plain
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from handoff_pipeline.channels.gateway import Planner
    from handoff_pipeline.ledger import Intent
    from handoff_pipeline.policy import Policy

EXAMPLES = """Examples:\n
handoff outbox list --state uncertain\n
handoff outbox show 5c0ffee01234\n
handoff outbox plan --to ./requests\n
handoff outbox refuse 5c0ffee01234 --reason "the client asked us to wait"
"""
LIST_EXAMPLES = """Examples:\n
handoff outbox list\n
handoff outbox list --state proposed --state uncertain\n
handoff outbox list --handoff 1042 --all --json
"""
SHOW_EXAMPLES = """Examples:\n
handoff outbox show 5c0ffee01234\n
handoff outbox show 5c0ffee01234 --json
"""
PLAN_EXAMPLES = """Examples:\n
handoff outbox plan --to ./requests\n
handoff outbox plan --to ./requests --all --json
"""
REFUSE_EXAMPLES = """Examples:\n
handoff outbox refuse 5c0ffee01234 --reason "the client asked us to wait"\n
handoff outbox refuse 5c0ffee01234 --reason "wrong deal" --yes --json
"""

WAITING: Final = ("proposed", "approved")
OPEN: Final = frozenset({"proposed", "approved", "claimed", "sent", "uncertain"})


def show_all(
    state: Annotated[list[str] | None, typer.Option("--state", help="Only this state; repeatable. Open ones by default.")] = None,
    handoff: Annotated[int | None, typer.Option("--handoff", min=1, help="Only of this handoff (opportunity id).")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also what has ended, and what shadow only recorded.")] = False,
    as_json: Json = False,
) -> None:
    """List intents, oldest first: what waits, what is under way, and what needs a look."""
    wanted = _states(state or ()) or OPEN
    with open_ledger(load_settings()) as ledger:
        of_handoff = [intent for intent in ledger.intents.all() if handoff in {None, intent.handoff_id}]
    of_state = [intent for intent in of_handoff if intent.state in wanted or (every and not state)]
    found = [intent for intent in of_state if every or not intent.is_shadow]
    if as_json:
        emit({"intents": [payload(intent) for intent in found]})
    else:
        show_list(found, out(), len(of_state) - len(found))


def _states(given: Iterable[str]) -> frozenset[str]:
    """The states asked for.

    Raises:
        HandoffError: there is no such state.
    """
    from handoff_pipeline.ledger.intent_states import STATES

    strange = sorted(set(given) - set(STATES))
    if strange:
        raise HandoffError(f"There is no state {', '.join(strange)}.", f"States are {', '.join(STATES)}.")
    return frozenset(given)


def show(intent: IntentId, as_json: Json = False) -> None:
    """Show one intent: its content, what was seen before, each move, who was asked, and what to do now."""
    with open_ledger(load_settings()) as ledger:
        found = intent_named(ledger, intent)
        events, approvals = ledger.intents.events(found.intent_id), ledger.approvals.of(found.intent_id)
    if as_json:
        emit({"intent": payload(found), "moves": [asdict(one) for one in events], "approvals": [asdict(one) for one in approvals]})
    else:
        show_one(found, events, approvals, out())


def plan(
    to: Annotated[Path, typer.Option("--to", help="A folder that does not exist yet; readable by you alone.")],
    every: Annotated[bool, typer.Option("--all", help="Also what is proposed, and what shadow only recorded.")] = False,
    as_json: Json = False,
) -> None:
    """Dry run: write the exact request of every intent that is due, secrets masked, a file each. Nothing is sent."""
    from handoff_pipeline.channels.consent import Rules
    from handoff_pipeline.channels.dry_run import dry_run
    from handoff_pipeline.policy import load_policy

    settings = load_settings()
    policy, now = load_policy(settings.policy_file), clock_for(settings.as_of).now()
    with open_ledger(settings) as ledger:
        chosen = [intent for intent in ledger.intents.all() if intent.state in WAITING] if every else None
        planned = dry_run(ledger, _planners(settings, policy), Rules.of(policy), to, now, chosen)
    if settings.halo_writer_client_id is None:
        err().print(plain("HANDOFF_HALO_WRITER_* is not set: what goes to HaloPSA waits until it is."), soft_wrap=True)
    if as_json:
        emit({"folder": to, "requests": [asdict(one) for one in planned]})
        return
    for one in planned:
        out().print(plain(f"{one.path}: {one.objection or 'would be sent'}"), soft_wrap=True)
    would = sum(one.objection is None for one in planned)
    out().print(plain(f"{would} of {len(planned)} would be sent now. Nothing was sent; the files hold customers' words."), soft_wrap=True)


def _planners(settings: Settings, policy: Policy) -> dict[str, Planner]:
    from handoff_pipeline.channels.halo_gateway import HaloPlanner
    from handoff_pipeline.channels.halo_writes import HaloForms
    from handoff_pipeline.commands.teams_people import gateway_for

    planners: dict[str, Planner] = {}
    if settings.halo_url is not None:
        planners["halopsa"] = HaloPlanner(settings.halo_url, HaloForms.of(policy))
    teams = gateway_for(settings, policy)
    if teams is not None:
        planners["teams"] = teams
    return planners


def refuse(intent: IntentId, reason: Reason, yes: Yes = False, as_json: Json = False) -> None:
    """Turn an intent down before it is sent; what was asked or approved for it is void."""
    settings = load_settings()
    need_reason(reason)
    with open_ledger(settings) as ledger:
        found = intent_named(ledger, intent)
        if found.is_shadow:
            raise HandoffError(f"Intent {found.intent_id} was only recorded; it is never sent.", "There is nothing to turn down.")
        if found.state not in WAITING:
            raise _too_late(found)
        show_before(found, as_json=as_json)
        is_written = may_write("Refuse it?", yes=yes, as_json=as_json)
        if is_written:
            now, words = clock_for(settings.as_of).now(), f"refused by os:{os_user()}: {reason.strip()}"
            is_refused = ledger.intents.turn_down(found.intent_id, "refused", now, words)
            found = intent_named(ledger, found.intent_id)
            # The delivery may have taken it while the person read.
            if not is_refused:
                raise _too_late(found)
            ledger.approvals.void(found.intent_id, now)
    told(found, "Refused. It is not proposed again as it is.", as_json=as_json, is_written=is_written)


def _too_late(found: Intent) -> HandoffError:
    return HandoffError(
        f"Intent {found.intent_id} is {found.state}; only what waits is refused.",
        "What was written is taken back with `handoff rollback`; a delivery under way is stopped with `handoff kill-switch on`.",
    )


def show_before(found: Intent, *, as_json: bool) -> None:
    """Show a person what a word is asked about."""
    if not as_json:
        out().print(plain(f"{found.intent_id}  {found.action} at {found.target}, {found.state}: {found.shown}"), soft_wrap=True)


def told(found: Intent, words: str, *, as_json: bool, is_written: bool) -> None:
    """Say what was written."""
    if as_json:
        emit({"written": is_written, "intent": payload(found)})
    else:
        out().print(plain(words), soft_wrap=True)

"""`handoff appeals`: what sellers said is no gap, and what came of it.

Saying so is gap_answers'. The one thing to know: a disposition is a word for the record (`fact_feedback`). It closes no gap and changes no
rule: the policy is changed in handoff.yaml, a record in HaloPSA.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from handoff_pipeline.clock import clock_for
from handoff_pipeline.commands.at_hand import (
    SHORTEST_ID,
    By,
    Reason,
    Yes,
    agent_named,
    may_write,
    need_reason,
    open_ledger,
    people_published,
)
from handoff_pipeline.commands.outbox_show import SHOWN_ID
from handoff_pipeline.commands.screen import Json, emit, out, plain, table
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff_pipeline.ledger import Feedback

EXAMPLES = """Examples:\n
handoff appeals list\n
handoff appeals settle 5c0ffee01234 --as rule_changed --by "Jo Field" --reason "appendices count now, policy 1.4"
"""
LIST_EXAMPLES = """Examples:\n
handoff appeals list\n
handoff appeals list --all --json
"""
SETTLE_EXAMPLES = """Examples:\n
handoff appeals settle 5c0ffee01234 --as gap_stands --by 12 --reason "the appendix names no deliverables"\n
handoff appeals settle 5c0ffee01234 --as record_corrected --by 12 --reason "the wrong quotation was linked" --yes --json
"""
Disposition = Literal["rule_changed", "record_corrected", "gap_stands"]
As = Annotated[
    Disposition,
    typer.Option(
        "--as", help="rule_changed: the item was wrong; record_corrected: HaloPSA's record was; gap_stands: neither, the gap is one."
    ),
]
AppealId = Annotated[
    str, typer.Argument(metavar="APPEAL", help="The appeal's id, or its first digits, as `handoff appeals list` shows it.")
]
NOTHING: Final = "No appeal waits for an answer."


def show_all(
    every: Annotated[bool, typer.Option("--all", help="Also those that are settled, with what came of them.")] = False,
    as_json: Json = False,
) -> None:
    """List appeals that nobody has settled, the oldest first."""
    with open_ledger(load_settings()) as ledger:
        found = [one for one in ledger.people.feedback() if every or one.disposition is None]
    if as_json:
        emit({"appeals": [asdict(one) for one in found]})
        return
    if not found:
        out().print(plain(NOTHING))
        return
    cells = [
        (
            one.feedback_id[:SHOWN_ID],
            f"{one.handoff_id}:{one.item}",
            one.reported_by,
            f"{one.reported_at:%Y-%m-%d %H:%M}",
            one.note,
            one.disposition or "open",
        )
        for one in found
    ]
    columns = ("appeal", "gap", "agent", "said (UTC)", "why", "what came of it")
    out().print(table("Appeals", columns, cells, right=("agent",), whole=("appeal", "gap", "said (UTC)")))


def settle(appeal: AppealId, disposition: As, by: By, reason: Reason, yes: Yes = False, as_json: Json = False) -> None:
    """Say what came of an appeal; kept for good and published in `fact_feedback`. Whoever appealed does not settle it himself."""
    settings = load_settings()
    need_reason(reason)
    judge, now = agent_named(people_published(settings), by), clock_for(settings.as_of).now()
    with open_ledger(settings) as ledger:
        found = _open_appeal(ledger.people.feedback(), appeal)
        if judge == found.reported_by:
            raise HandoffError(f"Agent {judge} appealed himself.", "Let somebody else settle it: nobody judges his own appeal.")
        words = f"{disposition}: {reason.strip()}"
        if not as_json:
            said = f"{found.handoff_id}:{found.item}, says agent {found.reported_by} on {found.reported_at:%Y-%m-%d}: {found.note}"
            out().print(plain(said), soft_wrap=True)
            out().print(plain(f"  {words} (agent {judge})"), soft_wrap=True)
        is_written = may_write("Settle it so?", yes=yes, as_json=as_json)
        if is_written:
            found = ledger.people.dispose(found.feedback_id, words, judge, now)
    if as_json:
        emit({"written": is_written, "appeal": asdict(found), "disposition": words, "by": judge})
    else:
        out().print(plain("Settled. The next night publishes it in fact_feedback; the gap itself is as it was."), soft_wrap=True)


def _open_appeal(feedback: Sequence[Feedback], which: str) -> Feedback:
    """The open appeal of that id, or the one whose id begins so.

    Raises:
        HandoffError: there is none, there are several, too little of the id is given, or it is settled.
    """
    begin = which.strip().lower()
    found = [one for one in feedback if one.feedback_id.startswith(begin)] if len(begin) >= SHORTEST_ID else []
    if len(found) != 1:
        what = f"{len(found)} appeals begin with {which!r}" if found else f"There is no appeal {which!r}"
        raise HandoffError(f"{what}.", f"Give at least {SHORTEST_ID} digits of one; `handoff appeals list` shows them.")
    if found[0].disposition is not None:
        raise HandoffError(
            f"Appeal {found[0].feedback_id} is settled: {found[0].disposition}.", "Nothing is left to say; a new appeal is a new one."
        )
    return found[0]

"""`handoff quarantine`: what is set aside and why, and a person's word that it is right as it is.

What is set aside is decided at landing; nothing is landed here.
The one thing to know: an acceptance covers exactly what is shown, once; if more is missing when the next run looks, it is asked again.
"""

from __future__ import annotations

import getpass
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from handoff_pipeline.clock import SystemClock
from handoff_pipeline.commands.at_hand import open_ledger
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.screen import Json, clean, emit, out, plain
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import load_settings

if TYPE_CHECKING:
    from handoff_pipeline.ledger import Acceptance, SetAside

EXAMPLES = """Examples:\n
handoff quarantine\n
handoff quarantine --json\n
handoff quarantine accept project --reason "the test projects were deleted"
"""
ACCEPT_EXAMPLES = """Examples:\n
handoff quarantine accept project --reason "the test projects were deleted"\n
handoff quarantine accept opportunity --reason "field renamed, handoff.yaml follows" --by "Jo Field" --yes
"""

Entity = Annotated[str, typer.Argument(help="The entity, as `handoff quarantine` names it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why it is right as it is; kept for good.")]
By = Annotated[str | None, typer.Option("--by", help="Who accepts; the user of this machine by default.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask again after showing what is accepted.")]


def show(context: typer.Context, as_json: Json = False) -> None:
    """Show what is set aside, since when and why. Exits with 3 when there is something."""
    if context.invoked_subcommand:
        return
    with open_ledger(load_settings()) as ledger:
        standing, waiting = ledger.quarantine.standing(), ledger.quarantine.acceptances(open_only=True)
    if as_json:
        emit({"set_aside": [_plain(each) for each in standing], "accepted": [asdict(each) for each in waiting]})
    else:
        _print(standing, waiting, out())
    raise typer.Exit(Exit.STALE if standing else Exit.DONE)


def accept(entity: Entity, reason: Reason, by: By = None, yes: Yes = False, as_json: Json = False) -> None:
    """Accept what is set aside of one entity: the next run takes exactly this as right, once.

    Missing records become deletions, a changed custom field is taken as it is now.
    """
    with open_ledger(load_settings()) as ledger:
        quarantine = ledger.quarantine
        standing = quarantine.standing(entity)
        if not standing:
            known = ", ".join(sorted({each.finding.entity for each in quarantine.standing()})) or "nothing"
            raise HandoffError(f"Nothing of {entity!r} is set aside.", f"`handoff quarantine` lists what is; now: {known}.")
        if not as_json:
            _print(standing, [], out())
        if not (yes or as_json):
            typer.confirm("Accept this as it is?", abort=True, err=True)
        name = by or getpass.getuser()
        for each in standing:
            quarantine.accept(each.finding, reason, name, SystemClock().now())
    if as_json:
        emit({"accepted": [_plain(each) for each in standing], "accepted_by": name, "reason": reason})
    else:
        out().print(plain(f"Accepted by {name}. The next run uses it, if it finds exactly the same: `handoff run`."), soft_wrap=True)


def _plain(each: SetAside) -> dict[str, object]:
    return {**asdict(each.finding), "run_id": each.run_id, "since_utc": each.since}


def _print(standing: list[SetAside], waiting: list[Acceptance], console: Console) -> None:
    """Say what is set aside, and what is accepted and not used yet."""
    if not standing:
        console.print(plain("Nothing is quarantined."))
    for each in standing:
        console.print(plain(f"{each.finding.entity}, since {each.since:%Y-%m-%d %H:%M} UTC ({each.finding.kind})", "bold"))
        # Said in whole: what is accepted must be what was read.
        for sentence in each.finding.said.split("; "):
            console.print(plain(f"  {sentence}"), soft_wrap=True)
    if standing:
        console.print(
            plain(
                "Yesterday's rows stay. Check in HaloPSA what the pipeline's agent may see, or the field; if it is right as it is,"
                ' `handoff quarantine accept ENTITY --reason "..."`.'
            ),
            soft_wrap=True,
        )
    for acceptance in waiting:
        console.print(
            plain(
                f"Accepted and not used yet: {acceptance.finding.entity}, by {clean(acceptance.accepted_by)}"
                f" on {acceptance.accepted_at:%Y-%m-%d %H:%M} UTC: {acceptance.reason}"
            ),
            soft_wrap=True,
        )

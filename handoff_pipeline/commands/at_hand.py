"""What the commands of action share: the ledger, the agents as published, who is logged in, and a person's yes.

No command stands here. The one thing to know: nobody proves who he is on a command line. `--by` is a word that the ledger keeps; what must
be proved (an approval) is answered at HaloPSA.
"""

from __future__ import annotations

import difflib
import os
import pwd
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import Settings

if TYPE_CHECKING:
    from handoff_pipeline.governance.remediation_rows import People
    from handoff_pipeline.ledger import Intent, Ledger

AGENTS: Final = (
    "select a.halo_agent_id, a.agent_name, a.team, a.is_active from dim_agent as a where a.agent_key <> 0 order by a.halo_agent_id"
)
SHORTEST_ID: Final = 6

By = Annotated[str, typer.Option("--by", help="Who says so: an active agent's id or name in HaloPSA.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept for good.")]
Yes = Annotated[bool, typer.Option("--yes", help="Write it without asking; without it --json only shows what would be written.")]
IntentId = Annotated[str, typer.Argument(metavar="INTENT", help="The intent's id, or its first digits, as `handoff outbox list` shows it.")]


@contextmanager
def open_ledger(settings: Settings) -> Iterator[Ledger]:
    """The ledger that the settings name.

    Raises:
        HandoffError: no run was ever recorded there.
    """
    from handoff_pipeline.ledger import Ledger, is_ledger, shown
    from handoff_pipeline.warehouse.home import Home

    home = Home.of(settings)
    if not is_ledger(home.ledger):
        where = f"in {shown(home.ledger)}" if home.ledger_url else f"under {home.root}"
        raise HandoffError(f"No run is recorded {where}.", "Start one with `handoff run`, or try `make demo`.")
    with Ledger.open(home.ledger) as ledger:
        yield ledger


def intent_named(ledger: Ledger, which: str) -> Intent:
    """The intent of that id, or the one whose id begins so.

    Raises:
        HandoffError: there is none, there are several, or too little of the id is given.
    """
    begin = which.strip().lower()
    if len(begin) < SHORTEST_ID:
        raise HandoffError(
            f"{which!r} is too little of an intent's id.", f"Give at least {SHORTEST_ID} digits; `handoff outbox list` shows them."
        )
    found = [intent for intent in ledger.intents.all() if intent.intent_id.startswith(begin)]
    if len(found) != 1:
        what = f"{len(found)} intents begin with {which!r}" if found else f"There is no intent {which!r}"
        raise HandoffError(f"{what}.", "Give the id in full, as `handoff outbox list --json` shows it.")
    return found[0]


def people_published(settings: Settings) -> People:
    """Every agent of HaloPSA as published.

    Raises:
        WarehouseError: nothing is published yet.
    """
    from handoff_pipeline.commands.published import Published
    from handoff_pipeline.governance.remediation_rows import Agent, People

    rows = Published.of(settings).rows(AGENTS)
    return People.of([Agent(int(row["halo_agent_id"]), row["agent_name"], row["team"], bool(row["is_active"])) for row in rows])


def agent_named(people: People, by: str) -> int:
    """The id of the active agent with that id or name.

    Raises:
        HandoffError: there is none, there are several, or he is not active any more.
    """
    wanted = by.strip().casefold()
    found = [agent for agent in people.agents.values() if wanted in {str(agent.agent_id), agent.name.strip().casefold()}]
    active = [agent for agent in found if agent.is_active]
    if not found:
        near = ", ".join(difflib.get_close_matches(by, [agent.name for agent in people.agents.values()], n=3)) or "none"
        raise HandoffError(f"No agent {by!r} is published.", f"Give an agent's id or name as in HaloPSA; names that look alike: {near}.")
    if not active:
        raise HandoffError(f"{found[0].name} is not active in HaloPSA any more.", "Give an active agent's id or name.")
    if len(active) > 1:
        ids = ", ".join(str(agent.agent_id) for agent in active)
        raise HandoffError(f"{len(active)} agents are called {by!r}.", f"Give the id instead: {ids}.")
    return active[0].agent_id


def need_reason(reason: str) -> None:
    """Refuse a reason that says nothing.

    Raises:
        HandoffError: it is blank.
    """
    if not reason.strip():
        raise HandoffError("The reason is empty.", "Say why in a sentence; it is kept for good.")


def os_user() -> str:
    """Who runs this process, by the operating system; not by LOGNAME or USER, which anybody may set."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def may_write(question: str, *, yes: bool, as_json: bool) -> bool:
    """Whether to write what was just shown: --yes, or a person's yes. A script that did not say --yes gets a dry run.

    Raises:
        HandoffError: nobody can be asked.
        Abort: the answer is no.
    """
    if yes:
        return True
    if as_json:
        return False
    if not sys.stdin.isatty():
        raise HandoffError("Nobody can be asked to confirm, so nothing was written.", "Add --yes if you have read what would be written.")
    return typer.confirm(question, abort=True, err=True)

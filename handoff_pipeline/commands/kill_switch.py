"""`handoff kill-switch`: stops every write of the product before the next one, and says whether it is thrown.

Where the file lies and who reads it is `channels.kill_switch`. The one thing to know: throwing it asks nothing and needs no ledger, so it
works when everything else does not; it stops what comes next and takes nothing back.
"""

from __future__ import annotations

import json
import os
from typing import Annotated, Any, Final, Literal

import typer

from handoff_pipeline.channels.kill_switch import kill_switch, kill_switch_path, throw
from handoff_pipeline.clock import SystemClock
from handoff_pipeline.commands.at_hand import Yes, may_write, os_user
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.screen import Json, emit, err, out, plain
from handoff_pipeline.settings import Settings, load_settings

EXAMPLES = """Examples:\n
handoff kill-switch on --reason "wrong status on three deals"\n
handoff kill-switch status\n
handoff kill-switch off
"""
MOST_READ: Final = 4096


def switch(
    what: Annotated[Literal["on", "off", "status"], typer.Argument(help="on: stop all writes; off: let them go on; status: which it is.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is thrown; kept in the file.")] = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Stop every write to HaloPSA, Teams and elsewhere (on), let them go on (off), or say which it is (status: exits with 3 while on).

    Reading, building and publishing go on. What waits stays in the outbox until it expires.
    """
    settings = load_settings()
    if what == "on":
        _throw(settings, reason)
    elif what == "off":
        _lift(settings, yes=yes, as_json=as_json)
    is_thrown = kill_switch(settings)()
    note = _note(settings)
    if as_json:
        emit({"is_thrown": is_thrown, "by_setting": settings.kill_switch, "file": kill_switch_path(settings), **note})
    else:
        _say(settings, note, is_thrown=is_thrown)
    raise typer.Exit(Exit.STALE if is_thrown and what != "on" else Exit.DONE)


def _throw(settings: Settings, reason: str) -> None:
    """Throw it, and warn where that may stop nothing."""
    path = kill_switch_path(settings)
    if not path.parent.is_dir():
        # Somebody in the wrong folder must not believe that it is done.
        said = f"{path.parent} did not exist: if the daemon's home is another one, this stops nothing; set HANDOFF_HOME as it has it."
        err().print(plain(said, "yellow"), soft_wrap=True)
    throw(settings, f"os:{os_user()}", reason, SystemClock().now())


def _lift(settings: Settings, *, yes: bool, as_json: bool) -> None:
    """Take the file away, once a person agrees."""
    path = kill_switch_path(settings)
    if not os.path.lexists(path):
        return
    if not as_json:
        _say(settings, _note(settings), is_thrown=True)
    if may_write("Let writes go on?", yes=yes, as_json=as_json):
        path.unlink(missing_ok=True)


def _note(settings: Settings) -> dict[str, Any]:
    """What the file says; nothing where it holds anything but what `on` writes."""
    path = kill_switch_path(settings)
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(MOST_READ))
    except (OSError, ValueError):
        return {}
    names = ("thrown_at_utc", "thrown_by", "reason")
    return {name: str(found[name]) for name in names if name in found} if isinstance(found, dict) else {}


def _say(settings: Settings, note: dict[str, Any], *, is_thrown: bool) -> None:
    console = out()
    if not is_thrown:
        console.print(plain("Not thrown: what is approved is delivered.", "green"))
        return
    told = [note.get("thrown_at_utc"), note.get("thrown_by"), note.get("reason")]
    since = f" ({', '.join(word for word in told if word)})" if any(told) else ""
    console.print(plain(f"Thrown: nothing is written anywhere{since}.", "bold red"), soft_wrap=True)
    if settings.kill_switch:
        console.print(
            plain("The setting HANDOFF_KILL_SWITCH holds it; take it out where the daemon runs and start it anew."), soft_wrap=True
        )
    elif os.path.lexists(kill_switch_path(settings)):
        console.print(plain(f"The file {kill_switch_path(settings)} holds it; `handoff kill-switch off` takes it away."), soft_wrap=True)
    else:
        console.print(plain(f"{kill_switch_path(settings)} cannot be looked at, so it counts as thrown: check the folder."), soft_wrap=True)

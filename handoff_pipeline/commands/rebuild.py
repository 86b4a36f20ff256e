"""`handoff rebuild`: a past night once more, from the history alone, into a folder of its own. What is published is never touched.

How it is built is `assets/rebuild.py`'s.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from handoff_pipeline import __version__
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.progress import shown
from handoff_pipeline.commands.screen import Json, emit, out, plain
from handoff_pipeline.settings import load_settings

if TYPE_CHECKING:
    from assets.rebuild import Rebuilt

EXAMPLES = """Examples:\n
handoff rebuild --as-of 2026-08-31 --to ./august\n
HANDOFF_HOME=./august handoff explain handoff 1234\n
handoff rebuild --as-of 2026-08-31 --to ./august --json"""

AsOf = Annotated[datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The newest night at or before the end of this local day.")]
To = Annotated[Path, typer.Option("--to", help="A new or empty folder outside HANDOFF_HOME.")]


def rebuild(as_of: AsOf, to: To, as_json: Json = False) -> None:
    """Build again what was published on a past day, from the history, by that night's policy.

    Exits with 3 where this release builds something else than was published then.
    """
    from handoff_pipeline.definitions import run_rebuild

    settings = load_settings()
    with shown() as progress:
        done = run_rebuild(settings, as_of.date(), to, progress)
    if as_json:
        emit(payload(done))
    else:
        show(done, out())
    raise typer.Exit(Exit.DONE if done.is_equal else Exit.STALE)


def payload(done: Rebuilt) -> dict[str, object]:
    """The result for scripts."""
    found: date = done.rebuild.day
    return {
        "folder": done.folder,
        "published": done.folder / "published",
        "day": found,
        "night_as_of_utc": done.rebuild.night_as_of_utc,
        "night_run_id": done.rebuild.night_run_id,
        "history_sha256": done.rebuild.history_sha256,
        "content_hash": done.manifest.content_hash,
        "is_as_published": done.is_equal,
        "different": list(done.different),
        "product_version_then": done.rebuild.product_version,
        "product_version": __version__,
    }


def show(done: Rebuilt, console: Console) -> None:
    """Print what was rebuilt, and whether it is what was published then."""
    night = done.rebuild
    console.print(plain(f"Rebuilt the night of {night.night_as_of_utc:%Y-%m-%d %H:%M} UTC (run {night.night_run_id})."), soft_wrap=True)
    if done.is_equal:
        console.print(plain("Every table holds what was published then.", "green"))
    else:
        console.print(
            plain(
                f"Not as it was published then, by version {night.product_version} (this is {__version__}): {', '.join(done.different)}.",
                "yellow",
            ),
            soft_wrap=True,
        )
    console.print(plain(f"Tables: {done.folder / 'published'}"), soft_wrap=True)

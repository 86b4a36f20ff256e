"""`handoff run`: one night now, through Dagster. The same job as the schedule starts; what it does is in `assets/`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.progress import shown
from handoff_pipeline.commands.screen import Json, emit, err, out, plain, table
from handoff_pipeline.errors import SettingsError
from handoff_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from assets.night import NightResult

EXAMPLES = """Examples:\n
handoff run\n
handoff run --json\n
handoff run --without-pages\n
HANDOFF_AS_OF=2026-09-28T01:30:00Z handoff run"""

WithoutPages = Annotated[
    bool, typer.Option("--without-pages", help="Leave the pages for a browser (lineage, quality) as they are: figures only, and sooner.")
]
CODES = {"complete": Exit.DONE, "stale": Exit.STALE, "busy": Exit.BUSY, "failed": Exit.FAILED}


def run_night(without_pages: WithoutPages = False, as_json: Json = False) -> None:
    """Run the nightly job now: pull what changed, build, check and publish. Ctrl-C is safe."""
    settings = load_settings()
    if settings.halo_url is None:
        raise SettingsError(
            "HANDOFF_HALO_URL is not set, so there is no tenant to read.", "Copy .env.example to .env and fill it in, or try `make demo`."
        )
    result = night(settings, with_pages=not without_pages)
    if as_json:
        emit({**vars(result), "exit_code": code_of(result)})
    else:
        show(result, out())
    raise typer.Exit(code_of(result))


def night(settings: Settings, *, with_pages: bool = True) -> NightResult:
    """Run one night with progress shown on standard error."""
    from handoff_pipeline.definitions import run_nightly

    with shown() as progress:
        return run_nightly(settings, progress, with_pages=with_pages)


def code_of(result: NightResult) -> Exit:
    """How a script should take the night's end."""
    return CODES[result.state]


def show(result: NightResult, console: Console) -> None:
    """Print how the night ended: what was done on `console`, a failure on standard error."""
    if not result.ok:
        step = f" in step {result.failed_step}" if result.failed_step else ""
        err().print(plain(f"Run {result.run_id} {result.state}{step}: {result.message or 'no reason given'}", "red"), soft_wrap=True)
        err().print(plain("What was published before is untouched. `handoff status` shows where things stand."), soft_wrap=True)
        return
    console.print(plain(f"Run {result.run_id}: {result.state}, {result.requests} requests."), soft_wrap=True)
    if result.requests_by_endpoint:
        rows = sorted(result.requests_by_endpoint.items())
        console.print(table("Requests", ("endpoint", "requests"), rows, right=("requests",)))
    if result.manifest:
        console.print(plain(f"Published: {result.manifest.parent}"), soft_wrap=True)
    if result.state != "complete":
        console.print(plain("Something is stale or incomplete: `handoff status` says what, and what to do.", "yellow"))

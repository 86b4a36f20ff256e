"""`handoff demo`: nights against a simulated HaloPSA in a home of its own. No credential, no network; what it shows is in `demo_report`.

The clock of the tenant and of the pipeline is held, so that every demo gives the same figures and the same canonical hashes.
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import handoff_pipeline
from handoff_pipeline.commands import run_night
from handoff_pipeline.commands.demo_report import DemoReport, Night
from handoff_pipeline.commands.screen import Json, emit, err, out, plain
from handoff_pipeline.commands.simulator import DEMO_DEALS, DEMO_MOMENT, DEMO_SEED
from handoff_pipeline.errors import PublishError, SettingsError
from handoff_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from assets.night import NightResult

EXAMPLES = """Examples:\n
handoff demo\n
handoff demo --nights 1 --json"""

HOME = Path(".handoff/demo")
MARKER = ".handoff-demo"
POLICY = Path(handoff_pipeline.__file__).parents[1] / "handoff.yaml"


def demo(
    nights: Annotated[
        int, typer.Option("--nights", min=1, max=5, help="Nights to run; with the clock held a second one finds nothing new.")
    ] = 2,
    home: Annotated[Path, typer.Option("--home", help="The demo's own folder; emptied first.")] = HOME,
    as_json: Json = False,
) -> None:
    """Run the nightly job against a simulated HaloPSA and show what it found."""
    from handoff_pipeline.simulator.serve import running
    from handoff_pipeline.simulator.server import SimulatedHalo
    from handoff_pipeline.simulator.world import build_world

    emptied(home)
    with running(SimulatedHalo(build_world(seed=DEMO_SEED, deals=DEMO_DEALS), DEMO_MOMENT)) as url:
        settings = demo_settings(home, url)
        done = [_night(settings, number, nights) for number in range(1, nights + 1)]
    report = _report(settings, done)
    if as_json:
        emit(report.as_payload())
    else:
        report.show(out())
    raise typer.Exit(max(run_night.code_of(result) for result, _ in done))


def demo_settings(home: Path, url: str) -> Settings:
    """The demo's settings; the person's own tenant in `.env` is none of its business."""
    from handoff_pipeline.simulator.access import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET

    return load_settings(
        _env_file=None,
        home=home,
        ledger_url=None,
        policy_file=POLICY,
        as_of=DEMO_MOMENT,
        halo_url=url,
        halo_tenant="demo",
        halo_client_id=DEMO_CLIENT_ID,
        halo_client_secret=DEMO_CLIENT_SECRET,
        web_url="https://demo.halopsa.example",
    )


def emptied(home: Path) -> None:
    """Make `home` an empty folder that carries the demo's mark.

    Raises:
        SettingsError: there is something in it that no demo made.
    """
    if home.is_symlink() or (home.exists() and not home.is_dir()):
        raise SettingsError(f"{home} is no folder of the demo's own.", "Name another one with --home.")
    if home.is_dir() and any(home.iterdir()):
        if not (home / MARKER).is_file():
            raise SettingsError(f"{home} holds something that no demo made, so it is left alone.", "Name another folder with --home.")
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / MARKER).write_text("`handoff demo` empties this folder each time.\n", encoding="utf-8")


def _night(settings: Settings, number: int, nights: int) -> tuple[NightResult, str]:
    """One night and the canonical hash of what it published; a night that fails ends the demo."""
    from handoff_pipeline.warehouse.home import Home
    from handoff_pipeline.warehouse.read import published_manifest

    err().print(plain(f"Night {number} of {nights}"))
    # Pages tell of the newest night alone.
    result = run_night.night(settings, with_pages=number == nights)
    if not result.ok:
        run_night.show(result, out())
        raise typer.Exit(run_night.code_of(result))
    manifest = published_manifest(Home.of(settings))
    if manifest is None:
        raise PublishError("The night ended well and published no manifest.", "Report this with what `handoff status --json` says.")
    return result, manifest.content_hash


def _report(settings: Settings, done: list[tuple[NightResult, str]]) -> DemoReport:
    """What the nights found, read from the published tables."""
    from handoff_pipeline.commands.figures import quarter
    from handoff_pipeline.commands.published import Published
    from handoff_pipeline.commands.worst import worst
    from handoff_pipeline.ledger import Ledger

    published = Published.of(settings)
    with Ledger.open(published.home.ledger) as ledger:
        recorded = Counter(intent.action for intent in ledger.intents.all() if intent.is_shadow)
    return DemoReport(
        home=settings.home,
        published=published.home.published,
        nights=[Night(result.run_id, result.state, content, result.requests, result.requests_by_endpoint) for result, content in done],
        figures=quarter(published),
        worst=worst(published),
        recorded=dict(sorted(recorded.items())),
    )

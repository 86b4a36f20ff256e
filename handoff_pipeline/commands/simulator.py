"""`handoff simulator`: a simulated HaloPSA tenant on loopback, to try commands, policies and reports against. Nothing real is behind it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from handoff_pipeline.commands.screen import Json, emit, err, out, plain
from handoff_pipeline.errors import SettingsError

EXAMPLES = """Examples:\n
handoff simulator\n
handoff simulator --port 8100 --deals 1000 --seed 3\n
handoff simulator --at 2026-09-28T01:30:00 --json"""

DEMO_SEED = 7
DEMO_DEALS = 120
DEMO_MOMENT = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)


def simulator(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port on loopback; 0 takes a free one.")] = 0,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same world.")] = DEMO_SEED,
    deals: Annotated[int, typer.Option("--deals", min=1, max=100_000, help="How many opportunities the year holds.")] = DEMO_DEALS,
    at: Annotated[datetime, typer.Option("--at", help="The moment at which the world stands still (UTC).")] = DEMO_MOMENT,
    as_json: Json = False,
) -> None:
    """Serve a simulated HaloPSA tenant on this machine until interrupted, and print the settings that reach it."""
    from handoff_pipeline.simulator.access import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
    from handoff_pipeline.simulator.serve import serve

    moment = at if at.tzinfo else at.replace(tzinfo=UTC)

    def announce(url: str) -> None:
        settings = {
            "HANDOFF_HALO_URL": url,
            "HANDOFF_HALO_CLIENT_ID": DEMO_CLIENT_ID,
            "HANDOFF_HALO_CLIENT_SECRET": DEMO_CLIENT_SECRET,
            "HANDOFF_AS_OF": moment.isoformat(),
        }
        if as_json:
            emit(settings)
        else:
            for name, value in settings.items():
                out().print(plain(f"export {name}={value}"), soft_wrap=True)
        sys.stdout.flush()
        err().print(plain(f"Serving {deals} deals of seed {seed} at {moment:%Y-%m-%d %H:%M} UTC. Ctrl-C ends it."), soft_wrap=True)

    try:
        serve(port, seed, deals, moment, on_start=announce)
    except OSError as error:
        raise SettingsError(f"The simulator cannot listen: {error.strerror}.", "Name another --port, or leave it out.") from error

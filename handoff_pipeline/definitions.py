"""Dagster's entry point (workspace.yaml and [tool.dg] point here), and `run_nightly` for the command line.

Assets live in `assets/`. The one thing to know: `assets`, `quality` and `exports` are top-level names, so another package of that name
would be imported in their place without a word; start-up refuses that.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import dagster as dg

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import Settings

if TYPE_CHECKING:
    from assets.acting.running import ActingResult
    from assets.night import NightResult
    from assets.rebuild import Rebuilt

CHECKOUT: Final = Path(__file__).resolve().parents[1]
ROOMS: Final = ("assets", "quality", "exports")


def require_own_rooms(checkout: Path = CHECKOUT) -> None:
    """Refuse to start when another package stands in the place of a room of this checkout.

    Raises:
        HandoffError: names the package and where it was found.
    """
    for room in ROOMS:
        if not (checkout / room / "__init__.py").is_file():
            continue
        spec = importlib.util.find_spec(room)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin != checkout / room / "__init__.py":
            raise HandoffError(
                f"The package `{room}` is imported from {origin.parent if origin else 'nowhere'}, and not from {checkout / room}.",
                "Run `make` in the checkout so that it is installed editable, and remove the other package from this environment.",
            )


def _definitions() -> dg.Definitions:
    require_own_rooms()
    # Imported only now: before the check it might be a stranger's package that is imported.
    from assets.graph import definitions

    made = definitions()
    with warnings.catch_warnings():
        # Dagster warns of a parameter that it gives to itself. What it resolves here it keeps.
        warnings.filterwarnings("ignore", message="Parameter `owners` of initializer `SensorDefinition", category=dg.BetaWarning)
        made.get_repository_def()
    return made


defs = _definitions()


def run_nightly(
    settings: Settings, progress: Callable[[str, int, int | None], None] | None = None, *, with_pages: bool = True
) -> NightResult:
    """Run the nightly job now, in this process.

    Args:
        settings: the installation.
        progress: called with a name, how much of it is done, and of how much (None: not known): rows per entity during the pull, steps per
            group of the graph afterwards.
        with_pages: also write the pages for a browser (lineage, quality), some eight seconds; without, those of the night before stay.

    Returns:
        How the night ended; a failure is told in it (and in `alerts.jsonl` of the home) and not raised.
    """
    from assets.night import run_night

    return run_night(defs, settings, progress, with_pages=with_pages)


def run_rebuild(settings: Settings, day: date, into: Path, progress: Callable[[str, int, int | None], None] | None = None) -> Rebuilt:
    """Rebuild in the folder `into` what was published at the end of a past local day; `progress` as in `run_nightly`.

    Raises:
        HandoffError: it cannot be rebuilt; the folder is left as it was found.
    """
    from assets.rebuild import rebuild

    return rebuild(defs, settings, day, into, progress)


def run_acting(settings: Settings, job: str, ids: Sequence[str] = ()) -> ActingResult:
    """Run a job that acts (`remediate`, `escalate`, `approve`, `deliver`, `hourly`) now; `ids` is its list, empty for all."""
    from assets.acting.running import run_job

    return run_job(defs, settings, job, ids)

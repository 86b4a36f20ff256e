"""`handoff status`: how the last run ended, what is published, and which sources are stale, with what to do.

Reads the ledger and the manifest; figures are `explain`'s and the tables' own.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.console import Console
from rich.text import Text

from handoff_pipeline.commands.at_hand import open_ledger
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.outbox_show import SHOWN_ID
from handoff_pipeline.commands.screen import Json, clean, emit, out, plain, table
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import load_settings

if TYPE_CHECKING:
    from handoff_pipeline.ledger import Completeness, Ledger, Run
    from handoff_pipeline.warehouse.manifest import Manifest

EXAMPLES = """Examples:\n
handoff status\n
handoff status --json"""
RELEASE_FIX: Final = (
    "Somebody may have moved them in HaloPSA since. From the pilot on the release is proposed once nothing blocks them by the policy; in "
    "shadow and freeze it is not: `handoff rollback INTENT`."
)


@dataclass(frozen=True)
class Source:
    """How one entity stands. `stale_since` is the start of the first run since which it was not complete.

    `effect` says what the figures lack while an optional entity may not be read.
    """

    entity: str
    state: str
    rows_seen: int
    rows_expected: int | None
    as_of_utc: datetime
    is_stale: bool
    stale_since_utc: datetime | None
    detail: str | None
    advice: str
    effect: str = ""
    requests: int = 0
    requests_minimum: int | None = None


def status(as_json: Json = False) -> None:
    """Show the last run, what is published and how fresh each source is.

    Exits with 3 when something is stale, 1 when the last run failed.
    """
    from handoff_pipeline.governance.releasing import still_blocked
    from handoff_pipeline.ledger import shown
    from handoff_pipeline.warehouse.home import Home
    from handoff_pipeline.warehouse.read import published_manifest

    settings = load_settings()
    home = Home.of(settings)
    with open_ledger(settings) as ledger:
        runs = ledger.runs()
        if not runs:
            raise HandoffError(f"No run is recorded in {shown(home.ledger)}.", "Start one with `handoff run`, or try `make demo`.")
        last = runs[-1]
        sources = [_source(row, ledger) for row in ledger.completeness(last.run_id)]
        frozen = len(ledger.baselines.current())
        blocked = still_blocked(ledger.intents.by_state("confirmed", "accepted"))
    manifest = published_manifest(home)
    if as_json:
        emit(
            {
                "run": asdict(last),
                "published": manifest.model_dump(include={"run_id", "state", "as_of_utc", "content_hash"}) if manifest else None,
                "sources": _plain(sources),
                "baselines": frozen,
                "blocked": [{"handoff_id": one.handoff_id, "intent_id": one.intent_id, "since_utc": one.settled_at} for one in blocked],
            }
        )
    else:
        show(last, sources, manifest, out())
        if blocked:
            deals = ", ".join(f"{one.handoff_id} ({one.intent_id[:SHOWN_ID]})" for one in blocked)
            out().print(plain(f"Blocked by the product and not released by it: {deals}. {RELEASE_FIX}"), soft_wrap=True)
        if not frozen:
            out().print("No baseline is frozen. Before a pilot starts: `handoff baseline capture`.", markup=False)
    raise typer.Exit(exit_of(last, sources))


def exit_of(last: Run, sources: list[Source]) -> Exit:
    """How a script should take it: failed, stale, or all well."""
    if last.state == "failed":
        return Exit.FAILED
    return Exit.STALE if last.state == "stale" or any(source.is_stale for source in sources) else Exit.DONE


def _source(row: Completeness, ledger: Ledger) -> Source:
    from handoff_pipeline.halo.entities import ENTITIES
    from handoff_pipeline.warehouse.manifest import what_to_do

    known = ENTITIES.get(row.entity)
    return Source(
        entity=row.entity,
        state=row.state,
        rows_seen=row.rows_seen,
        rows_expected=row.rows_expected,
        as_of_utc=row.as_of,
        is_stale=row.is_stale,
        stale_since_utc=ledger.incomplete_since(row.entity) if row.state != "complete" else None,
        detail=row.detail,
        advice=what_to_do(row.entity, row.state),
        effect=known.effect if known and row.state == "not_permitted" else "",
        requests=row.requests,
        requests_minimum=row.requests_minimum,
    )


def _plain(sources: list[Source]) -> list[dict[str, Any]]:
    return [asdict(source) for source in sources]


def show(last: Run, sources: list[Source], manifest: Manifest | None, console: Console) -> None:
    """Print the state for a person."""
    style = {"complete": "green", "stale": "yellow", "failed": "red"}.get(last.state, "")
    console.print(plain(f"Last run {last.run_id}: {last.state}", style), soft_wrap=True)
    console.print(
        plain(f"  started {_moment(last.started_at)}, as of {_moment(last.as_of)}, {last.requests} requests, policy {last.policy_version}")
    )
    if last.state == "running":
        console.print(plain("  It is under way, or was killed; the next run tells and clears up."))
    if manifest:
        console.print(plain(f"Published: run {manifest.run_id}, {manifest.state}, as of {_moment(manifest.as_of_utc)}"), soft_wrap=True)
    else:
        console.print(plain("Nothing is published yet."))
    if sources:
        rows = [
            (
                source.entity,
                source.state,
                source.rows_seen,
                "" if source.rows_expected is None else source.rows_expected,
                _moment(source.as_of_utc),
                _moment(source.stale_since_utc) if source.stale_since_utc else "",
            )
            for source in sources
        ]
        console.print(
            table("Sources", ("entity", "state", "rows", "expected", "data as of", "incomplete since"), rows, right=("rows", "expected"))
        )
    for source in sources:
        if source.advice:
            # Cut by itself: the advice must still be there after a long reason.
            reason = clean(source.detail or source.state.replace("_", " ")).rstrip(".")
            effect = f" Without it {source.effect}." if source.effect else ""
            console.print(Text(f"{source.entity}: {reason}.{effect} {clean(source.advice)}"), soft_wrap=True)


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"

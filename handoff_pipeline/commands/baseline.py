"""`handoff baseline`: show what a baseline would be, freeze it, replace it with a reason, list what was ever frozen.

Which weeks count is governance's (baselines), what is read is in baseline_figures.
The one thing to know: what is frozen is kept for good. So it is shown first, and only what is published whole and fresh can be frozen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from handoff_pipeline.clock import clock_for
from handoff_pipeline.commands import baseline_figures as published_figures
from handoff_pipeline.commands.at_hand import open_ledger
from handoff_pipeline.commands.baseline_tables import as_plain, listing, show_candidates
from handoff_pipeline.commands.published import Published
from handoff_pipeline.commands.screen import Json, emit, err, out, plain
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from handoff_pipeline.governance.baselines import Candidate
    from handoff_pipeline.ledger import Ledger
    from handoff_pipeline.ledger.records import BaselineKind

EXAMPLES = """Examples:\n
handoff baseline capture\n
handoff baseline freeze --by "Jo Field" --reason "agreed before the pilot"\n
handoff baseline rebaseline --metric kickoff_delay_rate --by 12 --reason "two delivery teams merged"\n
handoff baseline list"""
CAPTURE_EXAMPLES = """Examples:\n
handoff baseline capture\n
handoff baseline capture --metric kickoff_delay_rate --segment sales_team=North\n
handoff baseline capture --until 2026-08-30 --json"""
FREEZE_EXAMPLES = """Examples:\n
handoff baseline freeze --by "Jo Field" --reason "agreed before the pilot"\n
handoff baseline freeze --metric override_rate --allow-small --by 12 --reason "nine wins a quarter is all there is" --yes"""
REBASELINE_EXAMPLES = """Examples:\n
handoff baseline rebaseline --metric kickoff_delay_rate --by 12 --reason "two delivery teams merged" """
LIST_EXAMPLES = """Examples:\n
handoff baseline list\n
handoff baseline list --json"""

Metrics = Annotated[list[str] | None, typer.Option("--metric", help="A metric, as kpi_weekly's; may be given again. All by default.")]
Segments = Annotated[
    list[str] | None,
    typer.Option("--segment", help="TYPE=NAME, such as sales_team=North; may be given again. All by default."),
]
Until = Annotated[
    datetime | None,
    typer.Option("--until", formats=["%Y-%m-%d"], help="The Sunday with which the window ends; the newest settled one by default."),
]
Small = Annotated[bool, typer.Option("--allow-small", help="Also take figures below the metric's minimum n; the reason should say why.")]
By = Annotated[str, typer.Option("--by", help="Who freezes: an active agent's id or name in HaloPSA.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept for good.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask again after showing what is frozen.")]


def capture(
    metric: Metrics = None, segment: Segments = None, until: Until = None, allow_small: Small = False, as_json: Json = False
) -> None:
    """Show what would be frozen: window, value, interval, n, and which metrics lack data. Changes nothing."""
    settings = load_settings()
    published = _home(settings)
    stale = published_figures.staleness(published, clock_for(settings.as_of).now())
    found = _candidates(published, metric, segment, until, allow_small=allow_small)
    with open_ledger(settings) as ledger:
        current = ledger.baselines.current()
    if as_json:
        since = {each.subject.key: current[each.subject.key].frozen_at for each in found if each.subject.key in current}
        emit(
            {"not_to_be_frozen": stale, "baselines": [as_plain(each) | {"frozen_since_utc": since.get(each.subject.key)} for each in found]}
        )
        return
    show_candidates(found, "What a baseline would be")
    if stale:
        err().print(plain(f"{stale}, so it cannot be frozen now: run `handoff run` first.", "yellow"), soft_wrap=True)
    taken = sum(each.subject.key in current for each in found)
    if taken:
        out().print(plain(f"{taken} of these have a baseline already: `handoff baseline list`."), soft_wrap=True)


def freeze(
    by: By,
    reason: Reason,
    metric: Metrics = None,
    segment: Segments = None,
    until: Until = None,
    allow_small: Small = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Freeze the first baseline of each metric that has enough data; those named with --metric must all have it."""
    published, at = _fresh()
    by_key, name = published_figures.agent(published, by)
    found = _candidates(published, metric, segment, until, allow_small=allow_small)
    with open_ledger(load_settings()) as ledger:
        current = ledger.baselines.current()
        taken = [each for each in found if each.subject.key in current]
        if metric and taken:
            which = ", ".join(each.subject.metric for each in taken)
            raise HandoffError(
                f"A baseline is frozen already: {which}.", "Keep it, or replace it with a reason: `handoff baseline rebaseline`."
            )
        if metric:
            _refuse_lacking(found)
        ready = [each for each in found if not each.lack and each.subject.key not in current]
        lacking = [each for each in found if each.lack and each.subject.key not in current]
        if ready:
            _write(ledger, ready, (at, by_key, name), reason, "first", silent=as_json, yes=yes)
    if as_json:
        emit(
            {"frozen": [as_plain(each) for each in ready], "kept": len(taken), "lacking": [as_plain(each) for each in lacking], "by": name}
        )
        return
    if not ready:
        out().print(plain(f"Nothing to freeze: {len(taken)} have their baseline, {len(lacking)} lack data."), soft_wrap=True)
    for each in lacking:
        out().print(plain(f"Not frozen: {each.subject.metric} of {each.subject.segment}: {each.why}."), soft_wrap=True)


def rebaseline(
    metric: Annotated[list[str], typer.Option("--metric", help="The metric that gets a new baseline; may be given again.")],
    by: By,
    reason: Reason,
    segment: Segments = None,
    until: Until = None,
    allow_small: Small = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Replace the baseline of a metric: the old one stays to be read, targets and charts count from the new one."""
    published, at = _fresh()
    by_key, name = published_figures.agent(published, by)
    found = _candidates(published, metric, segment, until, allow_small=allow_small)
    _refuse_lacking(found)
    with open_ledger(load_settings()) as ledger:
        _write(ledger, found, (at, by_key, name), reason, "rebaseline", silent=as_json, yes=yes)
    if as_json:
        emit({"frozen": [as_plain(each) for each in found], "by": name})


def show_all(as_json: Json = False) -> None:
    """List every baseline ever frozen, with who, when and why."""
    from handoff_pipeline.ledger.baselines import newest

    settings = load_settings()
    _home(settings)
    with open_ledger(settings) as ledger:
        rows = ledger.baselines.all()
    current = list(newest(rows).values())
    if as_json:
        emit({"baselines": [asdict(row) | {"is_current": row in current} for row in rows]})
    elif not rows:
        out().print("No baseline is frozen. Before a pilot: `handoff baseline capture`, then `handoff baseline freeze`.", markup=False)
    else:
        out().print(listing(rows, current))


def _home(settings: Settings) -> Published:
    """The published tables of an installation; a rebuilt folder is refused."""
    published = Published.of(settings)
    published_figures.refuse_rebuild(published)
    return published


def _fresh() -> tuple[Published, datetime]:
    """The published tables and the moment of freezing.

    Raises:
        HandoffError: what is published is not whole and fresh.
    """
    settings = load_settings()
    published, now = _home(settings), clock_for(settings.as_of).now()
    stale = published_figures.staleness(published, now)
    if stale:
        raise HandoffError(f"{stale}, so no baseline can be frozen.", "Run `handoff run`; `handoff status` says what is stale.")
    return published, now


def _candidates(
    published: Published, metrics: Sequence[str] | None, segments: Sequence[str] | None, until: datetime | None, *, allow_small: bool
) -> list[Candidate]:
    from handoff_pipeline.governance.baselines import candidates

    last = until.date() if until else None
    if last and last.isoweekday() != 7:
        raise HandoffError(f"--until {last} is no Sunday.", "Give the Sunday with which the window's last week ends.")
    wanted = published_figures.subjects(published, metrics or (), segments or ())
    sunday = published_figures.last_sunday(published)
    found = candidates(published_figures.figures(published, wanted), wanted, sunday, last)
    return [replace(each, lack="") if allow_small and each.lack == "small" else each for each in found]


def _refuse_lacking(found: Iterable[Candidate]) -> None:
    lacking = [f"{each.subject.metric} of {each.subject.segment}: {each.why}" for each in found if each.lack]
    if lacking:
        fix = "Choose other weeks with --until, or accept a small n with --allow-small and a reason; `handoff baseline capture` shows them."
        raise HandoffError(f"{'; '.join(lacking)}.", fix)


def _write(
    ledger: Ledger,
    found: Sequence[Candidate],
    frozen: tuple[datetime, int, str],
    reason: str,
    kind: BaselineKind,
    *,
    silent: bool,
    yes: bool,
) -> None:
    """Show what is frozen, ask unless told not to, and write it."""
    at, by_key, name = frozen
    if not silent:
        show_candidates(found, "To be frozen")
    if not (yes or silent):
        typer.confirm("Freeze this for good?", abort=True, err=True)
    ledger.baselines.freeze([each.frozen(at, by_key, reason, kind) for each in found])
    if not silent:
        out().print(plain(f"Frozen by {name}: {len(found)} baselines. Tables and targets have them from the next night."), soft_wrap=True)

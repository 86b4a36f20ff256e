"""What the demo shows at its end: the KPIs of the last quarter, the worst handoffs, the counts, and where to look further."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from handoff_pipeline.commands.amounts import UNITS, amount, number
from handoff_pipeline.commands.explain_words import heading, rows, week_name
from handoff_pipeline.commands.screen import plain, table

if TYPE_CHECKING:
    from handoff_pipeline.commands.figures import Figure
    from handoff_pipeline.commands.worst import Worst


@dataclass(frozen=True)
class Night:
    """One night of the demo: its run, the hash of what it published, and what it asked of HaloPSA."""

    run_id: str
    state: str
    canonical_hash: str
    requests: int
    requests_by_endpoint: Mapping[str, int]


@dataclass(frozen=True)
class DemoReport:
    """Everything that the demo found."""

    home: Path
    published: Path
    nights: list[Night]
    figures: list[Figure]
    worst: Worst
    recorded: dict[str, int]
    """What shadow recorded and nobody was sent: action to count."""

    def as_payload(self) -> dict[str, Any]:
        """The report for scripts."""
        return {
            "home": self.home,
            "published": self.published,
            "nights": [asdict(night) for night in self.nights],
            "kpis": [asdict(figure) for figure in self.figures],
            **asdict(self.worst),
            "recorded": self.recorded,
        }

    def show(self, console: Console) -> None:
        """The report for a person."""
        self._show_kpis(console)
        self._show_handoffs(console)
        self._show_nights(console)
        database = self.published / "handoff.duckdb"
        console.print()
        for line in (
            f"Tables:   {self.published}/parquet/v1/*.parquet, {self.published}/csv/*.csv, {database}",
            f"Query:    duckdb -readonly {database}",
            f"Explain:  HANDOFF_HOME={self.home} .venv/bin/handoff explain handoff {self._example()}",
            f"          HANDOFF_HOME={self.home} .venv/bin/handoff explain kpi kickoff_delay_rate",
            f"Outbox:   HANDOFF_HOME={self.home} .venv/bin/handoff outbox list --all",
            f"Dagster:  make dev HANDOFF_HOME={self.home}",
        ):
            console.print(plain(line), soft_wrap=True)

    def _show_kpis(self, console: Console) -> None:
        heading(console, "KPIs: the last 13 weeks whose outcomes are all in, up to the week named")
        has_target = any(figure.target_due for figure in self.figures)
        cells = [
            (
                figure.title,
                amount(figure.value, figure.unit),
                _interval(figure),
                UNITS.get(figure.unit, figure.unit),
                figure.n,
                week_name(figure.last_week),
                *((_target(figure),) if has_target else ()),
            )
            for figure in self.figures
        ]
        columns = ("KPI", "value", "95 % interval", "unit", "n", "to week", *(("target",) if has_target else ()))
        rows(console, columns, cells, right=("value", "95 % interval", "n"), cut="KPI")

    def _show_handoffs(self, console: Console) -> None:
        rows = [(each.handoff_id, each.title, number(each.score, 1), each.missing, each.owner) for each in self.worst.handoffs]
        console.print()
        console.print(table("Handoffs with hard gaps", ("id", "deal", "score", "missing", "owner"), rows, right=("score",)))
        console.print()
        console.print(plain(f"Gaps: {counted(self.worst.gaps)}"), soft_wrap=True)
        console.print(plain(f"Bypasses: {counted(self.worst.bypasses)}"), soft_wrap=True)
        console.print(plain(f"Recorded in phase shadow, sent to nobody: {counted(self.recorded)}"), soft_wrap=True)

    def _show_nights(self, console: Console) -> None:
        endpoints = sorted({endpoint for night in self.nights for endpoint in night.requests_by_endpoint})
        names = [f"night {position}" for position in range(1, len(self.nights) + 1)]
        rows: list[tuple[object, ...]] = [
            (endpoint, *(night.requests_by_endpoint.get(endpoint, 0) for night in self.nights)) for endpoint in endpoints
        ]
        rows.append(("together", *(night.requests for night in self.nights)))
        console.print()
        console.print(table("Requests to HaloPSA", ("endpoint", *names), rows, right=names))
        console.print()
        for name, night in zip(names, self.nights, strict=True):
            console.print(plain(f"{name}: run {night.run_id}, {night.state}, canonical hash {night.canonical_hash}"), soft_wrap=True)

    def _example(self) -> int:
        return self.worst.handoffs[0].handoff_id if self.worst.handoffs else 1


def _interval(figure: Figure) -> str:
    if figure.low is None and figure.high is None:
        return ""
    return f"{amount(figure.low, figure.unit)} to {amount(figure.high, figure.unit)}"


def _target(figure: Figure) -> str:
    """How the window's last week stands against the target in force."""
    if figure.target_due is None:
        return ""
    return f"{figure.status.replace('_', ' ')}: {amount(figure.target_value, figure.unit)}"


def counted(counts: Mapping[str, int]) -> str:
    """Counts in a line."""
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()) or "none"

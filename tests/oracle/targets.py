"""Targets: the policy's own, and the playbook's, which are parts of a baseline of the whole tenant, dated from its freeze.

A target names its segment by text, and an agent or client by name; the place in the list stands for a source that is not given.
Which of them is in force in a week is in `standing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.oracle.baselines import Baseline
from tests.oracle.observation import Seen
from tests.oracle.segments import ALL, Segment, names_of, text_segment

PLAYBOOK: tuple[tuple[str, int, float, float | None], ...] = (
    ("handoff_completeness", 56, 1.10, 1.25),
    ("handoff_completeness", 91, 1.10, None),
    ("kickoff_delay_rate", 56, 0.90, 0.75),
    ("kickoff_delay_rate", 60, 0.90, 0.75),
    ("scope_change_frequency", 91, 0.90, 0.85),
)
"""Metric, days from the freeze to the due day, and by what the baseline is multiplied to give low and high."""
BEST_SCORE = 100.0


@dataclass(frozen=True)
class Target:
    """A dated target, absolute; the playbook's have no `source` here, because its words are free."""

    metric: str
    segment: Segment
    kind: str
    low: float
    high: float | None
    due: date
    source: str | None = None


def kpi_target(seen: Seen, baselines: Sequence[Baseline]) -> Iterator[dict[str, Any]]:
    """The table's rows; `baselines` are those in force."""
    found = list(_own(seen))
    for baseline in baselines:
        found += _of_the_playbook(seen, baseline)
    for each in found:
        row = {"low": each.low, "high": each.high, "due": each.due}
        source = {} if each.source is None else {"source": each.source}
        yield {"metric_key": seen.key("metric", each.metric), **each.segment.columns, "kind": each.kind, **row, **source}


def targets_of(seen: Seen, metric: str, segment: Segment, baseline: Baseline | None) -> list[Target]:
    """Targets of a metric in a segment that has this baseline, the policy's first; none without one."""
    if baseline is None:
        return []
    own = [each for each in _own(seen) if (each.metric, each.segment) == (metric, segment)]
    return [each for each in (*own, *_of_the_playbook(seen, baseline)) if each.due > baseline.day]


def _own(seen: Seen) -> Iterator[Target]:
    for place, row in enumerate(seen.rules.targets, start=1):
        high = None if row.get("high") is None else float(row["high"])
        source = row.get("source") or f"targets[{place}]"
        yield Target(row["metric"], _segment(seen, row), "policy", float(row["low"]), high, row["due"], source)


def _of_the_playbook(seen: Seen, baseline: Baseline) -> Iterator[Target]:
    if baseline.segment != ALL or not seen.rules.has_playbook_targets:
        return
    for metric, days, low, high in PLAYBOOK:
        if metric == baseline.metric:
            limit = BEST_SCORE if metric == "handoff_completeness" else float("inf")
            better = None if high is None else min(limit, baseline.value * high)
            yield Target(metric, ALL, "playbook", min(limit, baseline.value * low), better, baseline.day + timedelta(days=days))


def _segment(seen: Seen, target: Mapping[str, Any]) -> Segment:
    kind, name = target.get("segment_type", "all"), target.get("segment", "all")
    if kind == "all":
        return ALL
    if kind in {"sales_agent", "client"}:
        return Segment(kind, next(key for key, known in names_of(seen).items() if known == name), name)
    return text_segment(seen, kind, name)

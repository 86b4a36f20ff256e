"""Restatements: figures that were published as final and came out otherwise on a later night.

What each night published is the oracle's own kpi_weekly of that night, so a restatement is the difference of two of them. A
figure that appears was final where its metric had final figures that late; one of a week that is too old to be reported has
not changed. Why a figure changed is not worked out here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from tests.oracle.keys import utc
from tests.oracle.night import Night

Row = Mapping[str, Any]
Key = tuple[int, date, str, int]


def kpi_restatement(nights: Iterable[Night]) -> Iterator[dict[str, Any]]:
    """The table's rows; every night published."""
    for before, after in pairwise(nights):
        published, now = ({key_of(row): row for row in night.weekly} for night in (before, after))
        last = last_final_weeks(before.weekly)
        cuts = {row["segment_type"] for row in before.weekly}
        for key in sorted(published.keys() | now.keys()):
            metric_key, week, segment_type, segment_key = key
            old, new = (rows[key]["value"] if key in rows else None for rows in (published, now))
            if key in published:
                was_final = not published[key]["is_partial_week"]
            else:
                was_final = week <= last.get(metric_key, date.min) and segment_type in cuts
            if week >= after.oldest and was_final and not is_same(old, new):
                yield {
                    "metric_key": metric_key,
                    "week_start": week,
                    "segment_type": segment_type,
                    "segment_key": segment_key,
                    "old_value": old,
                    "new_value": new,
                    "restated_at_utc": utc(after.seen.as_of),
                }


def last_final_weeks(rows: Iterable[Row]) -> dict[int, date]:
    """Metric -> the newest week of which it has a final figure."""
    found: dict[int, date] = {}
    for row in rows:
        if not row["is_partial_week"]:
            found[row["metric_key"]] = max(row["week_start"], found.get(row["metric_key"], date.min))
    return found


def key_of(row: Row) -> Key:
    """What names a figure."""
    return row["metric_key"], row["week_start"], row["segment_type"], row["segment_key"]


def is_same(old: float | None, new: float | None) -> bool:
    """Whether two nights say the same, but for what lies behind the twelfth digit."""
    if old is None or new is None:
        return old is None and new is None
    return math.isclose(old, new, rel_tol=1e-11, abs_tol=1e-12)

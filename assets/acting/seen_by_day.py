"""What is published, as the last hour's look saw it since: gaps that were mended, the newest reasons, scores and sign-offs.

Looking is `assets.hour`'s. The one thing to know: an hour closes gaps and opens none. A gap's name holds the night that detected it, so a
new one begins with the next night, and one that a night published as closed stays closed until then.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from assets.acting.published_rows import PublishedRows
from handoff_pipeline.governance.remediation_rows import GapRow, gap_id_of
from handoff_pipeline.warehouse.hour import Hour, HourGap


def as_seen(rows: PublishedRows, hour: Hour) -> PublishedRows:
    """The published rows with what the hour found."""
    found = {gap_id_of(one.handoff_id, one.item, one.detected_at): one for one in hour.gaps}
    gaps = [_gap(gap, found[gap.gap_id]) if gap.gap_id in found and gap.is_open else gap for gap in rows.gaps]
    closed = Counter(gap.handoff_id for gap in gaps if gap.is_by_day)
    seen = {one.handoff_id: one for one in hour.records}
    records = [
        replace(
            record, score=seen[record.handoff_id].score, signoff_state=seen[record.handoff_id].signoff_state,
            open_gaps=max(record.open_gaps - closed[record.handoff_id], 0),
        )
        if record.handoff_id in seen else record
        for record in rows.records
    ]  # fmt: skip
    return replace(rows, gaps=gaps, records=records)


def _gap(gap: GapRow, seen: HourGap) -> GapRow:
    if seen.state == "open":
        return replace(gap, reason=seen.reason)
    return replace(gap, state=seen.state, resolved_at=seen.resolved_at, is_by_day=True)

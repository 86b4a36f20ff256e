"""What people read last: its figures and restatements, and the landing, policy and version that they are of.

Comparing with it is restatements.py's. The one thing to know: `published/` is read where it is there; where somebody deleted it, the
history has every figure as it was published, and only the records behind the figures are not known.
"""
# ruff: noqa: S608 - columns and tables are constants of this package

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.governance import restatements
from handoff_pipeline.governance.restatements import FIGURE, MEMBER_COLUMNS, Publication
from handoff_pipeline.warehouse import Connection, Home, Manifest, history, history_sources, read
from handoff_pipeline.warehouse.history import KeptNight

RESTATED: Final = "kpi.kpi_restatement"
POINTS: Final = f"select {', '.join(FIGURE)}, segment, value, is_partial_week from "
MEMBER: Final = f"select {', '.join(MEMBER_COLUMNS)} from "
DEAL: Final = """
    select d.handoff_key, d.deal_state, f.kickoff_committed_date as committed_on
    from {layer}dim_handoff as d
    left join {layer}fact_handoff as f on d.handoff_key = f.handoff_key
"""
_EARLIER: Final = f"select {', '.join(restatements.SCHEMA)} from "
_KEPT_POINTS: Final = f"select {', '.join(FIGURE)}, cast(null as varchar) as segment, value, is_partial_week from "
_STANDING: Final = f" where {history.TO_NIGHT} is null"


@dataclass(frozen=True)
class LastPublished:
    """The last publication that people could read.

    `points` are FIGURE, `segment` (NULL out of the history), `value` and `is_partial_week`; `earlier` is the whole kpi_restatement;
    `landed_by` is the run that landed what the figures are made of. `tables` can be read from `published/`: none where it is gone.
    """

    points: pl.DataFrame
    earlier: pl.DataFrame
    landed_by: str
    as_of: datetime
    policy_hash: str
    product_version: str
    tables: frozenset[str] = frozenset()

    def publication(self, home: Home, now: Publication) -> Publication:
        """It with the records behind its figures; out of the history none are known, so tonight's deals (of `now`) count as unmoved."""
        if not self.tables:
            return Publication(now.members.clear(), now.deals, self.policy_hash, self.product_version, knows_members=False)
        has_members = "kpi_member" in self.tables
        members = read.query(home, f"{MEMBER}kpi_member") if has_members else now.members.clear()
        return Publication(members, read.query(home, DEAL.format(layer="")), self.policy_hash, self.product_version, has_members)


def last_published(home: Home) -> LastPublished | None:
    """What people read last; None before anything was published.

    Raises:
        WarehouseError: what is published cannot be read; or that is gone and the history is damaged.
    """
    manifest = read.published_manifest(home)
    if manifest is None or not home.published_file.exists():
        return _kept(home)
    night = night_behind(home, manifest)
    return LastPublished(
        read.query(home, f"{POINTS}kpi_weekly"),
        read.query(home, f"{_EARLIER}kpi_restatement").cast(pl.Schema(restatements.SCHEMA)),
        *_made_by(night) if night else (manifest.run_id, manifest.as_of_utc, manifest.policy_hash, manifest.product_version),
        tables=frozenset(manifest.tables),
    )


def night_behind(home: Home, published: Manifest) -> KeptNight | None:
    """The night whose figures stand in `published/`, where the manifest is of a stale one, which left them as they were; else None."""
    if published.state != "stale" or not home.history_file.exists():
        return None
    try:
        with history.reading(home.history_file) as conn:
            held = history.nights(conn)
    except WarehouseError:
        # One of an earlier release tells nothing of its nights; a damaged one stops a complete night when it is published.
        return None
    return held[-1] if held else None


def _kept(home: Home) -> LastPublished | None:
    """The same out of the history, which holds what was published last, and all restatements that there were."""
    if not home.history_file.exists():
        return None
    try:
        with history.reading(home.history_file) as conn:
            held = history.nights(conn)
            if not held:
                return None
            points, earlier = _standing(conn, history_sources.FIGURE, _KEPT_POINTS), _standing(conn, RESTATED, _EARLIER)
    except history.EarlierForm:
        return None
    nothing = pl.DataFrame(schema=restatements.SCHEMA)
    return LastPublished(points, earlier.cast(nothing.schema) if earlier.width else nothing, *_made_by(held[-1]))


def _standing(conn: Connection, table: str, select: str) -> pl.DataFrame:
    """The table's rows as its newest night left them; no column where the history does not have it."""
    if not history.holds(conn, table):
        return pl.DataFrame()
    # Not by frames.read: what cannot be read here is the history's damage, and `reading` says what to do about that. On a cursor, because
    # DuckDB 2.0 refuses a relation while the connection has a result that is still open.
    frame: pl.DataFrame = conn.cursor().sql(f"{select}{table}{_STANDING}").pl()
    return frame


def _made_by(night: KeptNight) -> tuple[str, datetime, str, str]:
    return night.landed_by, night.as_of, night.policy_hash, night.product_version

"""Which published figures changed after they were final, by how much and why: two publications in, rows of kpi_restatement out. Pure.

What a figure is made of is kpi_member's; which records changed in HaloPSA is told from outside.
The one thing to know: a figure is compared with what people last saw, so a night that published nothing restates nothing, and the same
night twice adds no row.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import polars as pl

FIGURE: Final = ("metric_key", "week_start", "segment_type", "segment_key")
KEY: Final = (*FIGURE, "restated_at_utc")
SCHEMA: Final[dict[str, pl.DataType]] = {
    "metric_key": pl.Int64(),
    "week_start": pl.Date(),
    "segment_type": pl.String(),
    "segment_key": pl.Int64(),
    "old_value": pl.Float64(),
    "new_value": pl.Float64(),
    "restated_at_utc": pl.Datetime("us"),
    "cause": pl.String(),
    "source_url": pl.String(),
}
CAUSES: Final = ("commit_moved", "deal_state_changed", "deleted", "late_record", "changed_record", "rate_changed")
"""What a record can do to a figure, the first that fits; before these `policy_changed`, after them `model_changed`, `source_changed`."""
SEGMENTS: Final = {
    "sales_team": "sales_team", "sales_agent": "sales_agent_key", "client": "client_key", "deal_type": "deal_type",
    "service_template": "service_template", "delivery_team": "delivery_team", "change_origin": "change_origin",
}  # fmt: skip
"""Segment type to the member's column that says in which segment it is."""
KEYED: Final = frozenset({"sales_agent", "client"})
_MEMBER: Final = ("metric_key", "week_start", "record", "record_key")
_ADDS: Final = (
    "is_counted", "exclusion", "numerator", "denominator", "numerator_2", "denominator_2", "duration", "is_event", *SEGMENTS.values(),
)  # fmt: skip
_CARRIED: Final = ("handoff_key", "project_key", "happened_on", "source_url")
MEMBER_COLUMNS: Final = (*_MEMBER, *_CARRIED, *_ADDS)
DIGITS: Final = 1e-11
"""Doubles count to 12 significant digits, as in the canonical hash."""


@dataclass(frozen=True)
class Publication:
    """What one night published: `members` as kpi_member, `deals` (handoff_key, deal_state, committed_on); its policy and version.

    `knows_members` is false where its figures are known and the records behind them are not; `members` is empty then.
    """

    members: pl.DataFrame
    deals: pl.DataFrame
    policy_hash: str
    product_version: str
    knows_members: bool = True


def changed(before: pl.DataFrame, now: pl.DataFrame, since: date = date.min) -> pl.DataFrame:
    """The figures that were final when they were last published and are different tonight, with `old_value`, `new_value` and `segment`.

    Both frames are kpi_weekly's FIGURE columns, `segment`, `value` and `is_partial_week`. A figure that nobody published while its metric
    had final figures of that week or a later one has appeared; one of a metric or of a kind of segment that is new has not. A week before
    `since` is reported no more: its figures have not vanished.
    """
    old = before.select(*FIGURE, "segment", old_value="value", was_partial="is_partial_week")
    new = now.select(*FIGURE, segment_now="segment", new_value="value", is_partial="is_partial_week")
    both = old.join(new, on=FIGURE, how="full", coalesce=True)
    reach = before.filter(~pl.col("is_partial_week")).group_by("metric_key").agg(reach=pl.col("week_start").max())
    kinds = before.get_column("segment_type").unique().to_list()
    was_final = pl.col("was_partial").is_not_null() & ~pl.col("was_partial")
    has_appeared = (
        pl.col("was_partial").is_null()
        & ~pl.col("is_partial").fill_null(value=True)
        & (pl.col("week_start") <= pl.col("reach"))
        & pl.col("segment_type").is_in(kinds)
    ).fill_null(value=False)
    return (
        both.join(reach, on="metric_key", how="left")
        .filter((pl.col("week_start") >= since) & (was_final | has_appeared) & _differ("old_value", "new_value"))
        .select(*FIGURE, pl.coalesce("segment", "segment_now").alias("segment"), "old_value", "new_value")
    )


def explained(
    figures: pl.DataFrame,
    before: Publication,
    now: Publication,
    changes: pl.DataFrame,
    at: datetime,
    *,
    committed: Collection[int],
    rates_changed: bool,
) -> pl.DataFrame:
    """The rows of kpi_restatement for `changed` figures: each with its cause, and the record's page where exactly one moved it.

    Where the members before are not known, every member now may have moved the figure: the causes are told from those, and no page is.

    Args:
        figures: as `changed` returns them.
        before: what was published last.
        now: what is about to be published.
        changes: records that came, changed or went in HaloPSA since: handoff_key, project_key (0 for none) and kind (one of CAUSES).
        at: naive UTC as-of of the night that publishes the change.
        committed: keys of the metrics whose week is that of the committed date.
        rates_changed: an agent's cost changed since.
    """
    causes = _by_figure(figures, _moved(before, now, changes, committed, rates_changed=rates_changed))
    otherwise = "model_changed" if before.product_version != now.product_version else "source_changed"
    cause = pl.lit("policy_changed") if before.policy_hash != now.policy_hash else pl.col("cause").fill_null(otherwise)
    told = figures.join(causes, on=FIGURE, how="left").with_columns(
        cause=cause,
        restated_at_utc=pl.lit(at, dtype=pl.Datetime("us")),
        source_url=pl.col("source_url") if before.knows_members else pl.lit(None, dtype=pl.String),
    )
    return told.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())


def carried(earlier: pl.DataFrame, fresh: pl.DataFrame) -> pl.DataFrame:
    """Earlier restatements with tonight's. Where a night is published twice, its row goes from what stood before it to what stands now."""
    first = earlier.select(*KEY, stood="old_value", reason="cause")
    merged = fresh.join(first, on=KEY, how="left").with_columns(
        old_value=pl.when(pl.col("reason").is_not_null()).then(pl.col("stood")).otherwise(pl.col("old_value")),
    )
    kept = earlier.join(fresh, on=KEY, how="anti").select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    return pl.concat([kept, merged.filter(_differ("old_value", "new_value")).select(SCHEMA.keys())]).sort(KEY)


def _moved(
    before: Publication, now: Publication, changes: pl.DataFrame, committed: Collection[int], *, rates_changed: bool
) -> pl.DataFrame:
    """The members that came, went or add something else, with the place of their cause in CAUSES (null: none of these)."""
    old = before.members.select(MEMBER_COLUMNS)
    new = now.members.select(MEMBER_COLUMNS)
    delta = old.with_columns(was=pl.lit(value=True)).join(
        new.with_columns(is_now=pl.lit(value=True)), on=_MEMBER, how="full", coalesce=True, suffix="_now"
    )
    different = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_now")) for name in _ADDS)
    delta = delta.filter(pl.col("was").is_null() | pl.col("is_now").is_null() | different).with_columns(
        pl.coalesce(f"{name}_now", name).alias(name) for name in _CARRIED
    )
    return _with_causes(delta, before, now, changes, committed, rates_changed=rates_changed)


def _with_causes(
    delta: pl.DataFrame, before: Publication, now: Publication, changes: pl.DataFrame, committed: Collection[int], *, rates_changed: bool
) -> pl.DataFrame:
    then, present = ({"deal_state": f"state_{side}", "committed_on": f"committed_{side}"} for side in ("then", "now"))
    deals = before.deals.rename(then).join(now.deals.rename(present), on="handoff_key", how="full", coalesce=True)
    rank = {kind: place for place, kind in enumerate(CAUSES)}
    told = changes.with_columns(rank=pl.col("kind").replace_strict(rank, return_dtype=pl.Int64))
    by_handoff = told.filter(pl.col("handoff_key") != 0).group_by("handoff_key").agg(of_handoff=pl.col("rank").min())
    by_project = told.filter(pl.col("project_key") != 0).group_by("project_key").agg(of_project=pl.col("rank").min())
    joined = (
        delta.join(deals, on="handoff_key", how="left")
        .join(by_handoff, on="handoff_key", how="left")
        .join(by_project, on="project_key", how="left")
    )
    has_state_changed = (pl.col("handoff_key") != 0) & pl.col("state_then").ne_missing(pl.col("state_now"))
    of_record = pl.coalesce("of_project", "of_handoff")
    return joined.with_columns(
        rank=pl.when(pl.col("metric_key").is_in(list(committed)) & (pl.col("committed_then") != pl.col("committed_now")))
        .then(rank["commit_moved"])
        .when(has_state_changed & (pl.col("state_now").is_null() | (pl.col("state_now") == "deleted")))
        .then(rank["deleted"])
        .when(has_state_changed & pl.col("state_then").is_not_null())
        .then(rank["deal_state_changed"])
        .otherwise(pl.coalesce(of_record, pl.lit(rank["rate_changed"] if rates_changed else None, dtype=pl.Int64)))
    )


def _by_figure(figures: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    """FIGURE columns, cause and source_url of every figure that a moved member belongs to, before or now."""
    parts = [
        figures.filter(pl.col("segment_type") == "all").join(moved, on=["metric_key", "week_start"]).select(*FIGURE, *_SAID),
    ]
    for kind, column in SEGMENTS.items():
        wanted = figures.filter(pl.col("segment_type") == kind)
        name = "segment_key" if kind in KEYED else "segment"
        for side in (column, f"{column}_now"):
            part = wanted.join(moved, left_on=["metric_key", "week_start", name], right_on=["metric_key", "week_start", side])
            parts.append(part.select(*FIGURE, *_SAID))
    records = pl.concat(parts).unique()
    return (
        records.group_by(FIGURE)
        .agg(
            place=pl.col("rank").min(),
            source_url=pl.when(pl.struct("record", "record_key").n_unique() == 1).then(pl.col("source_url").first()),
        )
        .select(
            *FIGURE,
            pl.col("place").replace_strict(dict(enumerate(CAUSES)), default=None, return_dtype=pl.String).alias("cause"),
            pl.when(pl.col("source_url") != "").then(pl.col("source_url")).alias("source_url"),
        )
    )


_SAID: Final = ("record", "record_key", "rank", "source_url")


def _differ(one: str, other: str) -> pl.Expr:
    """Whether two columns differ in a digit that counts; NULL differs from every number."""
    left, right = pl.col(one), pl.col(other)
    apart = (left - right).abs() > DIGITS * pl.max_horizontal(left.abs(), right.abs())
    return (left.is_null() != right.is_null()) | apart.fill_null(value=False)

"""What `handoff baseline` reads: published figures of the metrics and segments asked for, the agent who freezes, and how fresh it all is.

What is frozen is governance's (baselines), the commands themselves are in baseline.
The one thing to know: nothing but published tables is read, so what is frozen is what people could see.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from handoff_pipeline.errors import HandoffError

if TYPE_CHECKING:
    import polars as pl

    from handoff_pipeline.commands.published import Published
    from handoff_pipeline.governance.baselines import Subject

_WEEKLY: Final = """
    select
        d.metric, w.segment_type, w.segment_key, w.week_start, w.is_partial_week, w.numerator, w.denominator, w.numerator_2,
        w.denominator_2, w.n, w.value, w.ci_low, w.ci_high
    from kpi_weekly as w
    inner join dim_metric as d on w.metric_key = d.metric_key
    where w.segment_type = 'all' or (w.segment_type = $segment_type and w.segment_key = $segment_key)
"""
# A record belongs to each of its segments; the whole tenant is asked for with no segment at all.
_SQUARES: Final = """
    select
        d.metric,
        $segment_type as segment_type,
        cast($segment_key as bigint) as segment_key,
        m.week_start,
        sum(m.numerator * m.numerator) as sum_of_squares
    from kpi_member as m
    inner join dim_metric as d on m.metric_key = d.metric_key
    where
        d.aggregation = 'mean'
        and m.is_counted
        and case $segment_type
            when 'all' then true
            when 'sales_team' then m.sales_team = $segment
            when 'delivery_team' then m.delivery_team = $segment
            when 'deal_type' then m.deal_type = $segment
            when 'service_template' then m.service_template = $segment
            when 'change_origin' then m.change_origin = $segment
            when 'sales_agent' then m.sales_agent_key = $segment_key
            when 'client' then m.client_key = $segment_key
        end
    group by d.metric, m.week_start
"""
_KNOWN: Final = """
    select distinct w.segment_key, w.segment from kpi_weekly as w where w.segment_type = $segment_type order by w.segment, w.segment_key
"""
_AGENTS: Final = """
    select a.agent_key, a.halo_agent_id, a.agent_name, a.is_active from dim_agent as a where a.agent_key != 0 order by a.halo_agent_id
"""


def refuse_rebuild(published: Published) -> None:
    """Stop where the folder is no home of nights: a past week once more, which has no ledger and which no night follows.

    Raises:
        HandoffError: `handoff rebuild` wrote what is published.
    """
    from handoff_pipeline.warehouse.read import published_manifest

    manifest = published_manifest(published.home)
    if manifest and manifest.rebuild:
        raise HandoffError(
            f"{published.home.root} holds the rebuild of {manifest.rebuild.day} (manifest.rebuild), and a rebuild has no baselines.",
            "Set HANDOFF_HOME to the installation's own folder; --until takes the weeks up to an earlier Sunday.",
        )


def staleness(published: Published, now: datetime) -> str:
    """Why nothing may be frozen from what is published now; empty where it may.

    Raises:
        WarehouseError: nothing is published.
    """
    from handoff_pipeline.commands.standing import OVERDUE
    from handoff_pipeline.errors import WarehouseError
    from handoff_pipeline.warehouse.read import published_manifest

    manifest = published_manifest(published.home)
    if manifest is None:
        raise WarehouseError("Nothing has been published yet, so there is nothing to freeze.", "Run `handoff run` (or `make demo`) first.")
    as_of = f"{manifest.as_of_utc:%Y-%m-%d %H:%M} UTC"
    if manifest.state == "stale" or manifest.stale:
        what = ", ".join(sorted(each.entity for each in manifest.stale)) or "a source"
        return f"What is published is stale ({what})"
    if manifest.as_of_utc > now:
        return f"What is published is as of {as_of}, which is after now ({now:%Y-%m-%d %H:%M} UTC)"
    if now - manifest.as_of_utc > OVERDUE:
        return f"What is published is as of {as_of}, {(now - manifest.as_of_utc) / timedelta(days=1):.1f} days ago"
    return ""


def subjects(published: Published, metrics: Sequence[str], segments: Sequence[str]) -> list[Subject]:
    """The metrics in the segments asked for: every metric of the whole tenant by default.

    Raises:
        HandoffError: a metric or segment does not exist; names those that look alike.
    """
    from handoff_pipeline.governance.baselines import Subject
    from handoff_pipeline.tables import METRICS

    known = [each.metric for each in METRICS]
    for metric in metrics:
        if metric not in known:
            raise HandoffError(f"There is no metric {metric!r}.", f"Did you mean {_near(metric, known)}? docs/kpis.md has them all.")
    wanted = [name for name in known if name in metrics or not metrics]
    parts = [_segment(published, each) for each in segments] or [("all", 0, "all")]
    return [Subject(metric, *part) for part in parts for metric in wanted]


def figures(published: Published, wanted: Sequence[Subject]) -> pl.DataFrame:
    """kpi_weekly of the subjects' segments and of the whole tenant, with metric and sum_of_squares."""
    import polars as pl

    of_segment = []
    for segment_type, key, name in dict.fromkeys((each.segment_type, each.segment_key, each.segment) for each in wanted):
        weekly = published.frame(_WEEKLY, segment_type=segment_type, segment_key=key)
        squares = published.frame(_SQUARES, segment_type=segment_type, segment_key=key, segment=name)
        of_segment.append(weekly.join(squares, on=["metric", "segment_type", "segment_key", "week_start"], how="left"))
    return pl.concat(of_segment).unique(["metric", "segment_type", "segment_key", "week_start"], keep="last", maintain_order=True)


def last_sunday(published: Published) -> date:
    """The end of the newest week that lies before the newest published one."""
    newest = published.rows("select max(w.week_start) as week_start from kpi_weekly as w")[0]["week_start"]
    if newest is None:
        raise HandoffError("No figure is published yet.", "There must be a won deal first: `handoff status`, `handoff doctor`.")
    return newest - timedelta(days=1)  # type: ignore[no-any-return]


def agent(published: Published, by: str) -> tuple[int, str]:
    """Key and name of the agent with that HaloPSA id or name.

    Raises:
        HandoffError: there is none, there are several, or they are not active any more.
    """
    everybody = published.rows(_AGENTS)
    found = [row for row in everybody if str(row["halo_agent_id"]) == by.strip() or row["agent_name"].casefold() == by.strip().casefold()]
    if not found:
        near = _near(by, [row["agent_name"] for row in everybody])
        raise HandoffError(f"No agent {by!r} is published.", f"Give an agent's id or name as in HaloPSA; names that look alike: {near}.")
    if len(found) > 1:
        ids = ", ".join(str(row["halo_agent_id"]) for row in found)
        raise HandoffError(f"{len(found)} agents are called {by!r}.", f"Give the id instead: {ids}.")
    if not found[0]["is_active"]:
        raise HandoffError(f"{found[0]['agent_name']} is not active in HaloPSA any more.", "Let an active agent freeze the baseline.")
    return int(found[0]["agent_key"]), str(found[0]["agent_name"])


def _segment(published: Published, given: str) -> tuple[str, int, str]:
    from handoff_pipeline.tables.kpi import SEGMENT_TYPES

    kind, _, name = given.partition("=")
    if kind not in SEGMENT_TYPES or (not name and kind != "all"):
        raise HandoffError(
            f"{given!r} is no segment.", f"Write TYPE=NAME, for example sales_team=North; types: {', '.join(SEGMENT_TYPES)}."
        )
    if kind == "all":
        return ("all", 0, "all")
    known = published.rows(_KNOWN, segment_type=kind)
    found = [row for row in known if name in {row["segment"], str(row["segment_key"])}]
    if len(found) == 1:
        return (kind, int(found[0]["segment_key"]), str(found[0]["segment"]))
    if found:
        keys = ", ".join(str(row["segment_key"]) for row in found)
        raise HandoffError(f"{len(found)} segments of {kind} are called {name!r}.", f"Give the key instead: {kind}={keys}.")
    near = _near(name, [row["segment"] for row in known])
    raise HandoffError(f"No {kind} {name!r} has figures.", f"Write it as kpi_weekly.segment has it; names that look alike: {near}.")


def _near(name: str, known: Sequence[str]) -> str:
    by_fold = {one.casefold(): one for one in known}
    found = difflib.get_close_matches(name.casefold(), by_fold, n=3, cutoff=0.4)
    return ", ".join(by_fold[one] for one in found) or ", ".join(sorted(known)[:3]) or "none"

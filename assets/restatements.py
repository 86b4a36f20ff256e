"""kpi_restatement: what was published final and is different tonight, beside every restatement there ever was.

Comparing and finding the cause is governance's. The one thing to know: what is compared with is what people can read now, so the copy in
`published/` is read, and where that is gone only the earlier rows are had from the history; a rebuild takes the whole table from there,
because what was published when cannot be built again.
"""
# ruff: noqa: S608 - columns and tables are constants of this package

from __future__ import annotations

from typing import Final

import dagster as dg
import polars as pl

from assets import metadata
from assets.kpis import WEEKLY
from assets.naming import BATCH, POOL, group_of, key_of, team
from assets.resources import WarehouseResource
from assets.steps import told
from assets.table_frames import duckdb_types
from handoff_pipeline import __version__
from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.governance import restatements
from handoff_pipeline.governance.restatements import FIGURE, MEMBER_COLUMNS, Publication
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.policy import load_policy
from handoff_pipeline.settings import Settings
from handoff_pipeline.tables import TABLES
from handoff_pipeline.warehouse import Connection, Home, Manifest, changed, finish_killed, frames, history, read
from handoff_pipeline.warehouse.history import KeptNight

TABLE: Final = "kpi.kpi_restatement"
MEMBERS: Final = "kpi.kpi_member"
DEALS: Final = ("marts.dim_handoff", "marts.fact_handoff")
COMMITTED: Final = ("kickoff_delay_rate",)
"""Metrics whose week is that of the committed date."""
_POINTS: Final = f"select {', '.join(FIGURE)}, segment, value, is_partial_week from "
_MEMBER: Final = f"select {', '.join(MEMBER_COLUMNS)} from "
_DEAL: Final = """
    select d.handoff_key, d.deal_state, f.kickoff_committed_date as committed_on
    from {layer}dim_handoff as d
    left join {layer}fact_handoff as f on d.handoff_key = f.handoff_key
"""
_EARLIER: Final = f"select {', '.join(restatements.SCHEMA)} from kpi_restatement"
_KEPT: Final = f"select {', '.join(restatements.SCHEMA)} from {TABLE} where {history.TO_NIGHT} is null"
_SUBJECTS: Final = """
    select
        coalesce(contract_key($tenant, 'handoff', coalesce(h.handoff_id, o.handoff_id)), 0) as handoff_key,
        coalesce(contract_key($tenant, 'project', p.project_id), 0) as project_key,
        c.kind
    from changed_ticket as c
    left join core.ticket_project as t on c.ticket_id = t.ticket_id
    left join core.handoff_project as p on coalesce(t.project_id, c.ticket_id) = p.project_id
    left join core.handoff as h on p.handoff_id = h.handoff_id
    left join core.handoff as o on c.ticket_id = o.handoff_id
"""


@dg.asset(
    key=key_of(TABLE),
    group_name=group_of(TABLE),
    owners=[team(TABLES["kpi_restatement"].owner)],
    kinds={"duckdb", "polars"},
    deps=[key_of(name) for name in (WEEKLY, MEMBERS, *DEALS, "core.ticket_project", "core.handoff_project", "core.handoff", BATCH)],
    pool=POOL,
    metadata=metadata.static(TABLE),
    description=TABLES["kpi_restatement"].description,
)
def kpi_restatement(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.MaterializeResult[None]:
    """Compare with what is published, and carry earlier restatements forward."""
    with told(settings), warehouse.get_connection() as conn:
        frame = restated(conn, warehouse.home, settings)
        rows = frames.write(conn, TABLE, frame, duckdb_types(restatements.SCHEMA))
        return dg.MaterializeResult(metadata=metadata.built(conn, TABLE, rows))


def restated(conn: Connection, home: Home, settings: Settings) -> pl.DataFrame:
    """The rows of kpi_restatement as they are published tonight; none before anything was published."""
    with Ledger.open(home.ledger_file) as ledger:
        # A night that was killed while it published is what people read next: it must stand before anything is compared with it.
        finish_killed(home, ledger)
    published = read.published_manifest(home)
    if published is None or not home.published_file.exists():
        return _kept(home)
    earlier = read.query(home, _EARLIER).cast(pl.Schema(restatements.SCHEMA))
    figures = restatements.changed(read.query(home, f"{_POINTS}kpi_weekly"), frames.read(conn, f"{_POINTS}{WEEKLY}"))
    fresh = _explained(conn, home, settings, published, figures) if figures.height else pl.DataFrame(schema=restatements.SCHEMA)
    return restatements.carried(earlier, fresh)


def _kept(home: Home) -> pl.DataFrame:
    """The earlier rows as the history has them: rows stay for ever, also where `published/` was deleted to be made again."""
    if home.history_file.exists():
        with history.reading(home.history_file) as conn:
            if history.holds(conn, TABLE):
                return frames.read(conn, _KEPT).cast(pl.Schema(restatements.SCHEMA)).sort(restatements.KEY)
    return pl.DataFrame(schema=restatements.SCHEMA)


def last_published(home: Home, published: Manifest) -> KeptNight | None:
    """The night whose figures stand in `published/`, where the manifest is of a stale one, which left them as they were; else None."""
    if published.state != "stale" or not home.history_file.exists():
        return None
    try:
        with history.reading(home.history_file) as conn:
            held = history.nights(conn)
    except WarehouseError:
        # One of an earlier release tells nothing of its nights.
        return None
    return held[-1] if held else None


def _explained(conn: Connection, home: Home, settings: Settings, published: Manifest, figures: pl.DataFrame) -> pl.DataFrame:
    """Tonight's restatements; the members and the records are read only where a figure changed."""
    at = frames.read(conn, "select max(b.as_of_utc) as as_of_utc from raw.batch as b").item()
    members = frames.read(conn, f"{_MEMBER}{MEMBERS}")
    last = last_published(home, published)
    now = Publication(members, frames.read(conn, _DEAL.format(layer="marts.")), load_policy(settings.policy_file).hash, __version__)
    before = Publication(
        read.query(home, f"{_MEMBER}kpi_member") if "kpi_member" in published.tables else members.clear(),
        read.query(home, _DEAL.format(layer="")),
        (last or published).policy_hash,
        (last or published).product_version,
    )
    run_id, as_of = (last.landed_by, last.as_of) if last else (published.run_id, published.as_of_utc)
    since = changed.batch_of(conn, run_id, as_of)
    metrics = frames.read(conn, "select metric_key from marts.dim_metric where metric in (select unnest($names))", {"names": [*COMMITTED]})
    return restatements.explained(
        figures,
        before,
        now,
        _subjects(conn, settings.tenant_name, since),
        at,
        committed=metrics.get_column("metric_key").to_list(),
        rates_changed=since is not None and changed.rates(conn, since),
    )


def _subjects(conn: Connection, tenant: str, since: int | None) -> pl.DataFrame:
    """The handoffs and projects of every record that changed since the batch; nothing where no batch can be told."""
    empty = pl.DataFrame(schema={"handoff_key": pl.Int64, "project_key": pl.Int64, "kind": pl.String})
    if since is None:
        return empty
    with frames.visible(conn, "changed_ticket", changed.tickets(conn, since)):
        return frames.read(conn, _SUBJECTS, {"tenant": tenant}).cast(empty.schema).unique()

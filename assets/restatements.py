"""kpi_restatement: what was published final and is different tonight, beside every restatement there ever was.

Comparing and finding the cause is governance's, what was published last is last_published.py's. The one thing to know: what is compared
with is what people read last; a rebuild takes the whole table from the history, because what was published when cannot be built again.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import dagster as dg
import polars as pl

from assets import metadata
from assets.kpis import WEEKLY
from assets.last_published import DEAL, MEMBER, POINTS, LastPublished, last_published
from assets.naming import BATCH, POOL, group_of, key_of, team
from assets.resources import WarehouseResource
from assets.steps import told
from assets.table_frames import duckdb_types
from handoff_pipeline import __version__
from handoff_pipeline.governance import restatements
from handoff_pipeline.governance.restatements import Publication
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.policy import load_policy
from handoff_pipeline.settings import Settings
from handoff_pipeline.tables import TABLES
from handoff_pipeline.warehouse import Connection, Home, changed, finish_killed, frames

TABLE: Final = "kpi.kpi_restatement"
MEMBERS: Final = "kpi.kpi_member"
OLDEST: Final = "kpi.oldest_week"
DEALS: Final = ("marts.dim_handoff", "marts.fact_handoff")
COMMITTED: Final = ("kickoff_delay_rate",)
"""Metrics whose week is that of the committed date."""
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
    deps=[key_of(name) for name in (WEEKLY, MEMBERS, OLDEST, *DEALS, "core.ticket_project", "core.handoff_project", "core.handoff", BATCH)],
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
    """The rows of kpi_restatement as they are published tonight; none before anything was published.

    Raises:
        WarehouseError: what was published last cannot be read.
    """
    fresh = pl.DataFrame(schema=restatements.SCHEMA)
    with Ledger.open(home.ledger) as ledger:
        # A night that was killed while it published is what people read next: it must stand before anything is compared with it.
        finish_killed(home, ledger)
    last = last_published(home)
    if last is None:
        return fresh
    if last.points.height:
        # None where nothing is reported at all: every figure has vanished then.
        since = frames.read(conn, f"select week_start from {OLDEST}").item() or date.min  # noqa: S608 - a constant
        figures = restatements.changed(last.points, frames.read(conn, f"{POINTS}{WEEKLY}"), since)
        fresh = _explained(conn, home, settings, last, figures) if figures.height else fresh
    return restatements.carried(last.earlier, fresh)


def _explained(conn: Connection, home: Home, settings: Settings, last: LastPublished, figures: pl.DataFrame) -> pl.DataFrame:
    """Tonight's restatements; the members and the records are read only where a figure changed."""
    at = frames.read(conn, "select max(b.as_of_utc) as as_of_utc from raw.batch as b").item()
    deals = frames.read(conn, DEAL.format(layer="marts."))
    now = Publication(frames.read(conn, f"{MEMBER}{MEMBERS}"), deals, load_policy(settings.policy_file).hash, __version__)
    since = changed.batch_of(conn, last.landed_by, last.as_of)
    metrics = frames.read(conn, "select metric_key from marts.dim_metric where metric in (select unnest($names))", {"names": [*COMMITTED]})
    return restatements.explained(
        figures,
        last.publication(home, now),
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

"""One asset per file of `sql/`, made by one factory.

The SQL itself says what is computed; nothing is computed here. The one thing to know: an asset depends on exactly the tables that its file
reads, so the graph and the SQL cannot tell different stories.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import dagster as dg

from assets import metadata
from assets.naming import POOL, group_of, key_of, team
from assets.resources import WarehouseResource
from assets.steps import told
from handoff_pipeline.clock import clock_for
from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse import models
from handoff_pipeline.warehouse.models import Model

CODE_VERSION_LENGTH = 12


def code_version(model: Model, macros: str) -> str:
    """Changes when the model's SQL or a macro does."""
    return hashlib.sha256(f"{macros}\n{model.sql}".encode()).hexdigest()[:CODE_VERSION_LENGTH]


def sql_asset(model: Model, macros: str) -> dg.AssetsDefinition:
    """The asset that builds one model: `create or replace table` under the lease, as of the newest landed night."""

    @dg.asset(
        key=key_of(model.name),
        group_name=group_of(model.name),
        owners=[team(model.owner)],
        kinds={"duckdb", "sql"},
        description=model.description,
        metadata={
            **metadata.static(model.name),
            "grain": model.grain,
            "key": ", ".join(model.key),
            "file": f"sql/{model.layer}/{model.table}.sql",
        },
        code_version=code_version(model, macros),
        deps=sorted({key_of(table) for table in model.depends_on}),
        pool=POOL,
        op_tags={"layer": model.layer},
    )
    def build(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.MaterializeResult[None]:
        with told(settings), warehouse.get_connection() as conn:
            # Small tables of the policy take no as-of and may be built before the night has landed.
            as_of = warehouse.as_of(conn) if "as_of" in model.parameters else clock_for(settings.as_of).now()
            rows = models.run(conn, model, as_of, settings.tenant_name)
            return dg.MaterializeResult(metadata=metadata.built(conn, model.name, rows))

    return build


def sql_assets(sql_root: Path) -> list[dg.AssetsDefinition]:
    """An asset for every file below `sql_root`."""
    macros = sql_root / "macros.sql"
    text = macros.read_text("utf-8") if macros.is_file() else ""
    return [sql_asset(model, text) for _, model in sorted(models.discover(sql_root).items())]


def require_known(assets: Iterable[dg.AssetsDefinition], read_by: Mapping[str, Iterable[str]]) -> None:
    """Refuse a graph in which a model reads a table that nothing makes.

    Raises:
        WarehouseError: names the model and the table.
    """
    made = {key for asset in assets for key in asset.keys}
    for model, tables in sorted(read_by.items()):
        for table in sorted(tables):
            if key_of(table) not in made:
                layer, name = table.split(".", maxsplit=1)
                raise WarehouseError(
                    f"sql/{model.replace('.', '/')}.sql reads {table}, which nothing makes.",
                    f"Add sql/{layer}/{name}.sql, or correct the name in the query.",
                )

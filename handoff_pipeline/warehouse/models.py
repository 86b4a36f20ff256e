"""The SQL models: finds sql/<layer>/<table>.sql, reads their headers and dependencies, and builds one table from one file.

What a model computes is in its file; the tables that Python makes (policy, governance, some KPIs) are not models.
The one thing to know: a model may name other tables only as `layer.table`, so that what it depends on can be read from it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.warehouse import crash
from handoff_pipeline.warehouse.connect import SCHEMAS
from handoff_pipeline.warehouse.engine import Connection, explain
from handoff_pipeline.warehouse.lease import transaction
from handoff_pipeline.warehouse.sql import ident

LAYERS: Final = ("staging", "core", "marts", "kpi")
SQL_ROOT: Final = Path(__file__).parents[2] / "sql"

_HEADER_KEYS: Final = ("grain", "key", "owner")
_HEADER_LINE: Final = re.compile(rf"({'|'.join(_HEADER_KEYS)})\s*:\s*(.*)")
_PARAMETER: Final = re.compile(r"\$(as_of|tenant)\b")


@dataclass(frozen=True, slots=True)
class Model:
    """One SQL file. `key` names the columns that are unique together; `depends_on` the tables (layer.table) that it reads."""

    name: str
    layer: str
    path: Path
    description: str
    grain: str
    key: tuple[str, ...]
    owner: str
    depends_on: frozenset[str]
    sql: str

    @property
    def table(self) -> str:
        """The name without its layer."""
        return self.name.partition(".")[2]

    @property
    def parameters(self) -> frozenset[str]:
        """Which of `as_of` and `tenant` the SQL takes."""
        return frozenset(_PARAMETER.findall(_without_comments(self.sql)))


def discover(sql_root: Path = SQL_ROOT) -> dict[str, Model]:
    """Every model below `sql_root` by name, in an order in which each comes after what it depends on.

    Raises:
        WarehouseError: a file lacks part of its header, cannot be parsed, names a table without its layer, selects `*` past staging, or
            depends on a layer that does not exist or on itself.
    """
    models = {model.name: model for layer in LAYERS for path in sorted((sql_root / layer).glob("*.sql")) for model in [_read(layer, path)]}
    return {name: models[name] for name in _in_order(models)}


def run(conn: Connection, model: Model, as_of: datetime, tenant: str) -> int:
    """Build the model's table anew; returns its rows. `as_of` (aware) and `tenant` are bound where the SQL names them.

    Raises:
        WarehouseError: the SQL fails; the former table stays.
        LeaseLost: another run holds the lease; the former table stays.
    """
    values: Mapping[str, object] = {"as_of": as_of.astimezone(UTC).replace(tzinfo=None), "tenant": tenant}
    try:
        with transaction(conn):
            # The line break ends a comment on the model's last line.
            conn.execute(
                f"create or replace table {ident(model.name)} as\n{model.sql}\n", {name: values[name] for name in model.parameters}
            )
            rows = conn.execute(f"select count(*) from {ident(model.name)}").fetchone()  # noqa: S608 - quoted
            crash.point("build.model")
    except duckdb.Error as error:
        raise WarehouseError(f"Model {model.name} failed: {explain(error)}.", f"Correct {model.path}.") from None
    return int(rows[0]) if rows else 0


def _in_order(models: Mapping[str, Model]) -> list[str]:
    sorter = TopologicalSorter({name: sorted(model.depends_on & models.keys()) for name, model in sorted(models.items())})
    try:
        return list(sorter.static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise WarehouseError(f"SQL models depend on each other in a circle: {circle}.", "Let one of them read an earlier layer.") from error


def _read(layer: str, path: Path) -> Model:
    text = path.read_text(encoding="utf-8")
    description, header = _header(text)
    missing = [key for key in _HEADER_KEYS if not header.get(key)]
    if missing or not description:
        lacking = ", ".join(["a description", *missing] if not description else missing)
        raise WarehouseError(
            f"{path} lacks {lacking} in its header.",
            "Open the file with `-- what a row means`, `-- grain: ...`, `-- key: a, b`, `-- owner: ...`.",
        )
    tree = _parse(path, text)
    if layer != "staging":
        _refuse_star(path, tree)
    return Model(
        name=f"{layer}.{path.stem}",
        layer=layer,
        path=path,
        description=description,
        grain=header["grain"],
        key=tuple(part.strip() for part in header["key"].split(",")),
        owner=header["owner"],
        depends_on=_dependencies(path, tree),
        sql=text.strip().removesuffix(";"),
    )


def _header(text: str) -> tuple[str, dict[str, str]]:
    """The description (comment lines before the first `key: value`) and the values of the comment block at the head of the file."""
    description: list[str] = []
    values: dict[str, str] = {}
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        content = line.removeprefix("--").strip()
        found = _HEADER_LINE.fullmatch(content)
        if found:
            values[found[1]] = found[2].strip()
        elif not values:
            description.append(content)
    return " ".join(filter(None, description)), values


def _parse(path: Path, text: str) -> exp.Query:
    try:
        trees = sqlglot.parse(text, read="duckdb")
    except SqlglotError as error:
        raise WarehouseError(f"{path} cannot be parsed: {str(error).partition(chr(10))[0]}", "Correct the SQL.") from error
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise WarehouseError(f"{path} is not one select.", "Keep one statement per file; the file's name is the table.")
    return trees[0]


def _dependencies(path: Path, tree: exp.Query) -> frozenset[str]:
    ctes = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    found: set[str] = set()
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            continue  # a table function such as range(...)
        name, layer = table.name.lower(), table.db.lower()
        if not layer and name in ctes:
            continue
        _check_layer(path, layer, name, SCHEMAS)
        found.add(f"{layer}.{name}")
    return frozenset(found)


def _check_layer(path: Path, layer: str, name: str, layers: Collection[str]) -> None:
    if not layer:
        raise WarehouseError(f"{path} reads {name!r}, which is no CTE and has no layer.", f"Write it as layer.{name}.")
    if layer not in layers:
        raise WarehouseError(f"{path} reads {layer}.{name}, and there is no layer {layer!r}.", f"Layers are {', '.join(layers)}.")


def _refuse_star(path: Path, tree: exp.Query) -> None:
    """A star over a CTE that names its columns is harmless; one over another model's table lets its new columns through."""
    for select in tree.find_all(exp.Select):
        sources = [select.args.get("from_"), *select.args.get("joins", [])]
        tables = {source.this.alias_or_name: source.this for source in sources if source is not None and isinstance(source.this, exp.Table)}
        for column in select.expressions:
            if isinstance(column, exp.Star):
                covered = list(tables.values())
            elif isinstance(column, exp.Column) and isinstance(column.this, exp.Star):
                covered = [tables[column.table]] if column.table in tables else []
            else:
                continue
            for table in covered:
                if table.db:
                    raise WarehouseError(f"{path} selects * from {table.db}.{table.name}.", "Name the columns, past staging.")


def _without_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*", "", sql)

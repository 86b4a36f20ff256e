"""Reads an entity's pages into a temporary table, one row per record: key, time of its last change, birth, the record's JSON text.

What is new among them is versions.py's.
The one thing to know: rows never pass through Python. Array and object pages keep HaloPSA's own text; out of an envelope DuckDB writes each
record anew, with numbers in their shortest form, which is exact up to 15 digits.
"""
# ruff: noqa: S608 - names are quoted by ident(), paths by literals(); values are parameters

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.warehouse import entities, repair
from handoff_pipeline.warehouse.engine import Connection, explain
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.report import PulledEntity
from handoff_pipeline.warehouse.sql import ident, literal, literals

SMALLEST_OBJECT_LIMIT: Final = 1024 * 1024
"""For one JSON document; raised to the largest page where a page is larger. DuckDB's own default of 16 MB is taken per thread."""
FILES_AT_ONCE: Final = 8


def read(conn: Connection, home: Home, entity: str, pulled: PulledEntity) -> int:
    """Fill the temporary table `pulled` (payload, file, row_key or NULL, last_update, born) in page order; returns replaced characters.

    Raises:
        WarehouseError: a page is missing, is no JSON, or lacks its envelope's key.
    """
    by_shape, replaced = _readable_pages(home, entity, pulled)
    conn.execute("drop table if exists temp.pulled")
    conn.execute("create temp table pulled (payload varchar, file varchar, row_key varchar, last_update varchar, born varchar)")
    for shape, paths in ((shape, some) for shape, every in by_shape.items() for some in _portions(every)):
        try:
            conn.execute(f"insert into temp.pulled {_keyed(entity, _records(shape, paths))}")
        except duckdb.OutOfMemoryException as error:
            raise WarehouseError(
                f"Pages of {entity} do not fit into DuckDB's memory: {explain(error)}.",
                "Raise HANDOFF_MEMORY_LIMIT, or lower HANDOFF_PAGE_SIZE.",
            ) from None
        except duckdb.Error as error:
            raise WarehouseError(
                f"Pages of {entity} in {home.inbox} cannot be read: {explain(error)}.",
                "Pull again; if it stays, HaloPSA's answer is not the JSON that its API documents.",
            ) from None
    broken = conn.execute("select min(file) from temp.pulled where payload is null").fetchone()
    if broken and broken[0]:
        raise WarehouseError(
            f"Page {broken[0]} of {entity} has no list under the key that its shape names, or an empty record in it.",
            "Pull again; if it stays, HaloPSA's answer is not the one that its API documents.",
        )
    return replaced


def _readable_pages(home: Home, entity: str, pulled: PulledEntity) -> tuple[dict[str, list[Path]], int]:
    by_shape: defaultdict[str, list[Path]] = defaultdict(list)
    replaced = 0
    for file in pulled.files:
        try:
            page, count = repair.readable(home.root / file.path)
        except OSError as error:
            raise WarehouseError(f"Page {file.path} of {entity} cannot be read: {error.strerror}.", "Pull again.") from error
        by_shape[file.shape].append(page)
        replaced += count
    return by_shape, replaced


def _portions(paths: list[Path]) -> Iterator[list[Path]]:
    """The files in portions: DuckDB keeps a buffer for each file of a statement (32 MB in 2.0), and what is read singly has thousands."""
    return (paths[start : start + FILES_AT_ONCE] for start in range(0, len(paths), FILES_AT_ONCE))


def _records(shape: str, paths: list[Path]) -> str:
    """One row per record: payload, file."""
    files = literals(paths)
    limit = max(SMALLEST_OBJECT_LIMIT, *(path.stat().st_size + 1 for path in paths))
    options = f"filename = true, maximum_object_size = {limit}"
    if shape == "array":
        return f"select json as payload, filename as file from read_json_objects({files}, format = 'array', {options})"
    if shape == "object":
        return f"select json as payload, filename as file from read_json_objects({files}, format = 'unstructured', {options})"
    # A page without the key must not look like an empty one: it becomes one NULL record.
    return (
        f"select unnest(coalesce({ident(shape)}, [null::json])) as payload, filename as file"
        f" from read_json({files}, columns = {{{literal(shape)}: 'json[]'}}, format = 'unstructured', {options})"
    )


def _keyed(entity: str, records: str) -> str:
    """The records with key and time of last change, taken out in one pass over the JSON."""
    if entity == entities.LOOKUP:
        records = f"select {_with_lookup_id()} as payload, file from ({records})"
    keys, changes, born = entities.KEYS[entity], entities.LAST_CHANGE, entities.BORN.get(entity)
    paths = ", ".join(literal(f"$.{field}") for field in (*keys, *changes, *((born,) if born else ())))
    row_key = " || ':' || ".join(_canonical(f"parts[{number}]") for number in range(1, len(keys) + 1))
    last_update = ", ".join(f"nullif(parts[{number}], '')" for number in range(len(keys) + 1, len(keys) + len(changes) + 1))
    birth = f"nullif(parts[{len(keys) + len(changes) + 1}], '')" if born else "cast(null as varchar)"
    return (
        f"select payload, file, {row_key} as row_key, coalesce({last_update}) as last_update, {birth} as born"
        f" from (select cast(payload as varchar) as payload, file, json_extract_string(payload, [{paths}]) as parts from ({records}))"
    )


def _canonical(part: str) -> str:
    """A part of a key in its one spelling: 12, 12.0 and "12" are the same id; NULL where it is empty."""
    return f"nullif(regexp_replace(trim({part}), '^([+-]?[0-9]+)\\.0+$', '\\1'), '')"


def _with_lookup_id() -> str:
    """The record with its list's number out of the file's name (`17-00001.json`), unless it brings its own."""
    field, path = literal(entities.LOOKUP_FIELD), literal(f"$.{entities.LOOKUP_FIELD}")
    own = f"json_object({field}, try_cast(regexp_extract(file, '([0-9]+)-[^/]*$', 1) as bigint))"
    return f"case when json_extract_string(payload, {path}) is null then json_merge_patch(payload, {own}) else payload end"

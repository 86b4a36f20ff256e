"""The canonical content hash of a table: equal content, equal hash, whatever the row order, the run, or the DuckDB version.

What is done with the hash is publish's business.
The one thing to know: doubles count to 12 significant digits, because a sum's last digits depend on the order in which threads add; every
other type counts exactly, NULL is not '', and `run_id` is left out.
"""
# ruff: noqa: S608 - names are quoted by ident(); the relation is SQL of this package

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from handoff_pipeline.tables import RUN_ID
from handoff_pipeline.warehouse.engine import Connection
from handoff_pipeline.warehouse.sql import ident

DOUBLE_FORMAT: Final = "{:.11e}"


def columns(conn: Connection, relation: str) -> dict[str, str]:
    """Column name to DuckDB type, in lower case, of a query or table expression."""
    return {row[0]: str(row[1]).lower() for row in conn.execute(f"describe select * from {relation}").fetchall()}


def content_hash(conn: Connection, relation: str, without: Iterable[str] = (RUN_ID,)) -> tuple[int, str]:
    """Rows, and the SHA-256 (hex) of names, types and content, of a table name or a query in brackets."""
    left_out = set(without)
    typed = {name: kind for name, kind in sorted(columns(conn, relation).items()) if name not in left_out}
    rows = conn.execute(
        f"""
        select count(*), string_agg(bucket_hash, '' order by bucket)
        from (
            select left(row_hash, 2) as bucket, sha256(string_agg(row_hash, '' order by row_hash)) as bucket_hash, sum(1) as n
            from (select sha256({_row_text(typed)}) as row_hash from {relation})
            group by left(row_hash, 2)
        )
        """
    ).fetchone()
    counted = conn.execute(f"select count(*) from {relation}").fetchone()
    header = ";".join(f"{name}:{kind}" for name, kind in typed.items())
    body = rows[1] if rows and rows[1] else ""
    return int(counted[0]) if counted else 0, hashlib.sha256(f"{header}\n{body}".encode()).hexdigest()


def combined(hashes: Mapping[str, str]) -> str:
    """One SHA-256 (hex) over the hashes of several tables, independent of their order."""
    text = "".join(f"{name}:{value}\n" for name, value in sorted(hashes.items()))
    return hashlib.sha256(text.encode()).hexdigest()


def _row_text(typed: Mapping[str, str]) -> str:
    """A row as text that no other row can be: every value with its length before it, NULL as a mark of its own."""
    parts = []
    for name, kind in typed.items():
        column = ident(name)
        # Adding zero makes -0.0 and 0.0 the same.
        text = f"format('{DOUBLE_FORMAT}', {column} + 0.0::double)" if kind in {"double", "float"} else f"cast({column} as varchar)"
        parts.append(f"coalesce('v' || length({text}) || ':' || {text}, 'n')")
    return " || ".join(parts) if parts else "''"

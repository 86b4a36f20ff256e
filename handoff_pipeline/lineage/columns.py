"""Column lineage of one SELECT: which columns of other tables each of its columns is made of.

The graph over all tables is in `graph`; what tables Python makes out of what is told in `declared`. Only a column's own expression counts
(with the conditions inside it), not the filters and joins around it; a bare `count(*)` counts the key columns of the tables it reads.
The one thing to know: SQL of this project names tables as `layer.table` and stars only CTEs, so no catalogue is needed to resolve a name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import sqlglot
from sqlglot import exp

from handoff_pipeline.errors import WarehouseError

PAYLOAD: Final = "payload"
"""The column of raw tables that holds HaloPSA's record as JSON; its fields are told apart by `Ref.detail`."""


class Ref(NamedTuple):
    """A column of a table (`layer.table`); `detail` is the JSON field below it, or the policy's meaning that picks its rows, else empty."""

    table: str
    column: str
    detail: str = ""


Columns = dict[str, frozenset[Ref]]
NOTHING: Final[frozenset[Ref]] = frozenset()


@dataclass(frozen=True)
class _Source:
    """What an alias stands for: the named columns of a query, or a table of the warehouse, whose columns are taken at their word."""

    columns: Columns | None
    table: str = ""

    def column(self, name: str) -> frozenset[Ref]:
        if self.columns is None:
            return frozenset({Ref(self.table, name)})
        return self.columns.get(name, NOTHING)

    def has(self, name: str, known: Callable[[str], tuple[str, ...] | None]) -> bool:
        if self.columns is not None:
            return name in self.columns
        columns = known(self.table)
        return columns is None or name in columns


@dataclass(frozen=True)
class Reader:
    """Reads SELECTs. `known` gives the columns of a table in order, None where nobody knows them; `keys` the key columns of a table."""

    known: Callable[[str], tuple[str, ...] | None]
    keys: Callable[[str], tuple[str, ...]]

    def columns(self, sql: str, name: str) -> Columns:
        """Column to what it is made of, in the order of the select.

        Raises:
            WarehouseError: the SQL is not a query.
        """
        tree = sqlglot.parse_one(sql, read="duckdb")
        if not isinstance(tree, exp.Query):
            raise WarehouseError(f"{name} is not a select.", "Keep one select a file.")
        return self._query(tree, {})

    def _query(self, query: exp.Expr, ctes: Mapping[str, Columns]) -> Columns:
        named = dict(ctes)
        with_ = query.args.get("with_")
        is_recursive = bool(with_ and with_.recursive)
        for cte in with_.expressions if with_ else ():
            name = cte.alias_or_name.lower()
            if is_recursive and isinstance(cte.this, exp.SetOperation):
                named[name] = self._query(cte.this.left, named)
            named[name] = self._query(cte.this, named)
        if isinstance(query, exp.Subquery):
            return self._query(query.this, named)
        if isinstance(query, exp.SetOperation):
            return _united(self._query(query.left, named), self._query(query.right, named))
        return self._select(query, named) if isinstance(query, exp.Select) else {}

    def _select(self, select: exp.Select, ctes: Mapping[str, Columns]) -> Columns:
        sources = dict(self._sources(select, ctes))
        found: Columns = {}
        for item in select.expressions:
            star = _star(item)
            if star is not None:
                found |= self._starred(star, item, sources)
            else:
                found[item.alias_or_name.lower()] = self._made_of(item, sources, found, ctes)
        return found

    def _sources(self, select: exp.Select, ctes: Mapping[str, Columns]) -> Iterator[tuple[str, _Source]]:
        parts = [select.args.get("from_"), *select.args.get("joins", [])]
        for part in parts:
            if part is None:
                continue
            source = part.this
            alias = source.alias_or_name.lower()
            if isinstance(source, exp.Subquery):
                yield alias, _Source(self._query(source.this, ctes))
            elif isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
                name = source.name.lower()
                yield alias, _Source(ctes[name]) if not source.db and name in ctes else _Source(None, f"{source.db}.{name}".lower())
            else:
                yield alias, _Source({})

    def _starred(self, star: exp.Star, item: exp.Expression, sources: Mapping[str, _Source]) -> Columns:
        left_out = {each.name.lower() for each in star.args.get("except_") or ()}
        alias = item.table.lower() if isinstance(item, exp.Column) else ""
        taken = [sources[alias]] if alias else list(sources.values())
        found: Columns = {}
        for source in taken:
            names = list(source.columns) if source.columns is not None else list(self.known(source.table) or ())
            found |= {name: source.column(name) for name in names if name not in left_out}
        return found

    def _made_of(
        self, item: exp.Expression, sources: Mapping[str, _Source], before: Columns, ctes: Mapping[str, Columns]
    ) -> frozenset[Ref]:
        made: set[Ref] = set()
        inner = [each for each in item.find_all(exp.Subquery, exp.Exists) if isinstance(each.this, exp.Query)]
        skipped: set[int] = set()
        for each in inner:
            skipped |= {id(node) for node in each.walk()}
            for refs in self._query(each.this, ctes).values():
                made |= refs
        alias, meaning = _meaning(item)
        for node in item.find_all(exp.Column):
            if id(node) in skipped or isinstance(node.this, exp.Star):
                continue
            made |= self._column(node, sources, before, meaning if node.table.lower() == alias and node.name != "meaning" else "")
        if not made and next(item.find_all(exp.AggFunc), None):
            made.update(self._counted(sources))
        return frozenset(made)

    def _column(self, node: exp.Column, sources: Mapping[str, _Source], before: Columns, meaning: str) -> frozenset[Ref]:
        """What a written column is: `alias.column`, a bare name, or a column with the path of a field below it."""
        parts = [part.name.lower() for part in node.parts]
        dots = _fields_around(node)
        if parts[0] in sources and len(parts) > 1:
            refs, path = sources[parts[0]].column(parts[1]), [part.name for part in node.parts[2:]]
        else:
            refs, path = self._bare(parts[0], sources, before), [part.name for part in node.parts[1:]]
        detail = ".".join([*path, *dots])
        return frozenset(_below(ref, detail, meaning) for ref in refs)

    def _bare(self, name: str, sources: Mapping[str, _Source], before: Columns) -> frozenset[Ref]:
        for source in sources.values():
            if source.has(name, self.known):
                return source.column(name)
        return before.get(name, NOTHING)

    def _counted(self, sources: Mapping[str, _Source]) -> Iterator[Ref]:
        for source in list(sources.values())[:1]:
            if source.columns is None:
                yield from (Ref(source.table, key) for key in self.keys(source.table))
            else:
                for refs in list(source.columns.values())[:1]:
                    yield from refs


def _below(ref: Ref, path: str, meaning: str) -> Ref:
    if path:
        return ref._replace(detail=".".join(filter(None, (ref.detail, path))))
    return ref._replace(detail=meaning) if meaning and not ref.detail else ref


def _fields_around(node: exp.Column) -> list[str]:
    """Fields taken out of what the column is wrapped in, as in `from_json(r.payload, '...').customfields`, the nearest first."""
    fields: list[str] = []
    inner: exp.Expr = node
    while inner.parent is not None and not isinstance(inner.parent, exp.Query):
        if isinstance(inner.parent, exp.Dot) and inner.parent.this is inner:
            fields.append(inner.parent.expression.name)
        elif isinstance(inner.parent, exp.JSONExtract | exp.JSONExtractScalar) and inner.parent.this is inner:
            fields += [str(key.this) for key in inner.parent.expression.find_all(exp.JSONPathKey)]
        inner = inner.parent
    return fields


def _meaning(item: exp.Expression) -> tuple[str, str]:
    """Alias and meaning by which an expression picks rows of the policy's, as in `case when f.meaning = 'deal_type' then f.shown end`."""
    for equal in item.find_all(exp.EQ):
        column, literal = equal.this, equal.expression
        if isinstance(column, exp.Column) and column.name == "meaning" and isinstance(literal, exp.Literal) and literal.is_string:
            return column.table.lower(), str(literal.this)
    return "", ""


def _star(item: exp.Expression) -> exp.Star | None:
    if isinstance(item, exp.Star):
        return item
    return item.this if isinstance(item, exp.Column) and isinstance(item.this, exp.Star) else None


def _united(left: Columns, right: Columns) -> Columns:
    """By position: a union takes its names from its first part."""
    others = list(right.values())
    return {name: refs | (others[position] if position < len(others) else NOTHING) for position, (name, refs) in enumerate(left.items())}

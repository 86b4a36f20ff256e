"""A tenant written row by row: what landing leaves in raw after each night, and the tables that the models make of it.

No pull and no landing: a test writes the versions and the tombstones itself. The one thing to know: ids and names are those of the example
policy, and a model is built with all that it is made of.
"""
# ruff: noqa: S608 - the names of tables are the tests' own

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from assets.ledger_frames import SCHEMAS as LEDGER
from assets.ledger_frames import baseline_frame
from assets.remediation_tables import BYPASS, BYPASS_READS, STANDING, STANDING_READS
from assets.table_frames import duckdb_types
from assets.unfilled import UNFILLED, unfilled_types
from handoff_pipeline.governance.checklist import score
from handoff_pipeline.governance.enforcement import enforcement_bypasses
from handoff_pipeline.governance.gap_standing import gap_standing
from handoff_pipeline.policy import Policy, parse_policy
from handoff_pipeline.policy.dated import RanOn, history
from handoff_pipeline.policy.dated_frames import dated_frames
from handoff_pipeline.policy.frames import policy_frames
from handoff_pipeline.warehouse import entities, models
from handoff_pipeline.warehouse.connect import MACROS, SCHEMAS

WEB = "https://acme.halopsa.example"
MODELS = cache(models.discover)
JUDGED = "governance.item_check"
EVIDENCE = ("core.evidence", "core.evidence_field", "core.evidence_document")
BY_PYTHON = {JUDGED: EVIDENCE, STANDING: STANDING_READS, BYPASS: BYPASS_READS}
"""Tables that Python makes between two models, with what they are made of."""
FIRST_NIGHT = datetime(2026, 7, 7, 1, 30, tzinfo=UTC)
OPPORTUNITY, PROJECT, TASK, CHANGE = 30, 31, 32, 24
OPEN, CLOSED, WON, LOST, APPROVED, CANCELLED = 2, 9, 22, 23, 25, 28
TYPES = {OPPORTUNITY: "Opportunity", PROJECT: "Project", TASK: "Project Task", CHANGE: "Project Change Request"}
STATUSES = {
    OPEN: "In Progress",
    CLOSED: "Closed",
    WON: "Closed Won",
    LOST: "Closed Lost",
    APPROVED: "Change Approved",
    CANCELLED: "Cancelled",
}
SALE = [
    {"id": 1, "item_id": 100, "quantity": 300, "price": 140, "costprice": 80, "total_net_total": 42_000, "billingperiod": 0},
    {"id": 2, "item_id": 200, "quantity": 2, "price": 4_000, "costprice": 3_000, "total_net_total": 8_000, "billingperiod": 0},
]


def at(month: int, day: int, hour: int = 10) -> str:
    """A moment of 2026 as HaloPSA writes it."""
    return f"2026-{month:02}-{day:02}T{hour:02}:00:00"


@dataclass
class Tenant:
    """Raw tables in memory. `night` lands a batch; `row` gives the only row of a published model."""

    conn: duckdb.DuckDBPyConnection
    policy: Policy
    as_of: datetime = FIRST_NIGHT
    batch_no: int = 0
    payloads: dict[tuple[str, str], str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    ran_on: list[RanOn] = field(default_factory=list)

    @classmethod
    def opened(cls, policy_text: str) -> Tenant:
        """A tenant before its first night, with its configuration and two agents."""
        conn = duckdb.connect()
        conn.execute("set timezone = 'UTC'; set threads = 1")
        for schema in SCHEMAS:
            conn.execute(f"create schema {schema}")
        for statement in entities.SCHEMA:
            conn.execute(statement)
        conn.execute(MACROS.read_text(encoding="utf-8"))
        for name in UNFILLED:
            conn.execute(f"create table marts.{name} ({', '.join(f'{column} {kind}' for column, kind in unfilled_types(name).items())})")
        for name, columns in LEDGER.items():
            conn.execute(f"create table ledger.{name} ({', '.join(f'{column} {kind}' for column, kind in duckdb_types(columns).items())})")
        made = cls(conn, _policy(policy_text)[0])
        made._take("ledger.baseline", baseline_frame([]).to_arrow())
        made.under(policy_text)
        return made

    def under(self, policy_text: str) -> None:
        """From the next night on, another policy; before the first night, the only one."""
        self.policy, frames = _policy(policy_text)
        self.texts.append(policy_text)
        for name, frame in frames.items():
            self._take(f"policy.{name}", frame)

    def night(self, as_of: datetime, *, complete: tuple[str, ...] = ("opportunity", "invoice")) -> None:
        """Begin the next night; on the first, configuration and people come with it."""
        self.begin(as_of, complete=complete)
        if self.batch_no == 1:
            for type_id, name in TYPES.items():
                self.put("ticket_type", id=type_id, name=name)
            for status_id, name in STATUSES.items():
                self.put("status", id=status_id, name=name)
            self.put("client", id=11, name="Acme")
            self.put("agent", id=10, name="Sam Seller", team="Sales North", costprice=45)
            self.put("agent", id=30, name="Dee Livery", team="Projects", costprice=85)

    def begin(self, as_of: datetime, *, complete: tuple[str, ...]) -> None:
        """A landed batch that holds nothing yet; `complete` names the entities that it pulled whole."""
        self.batch_no, self.as_of = self.batch_no + 1, as_of
        self.ran_on.append(RanOn(self.batch_no, as_of, self.policy.hash))
        moment = as_of.astimezone(UTC).replace(tzinfo=None)
        self.conn.execute("insert into raw.batch values (?, ?, ?, ?)", [self.batch_no, f"r{self.batch_no}", moment, moment])
        for entity in complete:
            self.conn.execute(
                "insert into raw.load_batch values (?, ?, 'complete', 0, null, 0, 0, 0, 0, 0, true, null)", [self.batch_no, entity]
            )

    def put(self, entity: str, **fields: Any) -> None:
        """A version of a record, as landing writes it: one a night."""
        key = self._key(entity, fields)
        self.conn.execute(f"delete from raw.{entity} where batch_no = ? and row_key = ? and not is_deleted", [self.batch_no, key])
        self._write(entity, key, json.dumps(fields), is_deleted=False)

    def remove(self, entity: str, key: str | int) -> None:
        """A tombstone: the payload of the last version, deleted."""
        self._write(entity, str(key), self.payloads[entity, str(key)], is_deleted=True)

    def deal(self, key: int = 1, **fields: Any) -> None:
        """A won opportunity with its quotation accepted."""
        whole = {"dateoccurred": at(7, 1), "status_id": WON, "oppconverteddate": at(7, 6, 9), "client_id": 11, "agent_id": 10, **fields}
        self.put("opportunity", id=key, summary="Acme: servers", tickettype_id=OPPORTUNITY, **whole)

    def sale(self, deal: int = 1, key: int = 501, lines: list[dict[str, Any]] | None = None) -> None:
        """A quotation that is accepted."""
        self.put("quotation", id=key, ticket_id=deal, status=1, currency_code_name="GBP", lines=lines or SALE)

    def project(self, key: int = 2, **fields: Any) -> None:
        """A project of deal 1, closed on 14 August unless told otherwise."""
        whole = {"dateoccurred": at(7, 8), "status_id": CLOSED, "dateclosed": at(8, 14), "parent_id": 1, "client_id": 11, **fields}
        self.put("project", **{"id": key, "summary": "Acme: servers", "tickettype_id": PROJECT, "agent_id": 30, **whole})

    def change(self, key: int = 4, **fields: Any) -> None:
        """A change request that nobody has decided, on the project."""
        whole = {"dateoccurred": at(8, 3), "status_id": OPEN, "parent_id": 2, "client_id": 11, **fields}
        self.put("change_request", id=key, summary="More", tickettype_id=CHANGE, **whole)

    def hours(self, ticket: int, hours: float, key: int = 1, worked: str = "2026-08-04T10:00:00") -> None:
        """Time of the project manager."""
        self.put("action", id=key, ticket_id=ticket, who_agentid=30, actionarrivaldate=worked, actiondatecreated=worked, timetaken=hours)

    def built(self, *wanted: str) -> Tenant:
        """Build the models `wanted` and all that they are made of, as of the last night."""
        values = {"as_of": self.as_of.astimezone(UTC).replace(tzinfo=None), "tenant": "acme"}
        found = MODELS()
        known = history(self.ran_on, {_policy(text)[0].hash: text for text in self.texts}, self.policy, self.texts[-1])
        for name, frame in dated_frames(known).items():
            self._take(f"policy.{name}", frame.to_arrow())
        policies = {number: stretch.dated.policy for number, stretch in enumerate(known.stretches, start=1)}
        for name in _in_order(found, below(found, wanted)):
            if name in found:
                self.make(found[name], values)
            elif name in BY_PYTHON:
                self._make_by_python(name, policies)
        return self

    def kept(self, table: str, **fields: Any) -> None:
        """A row of a table of the ledger; what is not named is NULL."""
        marks = ", ".join("?" for _ in fields)
        self.conn.execute(f"insert into ledger.{table} ({', '.join(fields)}) values ({marks})", list(fields.values()))

    def rows(self, table: str, where: str = "true") -> list[dict[str, Any]]:
        """The rows of a table, apart from a dimension's row 0, in no order."""
        found = self.conn.execute(f"select * from {table} where {where}")
        names = [column[0] for column in found.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        return [row for row in rows if row[names[0]] != 0 or not table.startswith("marts.dim_")]

    def row(self, table: str, where: str = "true") -> dict[str, Any]:
        """The only such row."""
        found = self.rows(table, where)
        assert len(found) == 1, f"{len(found)} rows of {table} where {where}"
        return found[0]

    def _make_by_python(self, name: str, policies: dict[int, Policy]) -> None:
        read = [self.conn.sql(f"select * from {table}").pl() for table in BY_PYTHON[name]]
        if name == JUDGED:
            evidence, fields, documents = read
            made = score(policies, evidence, fields, documents)
        elif name == STANDING:
            gaps, agents, acknowledgements, snoozes = read
            made = gap_standing(gaps, agents, acknowledgements, snoozes, self.policy, self.as_of)
        else:
            made = enforcement_bypasses(*read)
        self._take(name, made.to_arrow())

    def _take(self, table: str, frame: Any) -> None:
        self.conn.register("frame", frame)
        self.conn.execute(f"create or replace table {table} as select * from frame")

    def key(self, entity: str, natural: object) -> int:
        """The published key of a thing."""
        digest = hashlib.sha256(f"acme|{entity}|{natural}".encode()).hexdigest()
        return int(digest[:13], 16)

    def make(self, model: models.Model, values: dict[str, Any]) -> None:
        """Build one model of what there is."""
        parameters = {name: values[name] for name in model.parameters}
        self.conn.execute(f"create or replace table {model.name} as {model.sql}", parameters)

    def _key(self, entity: str, fields: dict[str, Any]) -> str:
        return ":".join(str(fields[name]) for name in entities.KEYS[entity])

    def _write(self, entity: str, key: str, payload: str, *, is_deleted: bool) -> None:
        self.payloads[entity, key] = payload
        self.conn.execute(f"insert into raw.{entity} values (?, ?, '', ?, ?)", [self.batch_no, key, payload, is_deleted])


@cache
def _policy(text: str) -> tuple[Policy, dict[str, Any]]:
    policy = parse_policy(text)
    return policy, {name: frame.to_arrow() for name, frame in policy_frames(policy, "acme", WEB).items()}


def later(days: float) -> datetime:
    """A night so many days after the first."""
    return FIRST_NIGHT + timedelta(days=days)


def opened(checkout: Path, *, changed: tuple[str, str] = ("", "")) -> Tenant:
    """A tenant under the example policy, with one text of it replaced."""
    return Tenant.opened((checkout / "handoff.yaml").read_text(encoding="utf-8").replace(*changed))


def below(found: dict[str, models.Model], wanted: Iterable[str]) -> set[str]:
    """The tables `wanted` and every one that they are made of."""
    made = _made_of(found)
    waiting, reached = list(wanted), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(made.get(name, ()))
    return reached


def _made_of(found: dict[str, models.Model]) -> dict[str, frozenset[str]]:
    return {**{name: frozenset(read) for name, read in BY_PYTHON.items()}, **{name: model.depends_on for name, model in found.items()}}


def _in_order(found: dict[str, models.Model], needed: set[str]) -> list[str]:
    """Those needed, each after what it is made of."""
    edges = {name: sorted(read & needed) for name, read in sorted(_made_of(found).items()) if name in needed}
    return list(TopologicalSorter(edges).static_order())

"""One batch inside its transaction: appends every entity's rows, judges what is missing, takes back what is quarantined, keeps the rest.

The transaction and the ledger are land.py's, the rules judgement.py's.
The one thing to know: rows are appended before they are judged, because a record is missing or not by what the others say tonight; what is
then quarantined is taken back in the same transaction, so that raw holds nothing of it.
"""
# ruff: noqa: S608 - names are quoted by versions.table_of(); values are parameters

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.ledger import AcceptedSet, Finding
from handoff_pipeline.warehouse import field_contract, judgement, pages, sweeps, versions
from handoff_pipeline.warehouse.engine import Connection
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.judgement import Judgement
from handoff_pipeline.warehouse.report import Landed, Pulled, PulledEntity
from handoff_pipeline.warehouse.rules import Rules
from handoff_pipeline.warehouse.sweeps import Swept

FIELDS = "field_info"


@dataclass
class _Counts:
    """What happened to one entity's rows."""

    changed: int = 0
    deleted: int = 0
    keyless: int = 0
    duplicate: int = 0
    notes: list[str] = field(default_factory=list)


def land_batch(
    conn: Connection,
    home: Home,
    batch_no: int,
    report: Pulled,
    rules: Rules,
    accepted: Collection[AcceptedSet],
    standing: Collection[Finding],
) -> tuple[dict[str, Landed], Judgement]:
    """Land the pull as `batch_no`; returns what was landed per entity, and what is set aside.

    `accepted` and `standing` are the ledger's: what persons have allowed, and what earlier landings set aside and nobody has judged since.

    Raises:
        WarehouseError: a page or the ids of a sweep cannot be read, or files were lost.
    """
    sweeps.begin(conn)
    field_contract.begin(conn)
    verdict = Judgement(accepted)
    counts: dict[str, _Counts] = {}
    swept: dict[str, Swept] = {}
    for name, pulled in report.entities.items():
        counts[name] = _Counts()
        if pulled.state == "complete" or pulled.may_land:
            found = _append(conn, home, batch_no, name, pulled, counts[name], verdict)
            if found:
                swept[name] = found
    complete = [name for name, pulled in report.entities.items() if pulled.state == "complete"]
    if FIELDS in complete and rules.fields:
        judgement.judge_fields(conn, batch_no, rules, verdict, complete)
        _note_absent_fields(conn, rules, {name: counts[name] for name in counts.keys() - verdict.held})
    for finding in standing:
        # What nobody could look at again tonight stays as it was judged.
        if finding.entity in complete and (finding.entity, finding.kind) not in verdict.looked_at and finding.entity not in swept:
            verdict.findings.append(finding)
    _judge_drops(conn, batch_no, swept, rules, verdict, counts)
    for name in complete:
        _finish(conn, batch_no, name, report.entities[name], swept.get(name), counts[name], is_held=name in verdict.held)
    for name, pulled in report.entities.items():
        if pulled.may_land and pulled.state != "complete" and name not in verdict.held:
            _remember_asked(conn, name, pulled.asked)
    return {name: _landed(conn, batch_no, name, pulled, counts[name], verdict) for name, pulled in report.entities.items()}, verdict


def _append(
    conn: Connection, home: Home, batch_no: int, entity: str, pulled: PulledEntity, counts: _Counts, verdict: Judgement
) -> Swept | None:
    replaced = pages.read(conn, home, entity, pulled)
    if replaced:
        counts.notes.append(f"{replaced} characters that not every store can hold (NUL, halves of a surrogate pair) replaced")
    distinct, counts.keyless, counts.duplicate = _count(conn)
    if distinct + counts.keyless < pulled.rows_seen:
        raise WarehouseError(
            f"The inbox holds {distinct + counts.keyless} rows of {entity}; the pull saw {pulled.rows_seen}.",
            f"Pull again: files were lost from {home.inbox} in between.",
        )
    judgement.judge_ambiguous(conn, entity, verdict)
    found = None
    if pulled.state == "complete":
        found = sweeps.compare(conn, home.root, entity, pulled)
        if entity == FIELDS:
            field_contract.note(conn)
    counts.changed, counts.deleted = versions.append_changed(conn, batch_no, entity)
    if counts.deleted:
        counts.notes.append(f"{counts.deleted} ids are used again for another record; the old ones are kept as deleted")
    conn.execute("drop table temp.pulled")
    return found


def _note_absent_fields(conn: Connection, rules: Rules, counts: Mapping[str, _Counts]) -> None:
    """Say which mapped fields the tenant does not have: one that it never had breaks no contract, and must not be silent either."""
    for absent in field_contract.missing(conn, rules.fields):
        if absent.entity in counts:
            counts[absent.entity].notes.append(f"the tenant has no custom field {absent.name} ({absent.meaning})")


def _judge_drops(
    conn: Connection, batch_no: int, swept: Mapping[str, Swept], rules: Rules, verdict: Judgement, counts: Mapping[str, _Counts]
) -> None:
    """Judge until nothing more is held: each that is taken back may still refer, as of yesterday, to what another lacks."""
    taken_back: set[str] = set()
    while True:
        for name in sorted(verdict.held - taken_back):
            conn.execute(f"delete from {versions.table_of(name)} where batch_no = $batch_no", {"batch_no": batch_no})
            counts[name].changed = counts[name].deleted = 0
            taken_back.add(name)
        open_sweeps = {name: found for name, found in swept.items() if (name, "drop") not in {(f.entity, f.kind) for f in verdict.findings}}
        held = judgement.judge_drops(conn, open_sweeps, rules, verdict)
        if not held - taken_back:
            return


def _finish(
    conn: Connection, batch_no: int, entity: str, pulled: PulledEntity, swept: Swept | None, counts: _Counts, *, is_held: bool
) -> None:
    if swept:
        counts.deleted += sweeps.remember(conn, batch_no, entity, swept, is_quarantined=is_held)
    if is_held:
        return
    _remember_asked(conn, entity, pulled.asked)
    if pulled.cursor_utc is not None:
        cursor = {"entity": entity, "cursor": pulled.cursor_utc.astimezone(UTC).replace(tzinfo=None)}
        conn.execute("insert or replace into raw.cursor values ($entity, $cursor)", cursor)


def _remember_asked(conn: Connection, entity: str, asked: Mapping[str, str]) -> None:
    """Keep which subjects were read singly at which last change, in the transaction of their rows."""
    if not asked:
        return
    told = {"entity": entity, "asked": json.dumps(dict(asked))}
    conn.execute(
        "delete from raw.asked where entity = $entity and subject in (select key from json_each($asked))",
        told,
    )
    conn.execute("insert into raw.asked select $entity, key, value ->> '$' from json_each($asked) order by key", told)


def _landed(conn: Connection, batch_no: int, entity: str, pulled: PulledEntity, counts: _Counts, verdict: Judgement) -> Landed:
    is_held = entity in verdict.held
    landed = Landed(
        entity=entity,
        state="quarantined" if is_held else pulled.state,
        rows_seen=pulled.rows_seen,
        rows_expected=pulled.rows_expected,
        rows_changed=counts.changed,
        rows_deleted=counts.deleted,
        rows_quarantined=counts.keyless,
        rows_duplicate=counts.duplicate,
        requests=pulled.requests,
        is_full=pulled.is_full,
        detail="; ".join(filter(None, (*verdict.said_of(entity), pulled.detail, *counts.notes))) or None,
        requests_minimum=pulled.requests_minimum,
    )
    conn.execute(
        "insert into raw.load_batch values ($batch_no, $entity, $state, $rows_seen, $rows_expected, $rows_changed, $rows_deleted,"
        " $rows_quarantined, $rows_duplicate, $requests, $is_full, $detail)",
        {"batch_no": batch_no, **{name: getattr(landed, name) for name in Landed.__slots__ if name != "requests_minimum"}},
    )
    return landed


def _count(conn: Connection) -> tuple[int, int, int]:
    """Distinct keys, rows without a key, and rows beyond the first of their key."""
    row = conn.execute("select count(distinct row_key), count(*) - count(row_key), count(row_key) from temp.pulled").fetchone()
    distinct, without, keyed = row or (0, 0, 0)
    return distinct, without, keyed - distinct


def naive(moment: datetime) -> datetime:
    """An aware moment as the naive UTC that the tables hold."""
    return moment.astimezone(UTC).replace(tzinfo=None)

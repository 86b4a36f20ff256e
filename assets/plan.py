"""What tonight's pull is asked for, decided from what the warehouse knows; and what one step hands to the next, as files of the inbox.

Nothing is pulled or landed here. The one thing to know: a cursor may only be used for the custom fields and change types that it was pulled
with; when the policy names another one, the entities concerned are pulled whole again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import polars as pl
from pydantic import TypeAdapter, ValidationError

from assets.table_frames import whole
from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.halo import ENTITIES, PullPlan, PullReport
from handoff_pipeline.policy import Policy
from handoff_pipeline.warehouse import frames
from handoff_pipeline.warehouse.engine import Connection
from handoff_pipeline.warehouse.land import cursors

TICKETS: Final = tuple(entity.name for entity in ENTITIES.values() if entity.is_ticket)
SCOPE_TABLE: Final = "raw.pull_scope"
SCOPE_TYPES: Final = {"entity": "varchar", "name": "varchar"}
TENANT: Final = "(tenant)"
"""The scope's row that names the tenant; no entity is called so."""
PLAN_FILE: Final = "plan.json"
REPORT_FILE: Final = "report.json"

_ORDERS: Final = """
    select cast(r.row_key as bigint) as order_id, max_by(r.payload ->> '$.last_update_time', r.batch_no) as last_update_time
    from raw.sales_order as r
    group by r.row_key
    having last_update_time is not null
"""
_PROJECTS: Final = "select distinct cast(r.row_key as bigint) as project_id from raw.project as r"

T = TypeVar("T")


@dataclass(frozen=True)
class Known:
    """What earlier nights left: cursors, orders and their last change, projects, and the scope that each entity was pulled with."""

    cursors: Mapping[str, datetime | None]
    orders: Mapping[int, str]
    project_ids: frozenset[int]
    scope: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Pulled:
    """A finished pull: which run asked for it, as of when, and what came."""

    run_id: str
    as_of: datetime
    report: PullReport


_PLAN: Final = TypeAdapter(PullPlan)
_PULLED: Final = TypeAdapter(Pulled)


def refuse_other_tenant(known: Known, tenant: str) -> None:
    """One warehouse serves one tenant: its ids are another tenant's other records.

    Raises:
        WarehouseError: the warehouse holds another tenant's rows.
    """
    held = known.scope.get(TENANT, frozenset())
    if held and tenant not in held:
        raise WarehouseError(
            f"This home holds the tenant {', '.join(sorted(held))}, and the settings name {tenant}.",
            "Set HANDOFF_HOME to a folder of its own for each tenant, or correct HANDOFF_HALO_TENANT.",
        )


def scope_of(policy: Policy) -> dict[str, frozenset[str]]:
    """Per entity with a cursor: the names of the policy that decide which rows and fields HaloPSA answers with."""
    scope = dict.fromkeys(TICKETS, policy.custom_field_names)
    scope["change_request"] = scope["change_request"] | frozenset(policy.ticket_types.change_request)
    return scope


def decide(policy: Policy, as_of: datetime, known: Known) -> PullPlan:
    """The plan of a pull: a cursor is dropped where the entity was never pulled with everything that the policy names now."""
    wanted = scope_of(policy)
    outgrown = {entity for entity, names in wanted.items() if names - known.scope.get(entity, frozenset())}
    return PullPlan(
        as_of=as_of,
        cursors={entity: cursor for entity, cursor in known.cursors.items() if entity not in outgrown},
        known_orders=known.orders,
        project_ids=known.project_ids,
        custom_field_names=policy.custom_field_names,
        change_type_names=frozenset(policy.ticket_types.change_request),
    )


def read_known(conn: Connection) -> Known:
    """What the warehouse knows before tonight; before the first landing, nothing."""
    tables = set(frames.read(conn, "select table_name from information_schema.tables where table_schema = 'raw'").get_column("table_name"))
    if "batch" not in tables:
        return Known(cursors={}, orders={}, project_ids=frozenset(), scope={})
    return Known(
        cursors=cursors(conn),
        orders=dict(frames.read(conn, _ORDERS).rows()),
        project_ids=frozenset(frames.read(conn, _PROJECTS).get_column("project_id")),
        scope=_scope(conn) if SCOPE_TABLE.removeprefix("raw.") in tables else {},
    )


def _scope(conn: Connection) -> dict[str, frozenset[str]]:
    rows = whole(conn, SCOPE_TABLE, ("entity", "name")).rows()
    return {entity: frozenset(name for owner, name in rows if owner == entity) for entity, _ in rows}


def remember_scope(conn: Connection, policy: Policy, report: PullReport, tenant: str) -> None:
    """Keep the scope with which the landed cursors were pulled, and of which tenant they are.

    Not in the landing's transaction: where a kill comes between, the scope looks smaller than it was, and the next pull is a full one.
    """
    exists = frames.read(conn, "select 1 from information_schema.tables where table_schema = 'raw' and table_name = 'pull_scope'").height
    frames.write(conn, SCOPE_TABLE, scope_rows(policy, report, _scope(conn) if exists else {}, tenant), SCOPE_TYPES)


def scope_rows(policy: Policy, report: PullReport, known: Mapping[str, frozenset[str]], tenant: str) -> pl.DataFrame:
    """The scope to remember after landing: the policy's where an entity is complete, the old one where it is not."""
    rows = [(TENANT, tenant)]
    rows += [
        (entity, name)
        for entity, names in scope_of(policy).items()
        for name in sorted(names if report.entities[entity].state == "complete" else known.get(entity, frozenset()))
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(SCOPE_TYPES, pl.String()), orient="row")


def write_plan(inbox: Path, plan: PullPlan) -> None:
    """Hand the plan to the pull."""
    (inbox / PLAN_FILE).write_bytes(_PLAN.dump_json(plan))


def read_plan(inbox: Path) -> PullPlan:
    """The plan that was handed over. WarehouseError where there is none."""
    return _read(inbox / PLAN_FILE, _PLAN, "raw/pull_plan")


def write_pulled(inbox: Path, pulled: Pulled) -> None:
    """Hand the report to landing."""
    (inbox / REPORT_FILE).write_bytes(_PULLED.dump_json(pulled))


def read_pulled(inbox: Path) -> Pulled:
    """The report that was handed over. WarehouseError where there is none."""
    return _read(inbox / REPORT_FILE, _PULLED, "raw/halo_pull")


def forget_pulled(inbox: Path) -> None:
    """The report was landed."""
    (inbox / REPORT_FILE).unlink(missing_ok=True)


def _read(path: Path, adapter: TypeAdapter[T], maker: str) -> T:
    try:
        return adapter.validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError) as error:
        what = "is missing" if isinstance(error, FileNotFoundError) else "cannot be read"
        raise WarehouseError(f"{path} {what}.", f"Materialize {maker} first, or run the whole nightly job.") from None

"""What tonight's pull is asked for, decided from what the warehouse knows; and what one step hands to the next, as files of the inbox.

What the warehouse knows is known.py's; nothing is pulled or landed here. The one thing to know: a cursor may only be used for the custom
fields, types and statuses that it was pulled with; when the policy names another one, the entities concerned are pulled whole again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

import polars as pl
from pydantic import TypeAdapter, ValidationError

from assets.known import SCOPE_TABLE, Known, read_scope
from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.halo import ENTITIES, PullPlan, PullReport
from handoff_pipeline.policy import Policy
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse import frames
from handoff_pipeline.warehouse.engine import Connection

TICKETS: Final = tuple(entity.name for entity in ENTITIES.values() if entity.is_ticket)
SCOPE_TYPES: Final = {"entity": "varchar", "name": "varchar"}
EARLY: Final = timedelta(hours=12)
TENANT: Final = "(tenant)"
"""The scope's row that names the tenant; no entity is called so."""
PLAN_FILE: Final = "plan.json"
REPORT_FILE: Final = "report.json"

T = TypeVar("T")


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
    """Per entity with a cursor: the names of the policy that decide which rows and fields HaloPSA answers with, and which are read singly.

    The details of a project, and the documents of a won deal, are read when a list shows the record: where the policy names another type
    or status, the list has to show them all once more.
    """
    own = {
        "change_request": policy.ticket_types.change_request,
        "project": policy.ticket_types.project,
        "opportunity": policy.won.statuses,
    }
    return {entity: policy.custom_field_names | frozenset(own.get(entity, ())) for entity in TICKETS}


def decide(policy: Policy, settings: Settings, as_of: datetime, known: Known) -> PullPlan:
    """The plan of a pull.

    A cursor is dropped where the entity was never pulled with everything that the policy names now, and where its last full read is
    `full_read_days` old. Ids are handed over for the entities that are swept tonight alone, so that the plan stays small.
    """
    wanted = scope_of(policy)
    outgrown = {entity for entity, names in wanted.items() if names - known.scope.get(entity, frozenset())}
    # Only what can be read in part has a whole reading to fall back to; details have none.
    overdue = {
        entity
        for entity in known.cursors
        if (ENTITIES[entity].has_cursor or ENTITIES[entity].reading == "windows")
        and not _is_within(known.full_reads.get(entity), timedelta(days=settings.full_read_days), as_of)
    }
    # Time has no list of ids: only a second whole reading settles what the first one missed.
    overdue |= {entity for entity in known.unsettled & known.cursors.keys() if ENTITIES[entity].reading == "windows"}
    sweep = frozenset(
        entity.name
        for entity in ENTITIES.values()
        if entity.is_swept
        and known.living.get(entity.name)
        and not _is_within(known.sweeps.get(entity.name), timedelta(days=settings.sweep_days), as_of)
    )
    return PullPlan(
        as_of=as_of,
        cursors={entity: cursor for entity, cursor in known.cursors.items() if entity not in outgrown | overdue},
        known_orders=known.orders,
        project_ids=known.project_ids,
        custom_field_names=policy.custom_field_names,
        change_type_names=frozenset(policy.ticket_types.change_request),
        project_type_names=frozenset(policy.ticket_types.project),
        won_status_names=frozenset(policy.won.statuses),
        accepted_quotation_statuses=frozenset(policy.quotation.accepted_statuses),
        documents_since=policy.tenant.go_live,
        sweep=sweep,
        known_ids={entity: known.living[entity] for entity in sorted(sweep)},
        doubtful_ids={entity: known.doubtful.get(entity, frozenset()) for entity in sorted(sweep)},
        asked=known.asked,
    )


def _is_within(last: datetime | None, interval: timedelta, as_of: datetime) -> bool:
    """Whether the interval since `last` is not over; nights do not begin to the minute, so half a day counts as over."""
    return last is not None and as_of - last < interval - EARLY


def remember_scope(conn: Connection, policy: Policy, states: Mapping[str, str], tenant: str) -> None:
    """Keep the scope with which the landed cursors were pulled, and of which tenant they are.

    Not in the landing's transaction: where a kill comes between, the scope looks smaller than it was, and the next pull is a full one.
    """
    frames.write(conn, SCOPE_TABLE, scope_rows(policy, states, read_scope(conn), tenant), SCOPE_TYPES)


def scope_rows(policy: Policy, states: Mapping[str, str], known: Mapping[str, frozenset[str]], tenant: str) -> pl.DataFrame:
    """The scope to remember after landing: the policy's where an entity was landed as complete, the old one where it was not."""
    rows = [(TENANT, tenant)]
    rows += [
        (entity, name)
        for entity, names in scope_of(policy).items()
        for name in sorted(names if states[entity] == "complete" else known.get(entity, frozenset()))
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

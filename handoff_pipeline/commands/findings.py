"""What `handoff doctor` finds: pure checks of versions, settings and names, each with its fix.

Asking the machine or the tenant is the command's.
The one thing to know: names are compared without regard to case and outer spaces.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from handoff_pipeline.policy import Policy
from handoff_pipeline.settings import Settings

OLDEST_DUCKDB = (1, 5, 6)
DAGSTER_SIBLINGS = ("dagster", "dagster-webserver", "dagster-graphql", "dagster-dg-cli")
LEAST_FREE_BYTES = 2_000_000_000
NEAR_MISSES = 3

Level = Literal["ok", "warning", "failure"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `fix` is empty only when all is well."""

    check: str
    level: Level
    message: str
    fix: str = ""


@dataclass(frozen=True)
class TenantNames:
    """The names that a tenant has, as HaloPSA shows them."""

    ticket_types: frozenset[str]
    statuses: frozenset[str]
    custom_fields: frozenset[str]


def versions(installed: Mapping[str, str]) -> Iterator[Finding]:
    """Whether DuckDB is new enough to keep acknowledged rows on a full disk, and whether Dagster's packages are of one release."""
    duckdb = installed["duckdb"]
    if tuple(int(part) for part in duckdb.split(".")[:3] if part.isdigit()) >= OLDEST_DUCKDB:
        yield Finding("duckdb", "ok", f"DuckDB {duckdb}.")
    else:
        yield Finding(
            "duckdb",
            "failure",
            f"DuckDB {duckdb} can lose rows on a full disk.",
            "Install from requirements.lock: make clean, then make test.",
        )
    releases = {installed[name] for name in DAGSTER_SIBLINGS}
    if len(releases) == 1:
        yield Finding("dagster", "ok", f"Dagster {releases.pop()}, all of its packages.")
    else:
        mixed = ", ".join(f"{name} {installed[name]}" for name in DAGSTER_SIBLINGS)
        yield Finding(
            "dagster",
            "failure",
            f"Dagster's packages are of different releases: {mixed}.",
            "Install from requirements.lock: make clean, then make test.",
        )


def disk(free_bytes: int, *, is_writable: bool, home: str) -> Iterator[Finding]:
    """Whether the home can be written and has room for a night."""
    if not is_writable:
        yield Finding("home", "failure", f"{home} cannot be written.", "Set HANDOFF_HOME to a folder of this user, or change its owner.")
        return
    yield Finding("home", "ok", f"{home} can be written.")
    free = f"{free_bytes / 1e9:.1f} GB free"
    if free_bytes < LEAST_FREE_BYTES:
        yield Finding(
            "disk",
            "failure",
            f"Only {free} where {home} lies.",
            "Free some space: a night writes its files beside the old ones before it swaps them.",
        )
    else:
        yield Finding("disk", "ok", f"{free}.")


def credentials_present(settings: Settings) -> Iterator[Finding]:
    """Whether the address and both halves of the credential are set; their values are never shown."""
    for name, value in (
        ("HANDOFF_HALO_URL", settings.halo_url),
        ("HANDOFF_HALO_CLIENT_ID", settings.halo_client_id),
        ("HANDOFF_HALO_CLIENT_SECRET", settings.halo_client_secret),
    ):
        if value:
            yield Finding(name, "ok", "Set.")
        else:
            yield Finding(
                name,
                "failure",
                "Not set.",
                "Copy .env.example to .env and fill it in; docs/connect-a-tenant.md says where to find the value.",
            )


def names(policy: Policy, tenant: TenantNames) -> Iterator[Finding]:
    """Whether every name that the policy uses is on the tenant; for one that is not, the names that look alike."""
    types, change = policy.ticket_types, policy.change_request
    wanted: tuple[tuple[str, str, frozenset[str], Iterable[str]], ...] = (
        ("ticket type", "ticket_types.opportunity", tenant.ticket_types, types.opportunity),
        ("ticket type", "ticket_types.project", tenant.ticket_types, types.project),
        ("ticket type", "ticket_types.task", tenant.ticket_types, types.task),
        ("ticket type", "ticket_types.change_request", tenant.ticket_types, types.change_request),
        ("status", "won.statuses", tenant.statuses, policy.won.statuses),
        ("status", "lost.statuses", tenant.statuses, policy.lost.statuses),
        ("status", "project.cancelled_statuses", tenant.statuses, policy.project.cancelled_statuses),
        ("status", "project.client_hold_statuses", tenant.statuses, policy.project.client_hold_statuses),
        ("status", "change_request.approved_statuses", tenant.statuses, change.approved_statuses),
        ("status", "change_request.rejected_statuses", tenant.statuses, change.rejected_statuses),
        ("status", "change_request.withdrawn_statuses", tenant.statuses, change.withdrawn_statuses),
        *(("custom field", f"fields.opportunity.{key}", tenant.custom_fields, [name]) for key, name in policy.fields.opportunity.items()),
        *(("custom field", f"fields.project.{key}", tenant.custom_fields, [name]) for key, name in policy.fields.project.items()),
        *(
            ("custom field", f"change_request.{key}", tenant.custom_fields, [name])
            for key, name in (
                ("decided_field", change.decided_field),
                ("price_field", change.price_field),
                ("origin_field", change.origin_field),
            )
            if name
        ),
    )
    missing = 0
    for kind, key, known, used in wanted:
        for name in used:
            if _folded(name) not in {_folded(one) for one in known}:
                missing += 1
                yield Finding(key, "failure", f'The {kind} "{name}" is not on this tenant.', _near(name, known, kind))
    if not missing:
        yield Finding("names", "ok", f"All {sum(len(list(used)) for *_, used in wanted)} names of the policy are on the tenant.")


def _near(name: str, known: frozenset[str], kind: str) -> str:
    by_fold = {_folded(one): one for one in sorted(known)}
    near = [by_fold[one] for one in difflib.get_close_matches(_folded(name), by_fold, n=NEAR_MISSES, cutoff=0.5)]
    if near:
        return f"Write it as HaloPSA shows it in handoff.yaml; names that look alike: {', '.join(near)}."
    return f"Add the {kind} in HaloPSA, or name another one in handoff.yaml."


def _folded(name: str) -> str:
    return name.strip().casefold()

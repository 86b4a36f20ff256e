"""Which scopes the reader and the writer need and why, and what of the granted ones is missing or more than needed.

Pure functions over names. The one thing to know: HaloPSA's `edit:` scopes include reading, there are no scopes of their own for agents,
actions or sites, and a scope does not help where the application's user lacks the permission (H: HaloAPI's list of scopes; conduit).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from handoff_pipeline.halo.credential import BROAD_SCOPES, WHERE
from handoff_pipeline.halo.probe import Finding
from handoff_pipeline.settings import Settings

READ_NEEDS: Mapping[str, str] = MappingProxyType(
    {
        "read:tickets": "opportunities, change requests, time entries, approvals, teams, agents and all configuration",
        "read:customers": "clients and sites",
        "read:crm": "opportunities, where the tenant keeps them apart",
        "read:quotes": "quotations and their lines",
        "read:sos": "sales orders and their lines",
        "read:projects": "projects, their tasks and milestones",
        "read:calendar": "appointments, for planned kickoffs",
        "read:invoices": "invoices, for the billing of change requests",
        "read:contracts": "client contracts",
        "read:timesheets": "timesheets",
    }
)
"""Scope -> what is read by it."""
REPORT_NEEDS: Mapping[str, str] = MappingProxyType({"read:reporting": "budgets, audit and dated costs by SQL (HANDOFF_REPORTING)"})
WRITE_NEEDS: Mapping[str, str] = MappingProxyType(
    {
        "edit:tickets": "opportunities, change requests, notes, approvals and custom fields on tickets",
        "edit:projects": "projects and their milestones",
        "edit:calendar": "appointments",
        "edit:crm": "opportunities, where the tenant keeps them apart",
    }
)
"""Scope -> what is written by it. The writer asks for those of HANDOFF_HALO_WRITER_SCOPE only."""


def granted_finding(role: str, granted: frozenset[str] | None, settings: Settings) -> Finding:
    """What the credential of a role ("reader" or "writer") was granted, against what it needs."""
    name = f"{role}: scopes"
    where = WHERE.replace("your application", "the writer's application" if role == "writer" else "the reader's application")
    if granted is None:
        return Finding(name, ok=True, message="HaloPSA does not say which scopes it granted", fix=f"Look at them in {where}.")
    needs = needed(role, settings)
    missing = sorted(scope for scope in needs if not covers(granted, scope))
    beyond = sorted(granted - set(needs) - _HARMLESS)
    wide = sorted(scope for scope in beyond if scope in BROAD_SCOPES)
    problems = [f"{scope} is missing: {needs[scope]}" for scope in missing]
    problems += [f"{scope} may change everything" for scope in wide]
    problems += [f"{scope} is more than it needs" for scope in beyond if scope not in wide]
    if not problems:
        return Finding(name, ok=True, message=f"granted what is needed and no more: {' '.join(sorted(granted))}")
    return Finding(name, ok=False, message="; ".join(problems), fix=f"In {where}, on the permissions tab: {_changes(missing, beyond)}.")


def needed(role: str, settings: Settings) -> Mapping[str, str]:
    """Scope -> what for. The writer needs what it asks for, since the writes that an MSP allows differ."""
    if role == "writer":
        return {scope: WRITE_NEEDS.get(scope, "asked for by HANDOFF_HALO_WRITER_SCOPE") for scope in settings.halo_writer_scope.split()}
    return {**READ_NEEDS, **(REPORT_NEEDS if settings.reporting else {})}


def covers(granted: frozenset[str], scope: str) -> bool:
    """Whether the granted scopes include this one: `edit:x` reads x as well, and the broad ones include everything."""
    return scope in granted or f"edit:{scope.removeprefix('read:')}" in granted or bool(granted & BROAD_SCOPES)


_HARMLESS = frozenset({"openid", "profile", "offline_access"})


def _changes(missing: list[str], beyond: list[str]) -> str:
    parts = ([f"tick {' '.join(missing)}"] if missing else []) + ([f"take off {' '.join(beyond)}"] if beyond else [])
    return ", ".join(parts)

"""`handoff doctor`: is everything in place for a night? Asks the machine and the tenant; what a finding is and its fix stand elsewhere.

Findings of the machine are in `machine`, of the last nights in `standing`, of the tenant in `findings`. The one thing to know: a check
that cannot be made because an earlier one failed is left out, not guessed; and how many requests it costs is said before the first.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import available_timezones

import typer

from handoff_pipeline.clock import clock_for
from handoff_pipeline.commands import findings as tenant_findings
from handoff_pipeline.commands import machine
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.findings import Finding, Level, TenantNames, credentials_present, names
from handoff_pipeline.commands.screen import Json, emit, err, out, plain
from handoff_pipeline.commands.standing import standing
from handoff_pipeline.commands.telling import show_finding
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from handoff_pipeline.policy import Policy
    from handoff_pipeline.warehouse.home import Home

EXAMPLES = """Examples:\n
handoff doctor\n
handoff doctor --access\n
handoff doctor --json"""

PROBE_REQUESTS = 2
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def doctor(
    access: Annotated[bool, typer.Option("--access", help="Only what each credential may do beyond its need.")] = False,
    as_json: Json = False,
) -> None:
    """Check machine, home, policy, credentials and tenant, and how the last night ended; each finding says what to do.

    Exits with 1 when something must be mended; warnings alone are no failure.
    """
    settings = load_settings()
    found: list[Finding] = []
    for finding in _access(settings) if access else examine(settings):
        found.append(finding)
        if not as_json:
            show_finding(finding)
    failures = sum(finding.level == "failure" for finding in found)
    warnings = sum(finding.level == "warning" for finding in found)
    if as_json:
        emit({"ok": failures == 0, "findings": [vars(finding) for finding in found]})
    elif failures:
        err().print(plain(f"{failures} of {len(found)} checks need mending.", "red"))
    elif warnings:
        out().print(plain(f"Nothing stops a night; {warnings} of {len(found)} checks deserve a look.", "yellow"))
    else:
        out().print(plain(f"All {len(found)} checks are well.", "green"))
    raise typer.Exit(Exit.FAILED if failures else Exit.DONE)


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, in the order in which a person would mend them."""
    from handoff_pipeline.warehouse.home import Home

    yield machine.python(sys.version_info[:2])
    yield from machine.versions({name: version(name) for name in ("duckdb", *machine.DAGSTER_SIBLINGS)})
    home = Home.of(settings)
    yield from _disk(home)
    yield machine.memory(memory_bytes(), settings.memory_limit)
    variable = os.environ.get("DAGSTER_HOME")
    yield machine.dagster_folder(variable, settings.home, exists=bool(variable) and Path(variable or "").is_dir())
    policy, finding = _policy(settings.policy_file)
    yield finding
    yield machine.zones(available_timezones(), policy.tenant.time_zone if policy else None)
    yield from standing(home, clock_for(settings.as_of).now())
    present = list(credentials_present(settings))
    yield from present
    if all(finding.level == "ok" for finding in present):
        yield from _tenant(settings, policy)


def _disk(home: Home) -> Iterator[Finding]:
    """The home itself, or the nearest folder above it that exists, since a first run makes the home."""
    standing_at = home.root
    while not standing_at.exists():
        standing_at = standing_at.parent
    size = home.work_file.stat().st_size if home.work_file.is_file() else 0
    inodes = os.statvfs(standing_at)
    yield from machine.disk(
        shutil.disk_usage(standing_at).free,
        size,
        inodes.f_favail if inodes.f_files else None,
        is_writable=os.access(standing_at, os.W_OK | os.X_OK),
        home=str(home.root),
    )


def memory_bytes() -> int | None:
    """Memory that this process may have: the machine's, or the container's where that is less."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return None
    text = CGROUP_LIMIT.read_text("utf-8").strip() if CGROUP_LIMIT.is_file() else ""
    return min(total, int(text)) if text.isdigit() else total


def _policy(path: Path) -> tuple[Policy | None, Finding]:
    from handoff_pipeline.policy import load_policy

    try:
        policy = load_policy(path)
    except HandoffError as error:
        return None, Finding("policy", "failure", error.message, error.fix or "")
    return policy, Finding("policy", "ok", f"{path} is sound, version {policy.version}.")


def _tenant(settings: Settings, policy: Policy | None) -> Iterator[Finding]:
    from handoff_pipeline.halo import ENTITIES, probe
    from handoff_pipeline.halo.credential import reading_scope
    from handoff_pipeline.halo.visibility import LOOK_REQUESTS, look

    err().print(plain(f"Asks {settings.tenant_name} {PROBE_REQUESTS + LOOK_REQUESTS} questions at most; changes nothing."), soft_wrap=True)
    clock = clock_for(settings.as_of)
    admitted = False
    for answer in probe(settings, clock):
        admitted = admitted or (answer.name == "credentials" and answer.ok)
        # A wide scope and a skewed clock do not stop a night; a refused credential does.
        level: Level = "ok" if answer.ok else "failure" if answer.name == "credentials" else "warning"
        yield Finding(answer.name, level, answer.message, answer.fix or "")
    if not admitted:
        return
    try:
        seen = look(settings, clock)
    except HandoffError as error:
        yield Finding("names", "failure", error.message, error.fix or "")
        return
    yield tenant_findings.halo_version(seen.found.rows("instance"))
    yield from tenant_findings.scopes(seen.found.granted, reading_scope(settings), ENTITIES.values(), reporting=settings.reporting)
    yield from tenant_findings.costs(seen.found.rows("agent"))
    yield from tenant_findings.hidden(seen.hidden)
    if policy is not None:
        yield from names(policy, TenantNames.of(seen.found))


def _access(settings: Settings) -> Iterator[Finding]:
    """What each credential may do beyond its need."""
    from handoff_pipeline.halo.access import HINT_ENTITIES, access
    from handoff_pipeline.halo.entities import ENTITIES

    # Each endpoint once, a second look at some lists, costs and version, and signing in twice.
    about = len({entity.path for entity in ENTITIES.values()}) + len(HINT_ENTITIES) + 2 + 2 * PROBE_REQUESTS
    err().print(plain(f"Asks {settings.tenant_name} about {about} questions; changes nothing."), soft_wrap=True)
    for answer in access(settings, clock_for(settings.as_of)):
        yield Finding(answer.name, "ok" if answer.ok else "warning", answer.message, answer.fix or "")

"""`handoff doctor`: is everything in place for a night? Asks the machine and the tenant; what a finding is and its fix stand in `findings`.

Seven requests to the tenant. The one thing to know: a check that cannot be made because an earlier one failed is left out, not guessed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import typer
from rich.text import Text

from handoff_pipeline.clock import clock_for
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.findings import DAGSTER_SIBLINGS, Finding, Level, TenantNames, credentials_present, disk, names, versions
from handoff_pipeline.commands.screen import Json, emit, err, out, plain
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.policy import Policy, load_policy
from handoff_pipeline.settings import Settings, load_settings

EXAMPLES = """Examples:\n
handoff doctor\n
handoff doctor --json"""

MARKS = {"ok": ("ok     ", "green"), "warning": ("warning", "yellow"), "failure": ("failure", "red")}


def doctor(as_json: Json = False) -> None:
    """Check installation, home, policy, credential, and that the tenant has every name the policy uses.

    Exits with 1 when something must be mended; warnings alone are no failure.
    """
    settings = load_settings()
    findings: list[Finding] = []
    for finding in examine(settings):
        findings.append(finding)
        if not as_json:
            _show(finding)
    failures = sum(finding.level == "failure" for finding in findings)
    warnings = sum(finding.level == "warning" for finding in findings)
    if as_json:
        emit({"ok": failures == 0, "findings": [vars(finding) for finding in findings]})
    elif failures:
        err().print(plain(f"{failures} of {len(findings)} checks need mending.", "red"))
    elif warnings:
        out().print(plain(f"Nothing stops a night; {warnings} of {len(findings)} checks deserve a look.", "yellow"))
    else:
        out().print(plain(f"All {len(findings)} checks are well.", "green"))
    raise typer.Exit(Exit.FAILED if failures else Exit.DONE)


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, in the order in which a person would mend them."""
    yield from versions({name: version(name) for name in ("duckdb", *DAGSTER_SIBLINGS)})
    yield from _home(settings.home)
    policy, finding = _policy(settings.policy_file)
    yield finding
    present = list(credentials_present(settings))
    yield from present
    if all(finding.level == "ok" for finding in present):
        yield from _tenant(settings, policy)


def _home(home: Path) -> Iterator[Finding]:
    """The home itself, or the nearest folder above it that exists, since a first run makes the home."""
    standing = home.absolute()
    while not standing.exists():
        standing = standing.parent
    yield from disk(shutil.disk_usage(standing).free, is_writable=os.access(standing, os.W_OK | os.X_OK), home=str(home))


def _policy(path: Path) -> tuple[Policy | None, Finding]:
    try:
        policy = load_policy(path)
    except HandoffError as error:
        return None, Finding("policy", "failure", error.message, error.fix or "")
    return policy, Finding("policy", "ok", f"{path} is sound, version {policy.version}.")


def _tenant(settings: Settings, policy: Policy | None) -> Iterator[Finding]:
    from handoff_pipeline.halo import probe, tenant_names

    clock = clock_for(settings.as_of)
    admitted = False
    for answer in probe(settings, clock):
        admitted = admitted or (answer.name == "credentials" and answer.ok)
        # A wide scope and a skewed clock do not stop a night; a refused credential does.
        level: Level = "ok" if answer.ok else "failure" if answer.name == "credentials" else "warning"
        yield Finding(answer.name, level, answer.message, answer.fix or "")
    if policy is None or not admitted:
        return
    try:
        known = tenant_names(settings, clock)
    except HandoffError as error:
        yield Finding("names", "failure", error.message, error.fix or "")
        return
    tenant = TenantNames(frozenset(known["ticket_type"]), frozenset(known["status"]), frozenset(known["field_info"]))
    yield from names(policy, tenant)


def _show(finding: Finding) -> None:
    mark, style = MARKS[finding.level]
    out().print(Text.assemble((mark, style), "  ", plain(f"{finding.check}: {finding.message}")), soft_wrap=True)
    if finding.fix:
        out().print(plain(f"         Fix: {finding.fix}"), soft_wrap=True)

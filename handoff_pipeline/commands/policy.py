"""`handoff policy check`: is handoff.yaml sound, and what does it say in short? With --live also: does the tenant have what it names?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handoff_pipeline.clock import clock_for
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.findings import Finding
from handoff_pipeline.commands.init import SAMPLE_ROWS
from handoff_pipeline.commands.policy_history import kept_documents, same_version
from handoff_pipeline.commands.policy_show import checklist_table
from handoff_pipeline.commands.progress import shown
from handoff_pipeline.commands.screen import Json, emit, err, out, plain
from handoff_pipeline.commands.telling import show_finding
from handoff_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from handoff_pipeline.policy import Policy
    from handoff_pipeline.policy.load import Variants

EXAMPLES = """Examples:\n
handoff policy check\n
handoff policy check --live\n
handoff policy check --file clients/acme.yaml --json"""


def check(
    file: Annotated[Path | None, typer.Option("--file", help="The policy file; HANDOFF_POLICY_FILE or handoff.yaml by default.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Compare every name, number and type with the tenant; reads only.")] = False,
    sample: Annotated[
        int, typer.Option("--sample", min=1, max=10_000, help="With --live: newest records to read of each list.")
    ] = SAMPLE_ROWS,
    as_json: Json = False,
) -> None:
    """Check the policy file: every problem is named with its key, its value and the fix.

    Exits with 1 when something must be mended; warnings alone are no failure.
    """
    from handoff_pipeline.policy.load import parse_variants, read_text

    settings = load_settings()
    path = file or settings.policy_file
    variants = parse_variants(read_text(path), path.name)
    policy = variants.chosen
    findings = [*same_version(policy, kept_documents(settings)), *(_compared(settings, policy, sample) if live else [])]
    failures = sum(finding.level == "failure" for finding in findings)
    items = [item.id for item in policy.checklist.items]
    if as_json:
        payload = {"ok": not failures, "file": path, "version": policy.version, "hash": policy.hash, "items": items}
        payload |= {"sector": policy.sector, "overlays": sorted(variants.by_sector)}
        emit(payload | {"findings": [vars(finding) for finding in findings]})
    else:
        _show(path, variants)
        for finding in findings:
            show_finding(finding)
        _conclude(findings, failures, live=live)
    raise typer.Exit(Exit.FAILED if failures else Exit.DONE)


def _compared(settings: Settings, policy: Policy, sample: int) -> list[Finding]:
    """What the tenant says to the policy."""
    from handoff_pipeline.commands.live_check import live_findings
    from handoff_pipeline.halo.discovery import discover
    from handoff_pipeline.halo.sample import Sample

    bounds = Sample(sample, 0)
    err().print(plain(f"Reads {settings.tenant_name} with at most {bounds.requests_at_most} requests; changes nothing."), soft_wrap=True)
    with shown() as progress:
        return live_findings(policy, discover(settings, clock_for(settings.as_of), bounds, progress))


def _show(path: Path, variants: Variants) -> None:
    """What the policy says in short, and which overlays would change how much of it."""
    from handoff_pipeline.policy.overlays import differences

    policy = variants.chosen
    items = policy.checklist.items
    console = out()
    console.print(
        plain(f"{path} is sound: version {policy.version}, {len(items)} checklist items, cap {policy.checklist.hard_cap:g}."),
        soft_wrap=True,
    )
    console.print(checklist_table(policy))
    for sector, changed in sorted(variants.by_sector.items()):
        state = "is on" if sector == policy.sector else "is off"
        count = len(differences(variants.base, changed))
        said = f"Overlay {sector} {state}: it changes {count} values; `handoff policy show --sector {sector}` tells which."
        console.print(plain(said), soft_wrap=True)


def _conclude(findings: list[Finding], failures: int, *, live: bool) -> None:
    """The last line: what it all comes to."""
    if not live:
        out().print(
            "Names of ticket types, statuses and fields are compared with the tenant by `handoff policy check --live`.", markup=False
        )
    elif failures:
        err().print(plain(f"{failures} of {len(findings)} findings need mending.", "red"))
    elif any(finding.level == "warning" for finding in findings):
        out().print(plain(f"The tenant has what the policy needs; {len(findings)} findings deserve a look.", "yellow"))

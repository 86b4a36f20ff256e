"""`handoff policy show` and `handoff policy schema`: what the file comes to with a sector's overlay, and what may stand in it.

What an overlay changes is `policy.overlays`'. The one thing to know: nothing is switched on here; `sector` in the file does that.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handoff_pipeline.commands.screen import Json, emit, out, plain, table
from handoff_pipeline.settings import load_settings

if TYPE_CHECKING:
    from handoff_pipeline.policy import Policy

EXAMPLES = """Examples:\n
handoff policy show\n
handoff policy show --sector finance\n
handoff policy show --sector finance --json"""
SCHEMA_EXAMPLES = """Examples:\n
handoff policy schema > handoff.schema.json"""

File = Annotated[Path | None, typer.Option("--file", help="The policy file; HANDOFF_POLICY_FILE or handoff.yaml by default.")]


def show(
    sector: Annotated[str | None, typer.Option("--sector", help="An overlay of the file; by default the one that it switches on.")] = None,
    file: File = None,
    as_json: Json = False,
) -> None:
    """Show the checklist, and what the sector's overlay changes of the file's own values."""
    from handoff_pipeline.policy.load import parse_variants, read_text
    from handoff_pipeline.policy.overlays import differences

    path = file or load_settings().policy_file
    variants = parse_variants(read_text(path), path.name)
    policy = variants.chosen if sector is None else variants.of(sector)
    changed = differences(variants.base, policy)
    if as_json:
        emit(
            {
                "file": path,
                "version": policy.version,
                "sector": policy.sector,
                "overlays": sorted(variants.by_sector),
                "changes": [vars(change) for change in changed],
                "items": [item.model_dump(mode="json", exclude_unset=True) for item in policy.checklist.items],
            }
        )
        return
    out().print(checklist_table(policy))
    if changed:
        rows = [(change.key, change.before, change.after) for change in changed]
        out().print(table(f"What the sector {policy.sector} changes", ("key", "without", "with"), rows))
    elif variants.by_sector:
        out().print(plain(f"No overlay is on; the file has: {', '.join(sorted(variants.by_sector))}."), soft_wrap=True)


def schema() -> None:
    """Write the JSON schema of handoff.yaml to standard output; editors complete and explain keys with it."""
    from handoff_pipeline.policy.schema import schema_text

    sys.stdout.write(schema_text())


def checklist_table(policy: Policy) -> object:
    """The checklist as a table for people."""
    cap = policy.checklist.hard_cap
    rows = [
        (
            item.id,
            item.title,
            f"{item.weight:g}",
            f"hard, cap {cap if item.cap is None else item.cap:g}" if item.hard else "",
            item.mode,
            item.rule.kind,
            "some deals" if item.goes_by else "",
        )
        for item in policy.checklist.items
    ]
    return table("Checklist", ("item", "title", "weight", "kind", "mode", "rule", "for"), rows, right=("weight",))

"""`handoff policy check`: is handoff.yaml sound, and what does it say in short? Asks no tenant; `handoff doctor` does that."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handoff_pipeline.commands.screen import Json, emit, out, plain, table
from handoff_pipeline.settings import load_settings

EXAMPLES = """Examples:\n
handoff policy check\n
handoff policy check --file clients/acme.yaml --json"""


def check(
    file: Annotated[Path | None, typer.Option("--file", help="The policy file; HANDOFF_POLICY_FILE or handoff.yaml by default.")] = None,
    as_json: Json = False,
) -> None:
    """Check the policy file: every problem is named with its key, its value and the fix."""
    from handoff_pipeline.policy import load_policy

    path = file or load_settings().policy_file
    policy = load_policy(path)
    items = policy.checklist.items
    if as_json:
        emit({"ok": True, "file": path, "version": policy.version, "hash": policy.hash, "items": [item.id for item in items]})
        return
    console = out()
    console.print(
        plain(f"{path} is sound: version {policy.version}, {len(items)} checklist items, cap {policy.checklist.hard_cap:g}."),
        soft_wrap=True,
    )
    rows = [(item.id, item.title, f"{item.weight:g}", "hard" if item.hard else "", item.mode, item.rule.kind) for item in items]
    console.print(table("Checklist", ("item", "title", "weight", "kind", "mode", "rule"), rows, right=("weight",)))
    console.print("Names of ticket types, statuses and fields are compared with the tenant by `handoff doctor`.", markup=False)

"""`handoff policy history`: which policy judged which nights; and what `policy check` says when content and version disagree.

When a document is in force is `policy.dated`'s, keeping it the ledger's. The one thing to know: a version is for people, so the same
version over two contents is a warning and no error; the hash tells the two apart in any case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from handoff_pipeline.commands.findings import Finding
from handoff_pipeline.commands.screen import Json, emit, out, table
from handoff_pipeline.errors import PolicyError
from handoff_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from handoff_pipeline.ledger import PolicyDocument
    from handoff_pipeline.policy import Policy

EXAMPLES = """Examples:\n
handoff policy history\n
handoff policy history --json"""
HASH_SHOWN = 12
FIX_UNREADABLE = "Its nights are judged by the next newer document that can be read; keep a copy of the release that wrote it to look."


def history(as_json: Json = False) -> None:
    """Show every policy that a night ran on, oldest first."""
    rows = [(kept, *_read(kept)) for kept in kept_documents(load_settings())]
    if as_json:
        documents = [
            {
                "version": kept.version,
                "hash": kept.policy_hash,
                "first_as_of": kept.first_as_of,
                "in_force_from": policy.in_force_from if policy else None,
                "sector": policy.sector if policy else None,
                "problem": problem,
            }
            for kept, policy, problem in rows
        ]
        emit({"documents": documents})
        return
    if not rows:
        out().print("No night has run yet, so no policy is kept.", markup=False)
        return
    cells = [
        (
            kept.version,
            kept.policy_hash[:HASH_SHOWN],
            f"{kept.first_as_of:%Y-%m-%d %H:%M} UTC",
            (policy.in_force_from or "its first night") if policy else "",
            problem or "",
        )
        for kept, policy, problem in rows
    ]
    out().print(table("Policies that nights ran on", ("version", "content", "first night", "in force from", "problem"), cells))


def kept_documents(settings: Settings) -> list[PolicyDocument]:
    """The ledger's policy documents, oldest first; none where no ledger is."""
    from handoff_pipeline.ledger import Ledger, is_ledger
    from handoff_pipeline.warehouse import Home

    home = Home.of(settings)
    if not is_ledger(home.ledger):
        return []
    with Ledger.open(home.ledger) as ledger:
        return ledger.policies.all()


def same_version(policy: Policy, kept: Iterable[PolicyDocument]) -> Iterator[Finding]:
    """A finding for each document that has this version and another content, and for each that this release cannot read."""
    for document in kept:
        before, problem = _read(document)
        when = f"{document.first_as_of:%Y-%m-%d}"
        if before is None:
            message = f"The policy of the night of {when} (version {document.version}) cannot be read by this release: {problem}"
            yield Finding("policy history", "warning", message, FIX_UNREADABLE)
        elif before.version == policy.version and before.hash != policy.hash:
            message = f'The content has changed since the night of {when}, and the version is still "{policy.version}".'
            yield Finding("version", "warning", message, "Give it a new version, so that scores by the two can be told apart.")


def _read(document: PolicyDocument) -> tuple[Policy | None, str | None]:
    """The document's policy, or why it cannot be read."""
    from handoff_pipeline.policy import parse_policy

    try:
        return parse_policy(document.document, name=f"the document {document.policy_hash[:HASH_SHOWN]}"), None
    except PolicyError as error:
        return None, error.message

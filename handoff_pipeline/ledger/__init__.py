"""The ledger: what must outlive the warehouse file and stay readable by day. Runs, batches, completeness, quarantine.

Nothing derived from HaloPSA's rows belongs here, and nothing here opens the warehouse file.
The one thing to know: the ledger commits on its own, so every promise that spans both stores is announced here first, settled after.
"""

from __future__ import annotations

from handoff_pipeline.ledger.quarantine import AcceptedSet
from handoff_pipeline.ledger.records import Acceptance, Announced, Batch, Completeness, Finding, FindingKind, Run, SetAside, Settled
from handoff_pipeline.ledger.store import Ledger

__all__ = [
    "Acceptance",
    "AcceptedSet",
    "Announced",
    "Batch",
    "Completeness",
    "Finding",
    "FindingKind",
    "Ledger",
    "Run",
    "SetAside",
    "Settled",
]

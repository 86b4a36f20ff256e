"""The ledger: what must outlive the warehouse file and stay readable by day. Runs, batches, completeness, quarantine, baselines.

Nothing derived from HaloPSA's rows belongs here, and nothing here opens the warehouse file.
The one thing to know: the ledger commits on its own, so every promise that spans both stores is announced here first, settled after.
"""

from __future__ import annotations

from handoff_pipeline.ledger.baselines import Baselines
from handoff_pipeline.ledger.policies import Policies
from handoff_pipeline.ledger.quarantine import AcceptedSet
from handoff_pipeline.ledger.records import (
    Acceptance,
    Announced,
    Baseline,
    Batch,
    Completeness,
    Finding,
    FindingKind,
    PolicyDocument,
    Run,
    SetAside,
    Settled,
)
from handoff_pipeline.ledger.store import Ledger

__all__ = [
    "Acceptance",
    "AcceptedSet",
    "Announced",
    "Baseline",
    "Baselines",
    "Batch",
    "Completeness",
    "Finding",
    "FindingKind",
    "Ledger",
    "Policies",
    "PolicyDocument",
    "Run",
    "SetAside",
    "Settled",
]

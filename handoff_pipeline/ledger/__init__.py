"""The ledger: what must outlive the warehouse file and stay readable by day. Runs, batches and completeness so far.

Nothing derived from HaloPSA's rows belongs here, and nothing here opens the warehouse file.
The one thing to know: the ledger commits on its own, so every promise that spans both stores is announced here first, settled after.
"""

from __future__ import annotations

from handoff_pipeline.ledger.records import Announced, Batch, Completeness, Run, Settled
from handoff_pipeline.ledger.store import Ledger

__all__ = ["Announced", "Batch", "Completeness", "Ledger", "Run", "Settled"]

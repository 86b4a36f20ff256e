"""Column lineage: from any column of the warehouse down to the fields of HaloPSA, the policy's keys and the ledger.

What an asset or a page shows of it belongs to assets and exports.
The one thing to know: it is read from the SQL files themselves and from the declarations of what Python makes, so it cannot be out of date.
"""

from __future__ import annotations

from handoff_pipeline.lineage.columns import Ref
from handoff_pipeline.lineage.graph import Lineage, lineage
from handoff_pipeline.lineage.origins import Origin

__all__ = ["Lineage", "Origin", "Ref", "lineage"]

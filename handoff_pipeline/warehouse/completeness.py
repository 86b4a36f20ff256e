"""Turns what was landed into the ledger's completeness rows of a run.

Whether a pull is complete was decided by the pull; whether a run may publish as fresh is publish.py's.
The one thing to know: an entity that is not complete keeps the as-of moment of its last complete pull, so that a reader sees how old its
data is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from handoff_pipeline.ledger import Completeness, Ledger
from handoff_pipeline.warehouse.report import LandResult


def completeness_rows(
    ledger: Ledger,
    run_id: str,
    as_of: datetime,
    result: LandResult,
    *,
    unlinked: Mapping[str, int] | None = None,
    requests_minimum: Mapping[str, int] | None = None,
) -> list[Completeness]:
    """One row per landed entity. `unlinked` counts rows without the parent they need; `requests_minimum` the fewest requests possible.

    An entity that never was complete refers to the run's own `as_of`: it holds nothing older.
    """
    return [
        Completeness(
            run_id=run_id,
            entity=entity,
            state=landed.state,
            rows_seen=landed.rows_seen,
            rows_expected=landed.rows_expected,
            rows_changed=landed.rows_changed,
            rows_deleted=landed.rows_deleted,
            rows_quarantined=landed.rows_quarantined,
            rows_unlinked=(unlinked or {}).get(entity, 0),
            requests=landed.requests,
            requests_minimum=(requests_minimum or {}).get(entity),
            as_of=as_of if landed.state == "complete" else ledger.complete_as_of(entity) or as_of,
            is_stale=landed.state != "complete",
            detail=landed.detail,
        )
        for entity, landed in result.entities.items()
    ]

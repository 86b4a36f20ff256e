"""Turns what was landed into the ledger's completeness rows of a run.

Whether a pull is complete was decided by the pull; whether a run may publish as fresh is publish.py's.
The one thing to know: an entity that is not complete keeps the as-of moment of its last complete pull, so that a reader sees how old its
data is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from handoff_pipeline.ledger import Completeness, Ledger
from handoff_pipeline.warehouse.report import LandResult


def completeness_rows(
    ledger: Ledger,
    run_id: str,
    as_of: datetime,
    result: LandResult,
    *,
    optional: Collection[str] = (),
    unlinked: Mapping[str, int] | None = None,
) -> list[Completeness]:
    """One row per landed entity. `unlinked` counts rows without the parent they need; `optional` names what figures can do without.

    An entity that never was complete refers to the run's own `as_of`: it holds nothing older. An optional one that HaloPSA has never let us
    read is not stale: nothing that is published rests on it.
    """
    before = {entity: ledger.complete_as_of(entity) for entity, landed in result.entities.items() if landed.state != "complete"}
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
            requests_minimum=landed.requests_minimum,
            as_of=before.get(entity) or as_of,
            is_stale=landed.state != "complete"
            and not (landed.state == "not_permitted" and entity in optional and before.get(entity) is None),
            detail=landed.detail,
        )
        for entity, landed in result.entities.items()
    ]

"""The request that a write would be, to the letter but for masked secrets, without a connection, a token or a credential.

Sending is the writer's, which plans by the same function. The one thing to know: what cannot be planned is refused here as it would be
there, so a dry run finds the same faults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from handoff_pipeline.halo.kinds import body_of, checked
from handoff_pipeline.halo.markers import Marker
from handoff_pipeline.halo.origin import below
from handoff_pipeline.halo.redact import Redactor
from handoff_pipeline.halo.written import PlannedRequest
from handoff_pipeline.redaction import MASK


def planned(base: httpx.URL, redactor: Redactor, kind: str, fields: Mapping[str, Any], marker: Marker | None = None) -> PlannedRequest:
    """The POST of one record to the tenant at `base`.

    Raises:
        WriteRefused: it cannot be written so.
    """
    what, record, _ = checked(kind, marker.on(fields) if marker else fields)
    return PlannedRequest(
        "POST",
        str(below(base, "/api" + what.path)),
        {"authorization": f"Bearer {MASK}", "content-type": "application/json; charset=utf-8"},
        redactor.mask(body_of(record).decode()),
    )

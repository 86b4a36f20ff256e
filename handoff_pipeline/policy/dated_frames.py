"""The policies of all nights as small tables (schema `policy`): documents, their margin floors, and every item, control and risk ever held.

Which document is in force when is `dated.py`'s. The one thing to know: an item that the newest document in force lacks keeps its row as the
last one had it, marked retired, because checks and gaps of earlier nights point to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import polars as pl

from handoff_pipeline.policy.dated import History
from handoff_pipeline.policy.models import Policy

DOCUMENT: Final = pl.Schema(
    {
        "policy_no": pl.Int64(),
        "policy_hash": pl.String(),
        "version": pl.String(),
        "from_batch": pl.Int64(),
        "to_batch": pl.Int64(),
        "margin_floor_default_pct": pl.Float64(),
        "note": pl.String(),
        "document": pl.String(),
    }
)
_FLOOR: Final = {"policy_no": pl.Int64, "deal_type": pl.String, "floor_pct": pl.Float64}
_ITEM: Final[dict[str, Any]] = {
    "position": pl.Int64,
    "item": pl.String,
    "title": pl.String,
    "weight": pl.Float64,
    "is_hard": pl.Boolean,
    "mode": pl.String,
    "control_ids": pl.String,
}
_CONTROL: Final = dict.fromkeys(
    ("id", "title", "objective", "owner", "frequency", "psf", "pai8", "other_references", "risk_ids"), pl.String
)
_RISK: Final = dict.fromkeys(("id", "title", "cause", "effect", "owner", "likelihood", "impact", "treatment"), pl.String)
_LAST: Final = {"is_retired": pl.Boolean, "policy_version": pl.String}

Record = dict[str, Any]


def dated_frames(history: History) -> dict[str, pl.DataFrame]:
    """Table name to frame. `policy.document` has a row for each stretch of nights, numbered from 1."""
    stretches = list(enumerate(history.stretches, start=1))
    documents = [
        (
            number,
            stretch.dated.policy_hash,
            stretch.dated.version,
            stretch.from_batch,
            stretch.to_batch,
            float(stretch.dated.policy.margin_floors.default_pct),
            stretch.dated.note,
            stretch.dated.document,
        )
        for number, stretch in stretches
    ]
    floors = [
        (number, deal_type.strip().casefold(), float(floor))
        for number, stretch in stretches
        for deal_type, floor in stretch.dated.policy.margin_floors.by_deal_type.items()
    ]
    policies = [dated.policy for dated in history.documents]
    return {
        "document": pl.DataFrame(documents, schema=DOCUMENT, orient="row"),
        "document_floor": pl.DataFrame(floors, schema=_FLOOR, orient="row"),
        "checklist_item": _ever(policies, _items, "item", _ITEM),
        "control": _ever(policies, _controls, "id", _CONTROL),
        "risk": _ever(policies, _risks, "id", _RISK),
    }


def _ever(policies: Iterable[Policy], read: Callable[[Policy], list[Record]], key: str, schema: Mapping[str, Any]) -> pl.DataFrame:
    """Every record that a policy held, as the last one had it."""
    last: dict[str, Record] = {}
    newest: set[str] = set()
    for policy in policies:
        rows = read(policy)
        newest = {row[key] for row in rows}
        last |= {row[key]: {**row, "policy_version": policy.version} for row in rows}
    rows = [{**row, "is_retired": name not in newest} for name, row in last.items()]
    return pl.DataFrame(rows, schema={**schema, **_LAST}).sort("is_retired", maintain_order=True)


def _items(policy: Policy) -> list[Record]:
    return [
        {
            "position": position,
            "item": item.id,
            "title": item.title,
            "weight": item.weight,
            "is_hard": item.hard,
            "mode": item.mode,
            "control_ids": ", ".join(item.control_ids),
        }
        for position, item in enumerate(policy.checklist.items)
    ]


def _controls(policy: Policy) -> list[Record]:
    return [{**control.model_dump(exclude={"risks"}), "risk_ids": ", ".join(control.risks)} for control in policy.controls]


def _risks(policy: Policy) -> list[Record]:
    return [risk.model_dump() for risk in policy.risks]

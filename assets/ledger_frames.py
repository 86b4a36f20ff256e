"""The ledger's records as frames for the work file: which columns are copied, and their types.

What was known at a moment is the ledger's (`ledger.as_of`), writing them ledger_tables'. The one thing to know: a column is the record's
field of the same name, moments naive in UTC with `_utc` behind; how somebody was identified and what a card said stay in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import polars as pl

from handoff_pipeline.ledger import Baseline
from handoff_pipeline.ledger.as_of import Known

Schema = dict[str, pl.DataType]
_TEXT, _ID, _MOMENT, _YES = pl.String(), pl.Int64(), pl.Datetime("us"), pl.Boolean()
_MONEY: Final = pl.Decimal(18, 4)
_SMALLEST: Final = Decimal("0.0001")
_LARGEST: Final = Decimal(10) ** 12
"""As in sql/macros.sql: an amount like this is mistyped, and counts as not filled."""
UTC_SUFFIX: Final = "_utc"
BLOCKING: Final = "halo_blocking"
"""The action of which a bypass is judged by its content; the content of others is not needed outside the ledger."""

BASELINE: Final[Schema] = {
    "metric": _TEXT,
    "segment_type": _TEXT,
    "segment_key": _ID,
    "segment": _TEXT,
    **dict.fromkeys(("value", "numerator", "denominator", "sum_of_squares"), pl.Float64()),
    "n": _ID,
    "ci_low": pl.Float64(),
    "ci_high": pl.Float64(),
    "window_start": pl.Date(),
    "window_end": pl.Date(),
    "frozen_at_utc": _MOMENT,
    "frozen_by_key": _ID,
    "reason": _TEXT,
    "kind": _TEXT,
}
SCHEMAS: Final[Mapping[str, Schema]] = {
    "intent": {
        **dict.fromkeys(("intent_id", "target", "action", "action_class"), _TEXT),
        **dict.fromkeys(("handoff_id", "project_id", "requested_by"), _ID),
        "content": _TEXT,
        "amount_base": _MONEY,
        "state": _TEXT,
        "attempts": _ID,
        **dict.fromkeys(("proposed_at_utc", "approved_at_utc", "sent_at_utc", "settled_at_utc", "expires_at_utc"), _MOMENT),
        "is_shadow": _YES,
        "detail": _TEXT,
        "far_ref": _TEXT,
        "source_url": _TEXT,
        "rollback_of": _TEXT,
    },
    "approval": {
        **dict.fromkeys(("approval_id", "kind", "subject_id"), _TEXT),
        "handoff_id": _ID,
        "project_id": _ID,
        "role": _TEXT,
        "approver_id": _ID,
        "content_hash": _TEXT,
        **dict.fromkeys(("requested_at_utc", "expires_at_utc", "decided_at_utc", "used_at_utc"), _MOMENT),
        "result": _TEXT,
        "channel": _TEXT,
        "is_weak": _YES,
        "far_ref": _TEXT,
        "source_url": _TEXT,
    },
    "acknowledgement": {"subject": _TEXT, "subject_id": _TEXT, "agent_id": _ID, "at_utc": _MOMENT, "channel": _TEXT, "far_ref": _TEXT},
    "escalation": {
        "gap_id": _TEXT,
        "level": _ID,
        "to_agent_id": _ID,
        "at_utc": _MOMENT,
        "intent_id": _TEXT,
        "acknowledged_at_utc": _MOMENT,
    },
    "override": {
        "override_id": _TEXT,
        "handoff_id": _ID,
        "item": _TEXT,
        "control_id": _TEXT,
        "reason": _TEXT,
        "compensating_control": _TEXT,
        "amount_base": _MONEY,
        **dict.fromkeys(("requested_by", "approved_by", "second_approver"), _ID),
        **dict.fromkeys(("requested_at_utc", "approved_at_utc", "expires_at_utc", "closed_at_utc"), _MOMENT),
        "state": _TEXT,
        "source_url": _TEXT,
    },
    "feedback": {
        "feedback_id": _TEXT,
        "handoff_id": _ID,
        "item": _TEXT,
        "kind": _TEXT,
        "reported_by": _ID,
        "reported_at_utc": _MOMENT,
        "note": _TEXT,
        "disposition": _TEXT,
    },
    "snooze": {"gap_id": _TEXT, "until_utc": _MOMENT, "reason": _TEXT, "agent_id": _ID, "at_utc": _MOMENT},
}
"""Table of the schema `ledger` to its columns."""


def baseline_frame(rows: Sequence[Baseline]) -> pl.DataFrame:
    """The baselines as the work file keeps them."""
    return _frame(BASELINE, rows, [{}] * len(rows))


def frames_of(known: Known) -> dict[str, pl.DataFrame]:
    """Every table of SCHEMAS, of what was known."""
    records: dict[str, tuple[Sequence[object], list[dict[str, object]]]] = {
        "intent": (known.intents, [{} if each.action == BLOCKING else {"content": None} for each in known.intents]),
        "approval": (known.approvals, [{}] * len(known.approvals)),
        "acknowledgement": (known.acknowledgements, [{}] * len(known.acknowledgements)),
        "escalation": (known.escalations, [{}] * len(known.escalations)),
        "override": (known.overrides, [{"closed_at": known.closed_at.get(each.override_id)} for each in known.overrides]),
        "feedback": (known.feedback, [{}] * len(known.feedback)),
        "snooze": (known.snoozes, [{}] * len(known.snoozes)),
    }
    return {name: _frame(schema, *records[name]) for name, schema in SCHEMAS.items()}


def _frame(schema: Schema, records: Sequence[object], told: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """A row for each record; what is told beside it counts before its own fields."""
    rows = [[_value(each, own, name.removesuffix(UTC_SUFFIX)) for name in schema] for each, own in zip(records, told, strict=True)]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _value(record: object, told: Mapping[str, object], name: str) -> Any:
    value = told[name] if name in told else getattr(record, name)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, Decimal):
        return None if abs(value) >= _LARGEST else value.quantize(_SMALLEST)
    return value

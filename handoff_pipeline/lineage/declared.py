"""Lineage of the tables that Python makes: what SQL cannot tell.

Tables made by SQL are read by `columns`. The one thing to know: a column that is not spelled out here comes from the column of the same
name in the table's first input; a test refuses a reference to a column that is not there, and a table of the graph that is in neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from handoff_pipeline.lineage.columns import NOTHING, Columns, Ref
from handoff_pipeline.tables import RUN_ID, TABLES


@dataclass(frozen=True)
class Made:
    """A table made by Python: its columns, the input that columns of the same name come from, and the columns that are made otherwise."""

    columns: tuple[str, ...]
    same_as: str = ""
    otherwise: Mapping[str, frozenset[Ref]] = field(default_factory=dict)

    @property
    def lineage(self) -> Columns:
        """Column to what it is made of."""
        return {name: self.otherwise[name] if name in self.otherwise else self._plain(name) for name in self.columns}

    def _plain(self, name: str) -> frozenset[Ref]:
        return frozenset({Ref(self.same_as, name)}) if self.same_as else NOTHING


def of(table: str, *columns: str) -> frozenset[Ref]:
    """References to columns of one table."""
    return frozenset(Ref(table, column) for column in columns)


def published(name: str) -> tuple[str, ...]:
    """The columns of a published table as it is built."""
    return tuple(column for column in TABLES[name].column_names if column != RUN_ID)


_POINTS: Final = "kpi.weekly_points"
_COUNTED: Final = of(_POINTS, "numerator", "denominator", "numerator_2", "denominator_2", "sum_of_squares", "n")
_CURVE: Final = of("kpi.duration", "day", "events", "censored")
_VALUE: Final = of(_POINTS, "value") | _CURVE
_BASELINE: Final = of("kpi.kpi_baseline", "value", "is_current", "frozen_at_utc")
_TARGET: Final = of("kpi.kpi_target", "low", "high", "due")
_LIMITS: Final = _VALUE | _COUNTED | of("kpi.event_order", "is_event") | of("kpi.kpi_baseline", "window_start", "window_end")
_STEPS: Final = dict.fromkeys(("day", "at_risk", "events", "censored", "survival", "ci_low", "ci_high"), _CURVE)

_EVIDENCE: Final = "core.evidence"
_JUDGED: Final = (
    of(_EVIDENCE, "deal_type", "service_template", "won_day", "won_order", "sold_margin_pct", "margin_floor_pct", "has_accepted_quotation")
    | of(_EVIDENCE, "has_accepted_day", "has_accepted_by", "has_signed_copy", "is_documented")
    | of("core.evidence_field", "stored", "field_day", "number")
    | of("core.evidence_document", "file_name")
    | of("policy.document", "document")
)
_TEXT: Final = (
    of(_EVIDENCE, "accepted_text", "sold_margin_text") | of("core.evidence_field", "stored") | of("core.evidence_document", "file_name")
)
_RULE: Final = of("policy.document", "document")
_GAP: Final = "core.gap"
_PERSON: Final = of("staging.agent", "agent_name", "team", "is_active")

BEFORE_SQL: Final[Mapping[str, Made]] = {
    "governance.item_check": Made(
        (
            *("handoff_id", "slice_batch", "slice_from_utc", "slice_to_utc", "is_won", "item", "position", "is_hard", "weight", "cap"),
            *("policy_version", "result", "quality", "reason", "evidence_url", "evidence_text"),
        ),
        same_as=_EVIDENCE,
        otherwise={
            **dict.fromkeys(("item", "position", "is_hard", "weight", "cap"), _RULE),
            "policy_version": of("policy.document", "version"),
            **dict.fromkeys(("result", "quality", "reason"), _JUDGED),
            "evidence_url": of(_EVIDENCE, "source_url") | of("core.evidence_field", "stored"),
            "evidence_text": _TEXT,
        },
    ),
    "governance.gap_standing": Made(
        ("handoff_id", "item", "detected_at_utc", "owner_id", "owner_basis", "due_at_utc", "within_sla", "acknowledged_at_utc"),
        same_as=_GAP,
        otherwise={
            **dict.fromkeys(("owner_id", "owner_basis"), of(_GAP, "item", "seller_id", "delivery_id") | _PERSON),
            "due_at_utc": of(_GAP, "detected_at_utc", "is_hard"),
            "within_sla": of(_GAP, "detected_at_utc", "is_hard", "state", "resolved_at_utc"),
            "acknowledged_at_utc": of("ledger.acknowledgement", "subject", "subject_id", "at_utc"),
        },
    ),
    "governance.enforcement_bypass": Made(
        ("kind", "handoff_id", "discriminator", "happened_at_utc", "detected_at_utc", "detail", "state"),
        same_as="ledger.intent",
        otherwise={
            "kind": of("ledger.intent", "action", "content", "state", "settled_at_utc", "rollback_of")
            | of("core.waiver", "item", "from_utc", "to_utc"),
            "discriminator": of("ledger.intent", "intent_id"),
            **dict.fromkeys(("happened_at_utc", "detected_at_utc"), of("core.status_spell", "from_utc", "status_id")),
            "detail": of("policy.checklist_item", "title") | of(_GAP, "item", "detected_at_utc", "resolved_at_utc"),
            "state": of(_GAP, "state"),
        },
    ),
    "kpi.kpi_weekly": Made(
        published("kpi_weekly"),
        same_as=_POINTS,
        otherwise={
            "value": _VALUE,
            **dict.fromkeys(("ci_low", "ci_high"), _VALUE | _COUNTED),
            "baseline_value": _BASELINE,
            "target_value": _TARGET | _BASELINE,
            "target_due": of("kpi.kpi_target", "due"),
            "status": _VALUE | of(_POINTS, "n", "minimum_n") | _TARGET | _BASELINE,
            **dict.fromkeys(("centre_line", "lower_limit", "upper_limit", "signal"), _LIMITS),
        },
    ),
    "kpi.kpi_kickoff_survival": Made(
        published("kpi_kickoff_survival"),
        same_as="kpi.duration",
        otherwise={**_STEPS, "week_date_key": of("kpi.duration", "week_start")},
    ),
    "kpi.kpi_movement": Made(
        published("kpi_movement"),
        same_as="kpi.current_baseline",
        otherwise={
            "horizon_weeks": NOTHING,
            **dict.fromkeys(("window_start", "window_end"), of("kpi.current_baseline", "frozen_date_key")),
            "n": of("kpi.kpi_weekly", "n"),
            "value": of("kpi.kpi_weekly", "numerator", "denominator", "value"),
            "baseline_value": of("kpi.current_baseline", "value"),
            "baseline_n": of("kpi.current_baseline", "n"),
            **dict.fromkeys(
                ("difference", "ci_low", "ci_high", "words"),
                of("kpi.kpi_weekly", "numerator", "denominator", "value")
                | of(_POINTS, "sum_of_squares")
                | of("kpi.current_baseline", "value", "numerator", "denominator", "sum_of_squares"),
            ),
            "method": of("kpi.current_baseline", "metric"),
        },
    ),
    "kpi.kpi_restatement": Made(
        published("kpi_restatement"),
        same_as="kpi.kpi_weekly",
        otherwise={
            "old_value": of("kpi.kpi_weekly", "value"),
            "new_value": of("kpi.kpi_weekly", "value"),
            "restated_at_utc": of("raw.batch", "as_of_utc"),
            "cause": of("kpi.kpi_member", "numerator", "denominator", "is_counted", "happened_on") | of("marts.dim_handoff", "deal_state"),
            "source_url": of("kpi.kpi_member", "source_url"),
        },
    ),
}
"""Tables whose columns SQL may read: known before any SQL is."""


def unfilled(names: Iterable[str]) -> dict[str, Columns]:
    """Published tables that nothing fills yet: columns made of nothing."""
    return {f"marts.{name}": Made(published(name)).lineage for name in names}


def publications(built: Mapping[str, Columns]) -> dict[str, Columns]:
    """The lineage of every published table, from the table that was built for it."""
    made: dict[str, Columns] = {}
    for name in TABLES:
        source = next((f"{layer}.{name}" for layer in ("marts", "kpi") if f"{layer}.{name}" in built), None)
        if source:
            made[f"published.{name}"] = Made(published(name), same_as=source).lineage
    return made

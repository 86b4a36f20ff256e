"""Bypasses of a block as a table: intents, statuses and gaps of the work file in, governance.enforcement_bypass out. Pure.

The rule is `bypassing`'s. The one thing to know: only blocks that took effect at HaloPSA count, so in shadow the table is empty.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from handoff_pipeline.governance.bypassing import Bypass, StatusSpell, Waived, enforcement_off
from handoff_pipeline.governance.gap_standing import aware, gap_rows
from handoff_pipeline.ledger.canonical import canonical, sha256_of
from handoff_pipeline.ledger.records_action import Intent

BLOCKING: Final = "halo_blocking"
RELEASED: Final = (pl.col("action") == "halo_status") & (pl.col("state") == "confirmed")
"""A status that the product put back: it writes none but to end a block, or to undo that."""
_NOTHING: Final = canonical({})
_MOMENT: Final = pl.Datetime("us")
BYPASS_SCHEMA: Final[dict[str, pl.DataType]] = {
    "kind": pl.String(),
    "handoff_id": pl.Int64(),
    "discriminator": pl.String(),
    "happened_at_utc": _MOMENT,
    "detected_at_utc": _MOMENT,
    "detail": pl.String(),
    "state": pl.String(),
}


def enforcement_bypasses(
    intents: pl.DataFrame, spells: pl.DataFrame, gaps: pl.DataFrame, items: pl.DataFrame, waivers: pl.DataFrame
) -> pl.DataFrame:
    """A row for each block that was gone around.

    Args:
        intents: ledger.intent.
        spells: core.status_spell.
        gaps: core.gap.
        items: policy.checklist_item, for titles and modes.
        waivers: core.waiver.
    """
    blocks = [_intent(row) for row in intents.filter(pl.col("action") == BLOCKING).iter_rows(named=True)]
    found = enforcement_off(
        blocks,
        [StatusSpell(row["handoff_id"], row["status_id"], aware(row["from_utc"]), _aware(row["to_utc"])) for row in spells.to_dicts()],
        gap_rows(
            gaps.filter(pl.col("handoff_id").is_in([each.handoff_id for each in blocks])),
            {item: (title, mode) for item, title, mode in items.select("item", "title", "mode").iter_rows()},
        ),
        [Waived(row["handoff_id"], row["item"], aware(row["from_utc"]), aware(row["to_utc"])) for row in waivers.to_dicts()],
        [(row["handoff_id"], aware(row["settled_at_utc"])) for row in intents.filter(RELEASED).to_dicts()],
    )
    return pl.DataFrame([_row(each) for each in found], schema=BYPASS_SCHEMA, orient="row")


def _row(each: Bypass) -> tuple[Any, ...]:
    happened, detected = (moment.astimezone(UTC).replace(tzinfo=None) for moment in (each.happened_at, each.detected_at))
    return (each.kind, each.handoff_id, each.discriminator, happened, detected, each.detail, each.state)


def _intent(row: dict[str, Any]) -> Intent:
    """The intent of a row, with what the rule looks at; preconditions and what an approver was shown are in the ledger alone."""
    return Intent(
        intent_id=row["intent_id"], dedupe_key=row["intent_id"], target=row["target"], action=row["action"],
        action_class=row["action_class"], handoff_id=row["handoff_id"], project_id=row["project_id"], requested_by=row["requested_by"],
        content=row["content"], content_hash=sha256_of(row["content"]), precondition=_NOTHING, precondition_hash=sha256_of(_NOTHING),
        shown="", amount_base=row["amount_base"], proposed_at=aware(row["proposed_at_utc"]), expires_at=aware(row["expires_at_utc"]),
        state=row["state"], is_shadow=row["is_shadow"], settled_at=_aware(row["settled_at_utc"]), rollback_of=row["rollback_of"],
    )  # fmt: skip


def _aware(moment: datetime | None) -> datetime | None:
    return None if moment is None else aware(moment)

"""Owner, deadline, timeliness and acknowledgement of every gap as a table: rows of core.gap in, governance.gap_standing out. Pure.

The rules are `owners`' and `sla`'s, the same that cards go by; SQL only joins what comes of them. The one thing to know: all of it is by
the policy and the agents of the as-of moment, so a new deadline or another owner counts for every gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

import polars as pl

from handoff_pipeline.governance.remediation_rows import NOBODY, Agent, GapRow, GapState, People, RemediationState, gap_id_of
from handoff_pipeline.governance.rollout import Mode
from handoff_pipeline.governance.situation import Situation, Standing, situation_of
from handoff_pipeline.ledger.records_action import Acknowledgement, Snooze
from handoff_pipeline.policy import Policy

_MOMENT: Final = pl.Datetime("us")
STANDING_SCHEMA: Final[dict[str, pl.DataType]] = {
    "handoff_id": pl.Int64(),
    "item": pl.String(),
    "detected_at_utc": _MOMENT,
    "owner_id": pl.Int64(),
    "owner_basis": pl.String(),
    "due_at_utc": _MOMENT,
    "within_sla": pl.Boolean(),
    "acknowledged_at_utc": _MOMENT,
}
"""`owner_id` is 0 and `owner_basis` nobody where there is nobody to be asked."""


def gap_standing(
    gaps: pl.DataFrame, agents: pl.DataFrame, acknowledgements: pl.DataFrame, snoozes: pl.DataFrame, policy: Policy, now: datetime
) -> pl.DataFrame:
    """A row for each gap.

    Args:
        gaps: core.gap.
        agents: every version of every agent (staging.agent); the newest of each counts.
        acknowledgements: ledger.acknowledgement.
        snoozes: ledger.snooze.
        policy: the policy in force.
        now: the as-of moment, aware.
    """
    rows = gap_rows(gaps, {})
    state = RemediationState(acknowledgements=_acknowledgements(acknowledgements), snoozes=_snoozes(snoozes))
    situation = situation_of(rows, people_of(agents), state, policy, now)
    return pl.DataFrame([_row(situation, one) for one in situation.gaps], schema=STANDING_SCHEMA, orient="row")


def gap_rows(gaps: pl.DataFrame, items: Mapping[str, tuple[str, Mode]]) -> list[GapRow]:
    """The gaps of core.gap as rows, with what deadline, owner and bypass go by; `items` gives an item's title and mode."""
    return [
        GapRow(
            gap_id=gap_id_of(row["handoff_id"], row["item"], row["detected_at_utc"]),
            handoff_id=row["handoff_id"],
            item=row["item"],
            title=items.get(row["item"], (row["item"], "shadow"))[0],
            is_hard=row["is_hard"],
            mode=items.get(row["item"], (row["item"], "shadow"))[1],
            state=cast("GapState", row["state"]),
            reason="",
            fix="",
            detected_at=aware(row["detected_at_utc"]),
            resolved_at=None if row["resolved_at_utc"] is None else aware(row["resolved_at_utc"]),
            seller_id=row["seller_id"] or NOBODY,
            delivery_id=row["delivery_id"] or NOBODY,
        )
        for row in gaps.iter_rows(named=True)
    ]


def people_of(agents: pl.DataFrame) -> People:
    """Every agent as last seen."""
    newest = agents.sort("batch_no").unique("agent_id", keep="last", maintain_order=True)
    columns = newest.select("agent_id", "agent_name", "team", "is_active")
    return People.of([Agent(agent_id, name, team, is_active) for agent_id, name, team, is_active in columns.iter_rows()])


def aware(moment: datetime) -> datetime:
    """A moment of the work file, which is UTC without a zone."""
    return moment.replace(tzinfo=UTC)


def _row(situation: Situation, one: Standing) -> tuple[Any, ...]:
    gap = one.gap
    answered = (each.at for each in situation.answers.acknowledgements.get(gap.gap_id, ()))
    first = min((at for at in answered if gap.resolved_at is None or at <= gap.resolved_at), default=None)
    moments = (gap.detected_at, one.due_at, first)
    detected, due, acknowledged = (None if moment is None else moment.astimezone(UTC).replace(tzinfo=None) for moment in moments)
    return (gap.handoff_id, gap.item, detected, one.owner_id, one.owner_basis, due, one.within_sla, acknowledged)


def _acknowledgements(rows: pl.DataFrame) -> list[Acknowledgement]:
    return [
        Acknowledgement(row["subject"], row["subject_id"], row["agent_id"], aware(row["at_utc"]), row["channel"], row["far_ref"])
        for row in _sorted(rows, ("at_utc", "subject_id", "agent_id"))
    ]


def _snoozes(rows: pl.DataFrame) -> list[Snooze]:
    return [
        Snooze(row["gap_id"], aware(row["until_utc"]), row["reason"], row["agent_id"], aware(row["at_utc"]))
        for row in _sorted(rows, ("at_utc", "gap_id"))
    ]


def _sorted(rows: pl.DataFrame, by: Iterable[str]) -> Iterable[dict[str, Any]]:
    return rows.sort(*by).iter_rows(named=True)

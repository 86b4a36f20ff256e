"""Published tables about the checklist of a handoff: fact_handoff_check and fact_gap.

The items themselves are in dimensions, the scores they add up to in handoffs.
The one thing to know: a check says how an item stood at a stage, a gap says how long a shortfall lasted and who had to close it.
"""

from __future__ import annotations

from typing import Final

from handoff_pipeline.tables.model import Column, Table, key_to, table

FACT_HANDOFF_CHECK: Final = table(
    "fact_handoff_check",
    grain="handoff x checklist item x stage (won, signoff, latest); a stage not observed has no row",
    key=("handoff_key", "item_key", "stage"),
    owner="sales manager",
    description="How each checklist item was judged at each stage, with the reason, the evidence and the policy version behind it.",
    columns=(
        key_to("dim_handoff", "handoff_key", "The handoff that was checked."),
        key_to("dim_checklist_item", "item_key", "The checklist item."),
        Column(
            "stage", "text", "When the item was judged: at the win, at the sign-off, or as of the run.", values=("won", "signoff", "latest")
        ),
        Column(
            "result",
            "text",
            "The judgement; a not applicable item leaves the score.",
            values=("met", "partial", "missing", "not_applicable"),
        ),
        Column(
            "quality",
            "double",
            "Quality of the evidence: 0, 0.5 or 1; NULL where the item does not apply or was not observed.",
            nullable=True,
            unit="fraction",
        ),
        Column("weight", "double", "Weight of the item in the score, from the policy version named.", unit="rubric weight"),
        Column("reason", "text", "Why the item was judged so, in words for the seller."),
        Column("evidence_url", "text", "Link to the evidence; NULL where there is none.", nullable=True),
        Column("evidence_hash", "text", "SHA-256 of the judged values; NULL where there was nothing to hash.", nullable=True),
        Column("is_waived", "bool", "True where a valid waiver covers the item; it lifts the cap and does not raise quality."),
        Column("policy_version", "text", "Version of the policy that judged."),
        Column("checked_at_utc", "utc", "Time of the state that was judged."),
    ),
)

FACT_GAP: Final = table(
    "fact_gap",
    grain="one gap ever opened (a missing or partial item of a live handoff)",
    key=("gap_key",),
    owner="sales manager",
    description="Missing or partial checklist items of won, non-historic handoffs, from detection to resolution.",
    columns=(
        Column("gap_key", "bigint", "Key of the gap."),
        key_to("dim_handoff", "handoff_key", "The handoff with the gap."),
        key_to("dim_checklist_item", "item_key", "The checklist item that is missing or partial."),
        key_to("dim_client", "client_key", "The handoff's client."),
        key_to("dim_agent", "owner_agent_key", "Who has to close the gap by the policy, or who stands in; 0 where there is nobody."),
        Column("is_hard", "bool", "True where the item was hard when the gap opened."),
        Column(
            "state",
            "text",
            "State of the gap; moot when the deal stopped being won, or the item no longer applies or left the policy; waiver_expired is "
            "open again.",
            values=("open", "resolved", "waived", "waiver_expired", "moot"),
        ),
        Column("detected_at_utc", "utc", "When the gap was first seen."),
        Column(
            "resolved_at_utc",
            "utc",
            "When the gap was closed, waived or became moot; NULL while it is open.",
            nullable=True,
        ),
        key_to("dim_date", "detected_date_key", "Local day on which the gap was first seen."),
        Column(
            "due_at_utc",
            "utc",
            "When the gap is due, in business hours by the policy; NULL where it sets none.",
            nullable=True,
        ),
        Column(
            "acknowledged_at_utc",
            "utc",
            "When somebody first acknowledged the gap; NULL before that.",
            nullable=True,
        ),
        Column("first_escalated_at_utc", "utc", "When the gap was first escalated; NULL where it never was.", nullable=True),
        Column("escalation_level", "bigint", "How many levels up the gap has gone; 0 is not escalated.", unit="count"),
        Column("open_hours", "double", "Business hours from detection to resolution, or to as-of while open.", unit="hours"),
        Column(
            "within_sla",
            "bool",
            "True where the gap was closed by its due time, false once that passed; NULL before either, and where it is waived or moot.",
            nullable=True,
        ),
        Column("source_url", "text", "Link to the opportunity in HaloPSA."),
    ),
)

TABLES: Final[tuple[Table, ...]] = (FACT_HANDOFF_CHECK, FACT_GAP)

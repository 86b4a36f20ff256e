"""Published tables about control: bypasses, decisions, approvals, overrides and deliveries.

Checklist results and gaps live in handoffs; tests, reviews and incidents in assurance.
The one thing to know: these are logs of what people and the pipeline did; rows are closed by a state, never removed.
"""

from __future__ import annotations

from typing import Final

from handoff_pipeline.tables.model import Column, Table, key_to, table

FACT_BYPASS: Final = table(
    "fact_bypass",
    grain="one bypass of a control",
    key=("bypass_key",),
    owner="service delivery lead",
    description="Every time a control was gone round in HaloPSA: what happened, who did it, when it was seen, and what became of it.",
    columns=(
        Column("bypass_key", "bigint", "Key of the bypass."),
        Column(
            "kind",
            "text",
            "Which control was gone round.",
            values=(
                "won_without_checklist",
                "kickoff_scheduled_without_signoff",
                "kickoff_without_signoff",
                "project_without_opportunity",
                "enforcement_off",
                "edited_after_signoff",
            ),
        ),
        key_to("dim_handoff", "handoff_key", "The handoff concerned; 0 where there is none."),
        key_to("dim_project", "project_key", "The project concerned; 0 where there is none."),
        key_to("dim_client", "client_key", "The client concerned; 0 where there is none."),
        key_to("dim_agent", "agent_key", "Who went round the control; 0 where HaloPSA does not tell."),
        Column("happened_at_utc", "utc", "When it happened."),
        key_to("dim_date", "happened_date_key", "Local day on which it happened."),
        Column("detected_at_utc", "utc", "When the pipeline saw it."),
        Column(
            "state",
            "text",
            "What became of it: explained by an approved override, or corrected since.",
            values=("open", "explained", "corrected"),
        ),
        Column("detail", "text", "What was found, in words."),
        Column("source_url", "text", "Link to the record in HaloPSA."),
    ),
)

FACT_DECISION: Final = table(
    "fact_decision",
    grain="one decision",
    key=("decision_key",),
    owner="project manager",
    description="The decision log: open assumptions, scope conflicts, margin exceptions, re-baselines, with owner, due time and outcome.",
    columns=(
        Column("decision_key", "bigint", "Key of the decision."),
        Column("decision_id", "text", "The decision's number in the log, for people."),
        key_to("dim_handoff", "handoff_key", "The handoff concerned; 0 where the decision is about none."),
        Column("kind", "text", "What is decided.", values=("assumption", "scope_conflict", "margin_exception", "rebaseline", "other")),
        Column("question", "text", "What has to be decided."),
        Column("options", "text", "The options considered; NULL where none were written down.", nullable=True),
        Column("resolution", "text", "What was decided; NULL while the decision is open.", nullable=True),
        key_to("dim_agent", "owner_key", "Who has to bring the decision about."),
        key_to("dim_agent", "decider_key", "Who decided or is to decide; 0 where not named."),
        Column("opened_at_utc", "utc", "When the decision was opened."),
        Column("due_at_utc", "utc", "When the decision is due."),
        Column("closed_at_utc", "utc", "When it was closed or superseded; NULL while it is open.", nullable=True),
        Column("state", "text", "State of the decision.", values=("open", "closed", "superseded")),
        Column("first_escalated_at_utc", "utc", "When it was first escalated; NULL where it never was.", nullable=True),
        Column("escalation_level", "bigint", "How many levels up the decision has gone; 0 is not escalated.", unit="count"),
        Column("acknowledged_at_utc", "utc", "When the escalation was acknowledged; NULL before that.", nullable=True),
        Column(
            "is_assumption_false",
            "bool",
            "True where the assumption proved false; NULL for other kinds and before it is known.",
            nullable=True,
        ),
        Column("source_url", "text", "Link to the record behind the decision; NULL where there is none.", nullable=True),
    ),
)

FACT_APPROVAL: Final = table(
    "fact_approval",
    grain="one approval asked of one person",
    key=("approval_key",),
    owner="project manager",
    description="Every approval asked of a person, by whichever channel, with its result and how strong the proof of identity is.",
    columns=(
        Column("approval_key", "bigint", "Key of the approval."),
        key_to("dim_handoff", "handoff_key", "The handoff concerned; 0 where there is none."),
        key_to("dim_project", "project_key", "The project concerned; 0 where there is none."),
        Column("kind", "text", "What is approved.", values=("signoff", "intent", "override", "rollout", "client_document")),
        key_to("dim_agent", "approver_key", "Who was asked."),
        Column("requested_at_utc", "utc", "When the approval was asked for."),
        Column("decided_at_utc", "utc", "When it was decided; NULL before that, and where it expired.", nullable=True),
        Column(
            "result",
            "text",
            "The outcome; void where what was approved has changed since.",
            values=("pending", "accepted", "rejected", "expired", "void"),
        ),
        Column("channel", "text", "Where the answer was given.", values=("halopsa", "sharepoint", "command_line")),
        Column(
            "is_weak", "bool", "True where the channel cannot prove who answered; false for answers under the agent's own login in HaloPSA."
        ),
        Column("content_hash", "text", "SHA-256 of what was approved; NULL where the channel holds no content.", nullable=True),
        Column(
            "source_url", "text", "Link to the approval, or to the record that it was asked on; NULL where there is none.", nullable=True
        ),
        Column(
            "has_moments",
            "bool",
            "True where the channel tells when it was asked for and, once decided, when; false where one is only a day, or first seen.",
        ),
    ),
)

FACT_OVERRIDE: Final = table(
    "fact_override",
    grain="one override or waiver",
    key=("override_key",),
    owner="service delivery lead",
    description="Overrides of controls and waivers of checklist items: why, what compensates, who approved, and until when.",
    columns=(
        Column("override_key", "bigint", "Key of the override."),
        key_to("dim_handoff", "handoff_key", "The handoff concerned; 0 where there is none."),
        key_to("dim_checklist_item", "item_key", "The checklist item that is waived; 0 where a control as a whole is overridden."),
        Column("control_id", "text", "Id of the control that is overridden, for example HC-02."),
        Column("reason", "text", "Why the exception is needed."),
        Column("compensating_control", "text", "What is done instead."),
        Column(
            "amount_base",
            "money",
            "Money at stake, which decides how many must approve; NULL where none.",
            nullable=True,
            unit="base currency",
        ),
        key_to("dim_agent", "requested_by_key", "Who asked for it."),
        key_to("dim_agent", "approved_by_key", "Who approved; 0 before that."),
        key_to("dim_agent", "second_approver_key", "Who approved as the second person; 0 where one is enough."),
        Column("requested_at_utc", "utc", "When it was asked for."),
        Column("approved_at_utc", "utc", "When it was approved; NULL before that.", nullable=True),
        Column("expires_at_utc", "utc", "When it ends; every override ends."),
        Column(
            "state",
            "text",
            "State; expired once the end has come.",
            values=("requested", "approved", "refused", "expired", "closed"),
        ),
        Column("source_url", "text", "Link to the request; NULL where there is none.", nullable=True),
    ),
)

FACT_DELIVERY: Final = table(
    "fact_delivery",
    grain="one intent of the outbox",
    key=("delivery_key",),
    owner="service delivery lead",
    description="Everything the pipeline proposed to write or send, to where, under whose approval, and whether it arrived.",
    columns=(
        Column("delivery_key", "bigint", "Key of the delivery."),
        Column("intent_id", "text", "Id of the intent in the outbox; the far side sees it too, so that nothing is sent twice."),
        key_to("dim_handoff", "handoff_key", "The handoff concerned; 0 where there is none."),
        Column(
            "target",
            "text",
            "The system that is written to.",
            values=("halopsa", "teams", "sharepoint", "power_automate", "zapier", "make", "power_bi"),
        ),
        Column("action", "text", "What is to be done there, for example a card posted."),
        Column(
            "action_class",
            "text",
            "How much consent the action needs.",
            values=("automatic", "one_approver", "two_approvers", "never"),
        ),
        Column(
            "state",
            "text",
            "Where the intent is between proposed and confirmed; uncertain ones are looked up, never blindly sent again.",
            values=(
                "proposed",
                "approved",
                "claimed",
                "sent",
                "accepted",
                "confirmed",
                "uncertain",
                "conflict",
                "failed",
                "expired",
                "refused",
            ),
        ),
        Column("attempts", "bigint", "How many times sending was tried.", unit="count"),
        Column("proposed_at_utc", "utc", "When the intent was proposed."),
        Column("approved_at_utc", "utc", "When it was approved; NULL before that.", nullable=True),
        Column("sent_at_utc", "utc", "When it was sent; NULL before that.", nullable=True),
        Column("settled_at_utc", "utc", "When its outcome became final; NULL before that.", nullable=True),
        Column("is_shadow", "bool", "True where the intent was only recorded, by the rollout's phase, the item's mode or the pilot."),
        Column(
            "detail", "text", "What the far side answered, or why the intent failed; NULL where there is nothing to say.", nullable=True
        ),
        Column("source_url", "text", "Link to the record that it is about; NULL where there is none.", nullable=True),
    ),
)

TABLES: Final[tuple[Table, ...]] = (FACT_BYPASS, FACT_DECISION, FACT_APPROVAL, FACT_OVERRIDE, FACT_DELIVERY)

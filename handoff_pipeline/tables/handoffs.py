"""Published tables about won deals: dim_handoff and fact_handoff.

Their checklist lives in checklist, projects and money after the win in projects, approvals, decisions and overrides in governance.
The one thing to know: a won opportunity is one handoff for ever; a deal that stops being won keeps its row with another `deal_state`.
"""

from __future__ import annotations

from typing import Final

from handoff_pipeline.tables.model import Column, Table, key_to, table

DIM_HANDOFF: Final = table(
    "dim_handoff",
    grain="one won opportunity, ever; rows never vanish",
    key=("handoff_key",),
    owner="sales manager",
    description="Every opportunity that was ever won, with its state, how far it has come, and the link to it in HaloPSA.",
    columns=(
        Column("handoff_key", "bigint", "Key of the handoff; 0 is unknown or none."),
        key_to("dim_tenant", "tenant_key", "The HaloPSA tenant that the opportunity comes from."),
        Column("handoff_id", "bigint", "HaloPSA's id of the opportunity."),
        Column("title", "text", "The opportunity's summary as HaloPSA shows it today."),
        Column(
            "deal_state",
            "text",
            "What became of the win; metrics count `won` only.",
            values=("won", "reopened", "lost", "merged", "deleted"),
        ),
        Column(
            "stage",
            "text",
            "The furthest stage whose evidence has been seen.",
            values=("won", "checklist_complete", "provisioned", "signed_off", "kickoff_scheduled", "kicked_off", "closed"),
        ),
        Column("deal_type", "text", "Deal type from the policy's mapped field; NULL where the field is empty.", nullable=True),
        Column(
            "service_template", "text", "Service template from the policy's mapped field; NULL where the field is empty.", nullable=True
        ),
        Column("is_historic", "bool", "True where the deal was won before the policy's go-live: it counts in KPIs and never opens a gap."),
        Column("in_pilot", "bool", "True where the rollout's pilot cohort holds the handoff."),
        Column("source_url", "text", "Link to the opportunity in HaloPSA."),
    ),
)

FACT_HANDOFF: Final = table(
    "fact_handoff",
    grain="one won opportunity",
    key=("handoff_key",),
    owner="sales manager",
    description="Every won opportunity: who sold and who delivers, scores, sign-off, kickoff against the commitment, and what was sold.",
    columns=(
        key_to("dim_handoff", "handoff_key", "The handoff that the row is about."),
        key_to("dim_client", "client_key", "The client that the deal was won with."),
        key_to("dim_agent", "sales_agent_key", "The seller: the opportunity's agent at the win."),
        key_to("dim_agent", "delivery_agent_key", "The agent of the handoff's first project; 0 while there is none."),
        Column("sales_team", "text", "The seller's team at the win; NULL where HaloPSA names none.", nullable=True),
        Column("delivery_team", "text", "Team of the handoff's first project; NULL where there is none.", nullable=True),
        key_to("dim_date", "won_date_key", "Local day of the latest win."),
        Column("won_at_utc", "utc", "Time of the latest win, as the policy maps it."),
        Column("first_won_at_utc", "utc", "Time of the first win; differs where a deal was reopened and won again."),
        key_to(
            "dim_project",
            "project_key",
            "The first project: the lowest id that is not cancelled, else the lowest id; 0 while there is none.",
        ),
        Column("project_count", "bigint", "Number of projects linked to the opportunity.", unit="count"),
        Column(
            "score_at_won",
            "double",
            "Completeness score at the win; NULL where no item applied or it was not observed.",
            nullable=True,
            unit="score",
        ),
        Column(
            "score_at_signoff",
            "double",
            "Score at the sign-off, also of one void by now; NULL where there is none.",
            nullable=True,
            unit="score",
        ),
        Column("score_latest", "double", "Completeness score as of the run; NULL where no item applies.", nullable=True, unit="score"),
        Column(
            "history_basis",
            "text",
            "How the state at the win is known: observed by a pull, read from HaloPSA's audit, or only first seen later.",
            values=("observed", "audit", "first_seen"),
        ),
        Column("policy_version", "text", "Version of the policy that scored the handoff at the win."),
        Column("hard_gaps", "bigint", "Open gaps whose item is hard in the newest policy.", unit="count"),
        Column("open_gaps", "bigint", "Gaps of the handoff that are open now.", unit="count"),
        Column(
            "signoff_state",
            "text",
            "State of the delivery sign-off: void where a covered value changed after the acceptance.",
            values=("none", "pending", "accepted", "rejected", "void"),
        ),
        Column("signed_off_at_utc", "utc", "Time of the acceptance, also of one void by now; NULL where there is none.", nullable=True),
        key_to("dim_date", "signoff_date_key", "Local day of `signed_off_at_utc`; 0 where there is none."),
        key_to("dim_agent", "signed_off_by_key", "Who gave the acceptance of `signed_off_at_utc`; 0 where there is none."),
        Column("first_decision_at_utc", "utc", "Time of the first acceptance or rejection; NULL before one.", nullable=True),
        Column("accepted_first_pass", "bool", "True where the first decision was an acceptance; NULL before a decision.", nullable=True),
        Column(
            "kickoff_committed_date",
            "date",
            "Committed kickoff day in force (frozen at the first valid sign-off); NULL only where none can be had.",
            nullable=True,
        ),
        Column(
            "kickoff_first_committed_date",
            "date",
            "The first committed kickoff day ever seen; NULL where none was recorded.",
            nullable=True,
        ),
        key_to("dim_date", "committed_date_key", "Day of `kickoff_committed_date`; 0 where that is NULL."),
        Column(
            "commit_basis",
            "text",
            "Where the committed day comes from: frozen at sign-off, first seen, or the win plus the policy's default business days.",
            values=("frozen", "first_seen", "policy_default"),
        ),
        Column("kickoff_scheduled_at_utc", "utc", "Planned start of the kickoff; NULL where none is planned.", nullable=True),
        Column("kickoff_schedule_seen_at_utc", "utc", "When a planned start was first seen; NULL where none was.", nullable=True),
        Column("kickoff_actual_at_utc", "utc", "When the kickoff was held; NULL before it.", nullable=True),
        key_to("dim_date", "kickoff_date_key", "Local day on which the kickoff was held; 0 before it."),
        Column(
            "client_hold_days",
            "bigint",
            "Calendar days on hold for the client; shown, never subtracted from a duration.",
            unit="days",
            low=0,
        ),
        Column(
            "kickoff_state",
            "text",
            "State of the kickoff as of the run; overdue is a committed day in the past without a kickoff.",
            values=("kicked_off", "overdue", "scheduled", "unscheduled", "cancelled"),
        ),
        Column(
            "days_to_kickoff",
            "bigint",
            "Local calendar days from win to kickoff; negative where it came first, NULL before it.",
            nullable=True,
            unit="days",
        ),
        Column("business_days_to_kickoff", "bigint", "Business days from win to kickoff; NULL before it.", nullable=True, unit="days"),
        Column(
            "kickoff_delay_days",
            "bigint",
            "Calendar days from committed to actual kickoff; negative is early, NULL before it.",
            nullable=True,
            unit="days",
        ),
        Column(
            "kickoff_without_signoff", "bool", "True where no valid sign-off preceded the kickoff; NULL before the kickoff.", nullable=True
        ),
        Column("kickoff_before_won", "bool", "True where the kickoff came before the win; such a handoff is left out of durations."),
        Column(
            "assumptions_recorded",
            "bigint",
            "Non-empty lines of the mapped assumptions field, 0 where it is empty or not mapped; NULL is not used.",
            nullable=True,
            unit="count",
        ),
        Column(
            "assumptions_missed",
            "bigint",
            "Assumptions marked false, or tied to a `sales_gap` change; NULL until decisions are logged.",
            nullable=True,
            unit="count",
        ),
        Column("currency", "text", "ISO 4217 code of the deal's own currency."),
        Column(
            "currency_state",
            "text",
            "Same as the base currency, converted at the rate of the win's date, or without a rate (base amounts are then NULL).",
            values=("same", "converted", "no_rate"),
        ),
        Column(
            "sold_basis",
            "text",
            "Source of the sold amounts; `_first_seen` where they were first seen after the win.",
            values=("quotation", "order", "quotation_first_seen", "order_first_seen", "none"),
        ),
        Column(
            "sold_revenue",
            "money",
            "One-off revenue sold, net of tax and after discount, frozen at the win; NULL where unknown.",
            nullable=True,
            unit="source currency",
        ),
        Column(
            "sold_cost",
            "money",
            "Cost price times quantity of the one-off lines, frozen at the win; NULL where unknown.",
            nullable=True,
            unit="source currency",
        ),
        Column(
            "sold_hours",
            "money",
            "Hours sold: the lines' budgets, else labour quantities; NULL where neither is known.",
            nullable=True,
            unit="hours",
        ),
        Column(
            "sold_recurring_annual",
            "money",
            "A year's value of the recurring lines; NULL where unknown.",
            nullable=True,
            unit="source currency",
        ),
        Column(
            "sold_revenue_base",
            "money",
            "`sold_revenue` at the policy's rate of the win's date; NULL without a rate.",
            nullable=True,
            unit="base currency",
        ),
        Column(
            "sold_cost_base",
            "money",
            "`sold_cost` at the policy's rate of the win's date; NULL without a rate.",
            nullable=True,
            unit="base currency",
        ),
        Column(
            "sold_margin_pct",
            "double",
            "(Sold revenue - sold cost) / sold revenue x 100; NULL where unknown or revenue is not above 0.",
            nullable=True,
            unit="percent",
        ),
        Column(
            "margin_floor_pct",
            "double",
            "Margin floor for the deal type, by the policy in force at the win; NULL where it sets none.",
            nullable=True,
            unit="percent",
            low=0,
            high=100,
        ),
        Column(
            "below_margin_floor", "bool", "True where the sold margin lies below the floor; NULL where either is unknown.", nullable=True
        ),
    ),
)

TABLES: Final[tuple[Table, ...]] = (DIM_HANDOFF, FACT_HANDOFF)

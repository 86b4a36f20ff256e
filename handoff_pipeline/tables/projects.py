"""Published tables about work after the win: dim_project, fact_change_request, fact_project_margin.

What was sold, as frozen at the win, lives in handoffs.
The one thing to know: erosion and every bridge column are losses when positive, in the tenant's base currency.
"""

from __future__ import annotations

from typing import Final

from handoff_pipeline.tables.model import Column, Table, key_to, table

DIM_PROJECT: Final = table(
    "dim_project",
    grain="one project, with or without an opportunity",
    key=("project_key",),
    owner="project manager",
    description="Every HaloPSA project, how it came to be, whether it is a handoff's first, and its hours against the baseline.",
    columns=(
        Column("project_key", "bigint", "Key of the project; 0 is unknown or none."),
        key_to("dim_tenant", "tenant_key", "The HaloPSA tenant that the project comes from."),
        Column("project_id", "bigint", "HaloPSA's id of the project."),
        key_to("dim_handoff", "handoff_key", "The handoff that the project delivers; 0 where no opportunity is linked."),
        key_to("dim_client", "client_key", "The project's client."),
        Column("project_name", "text", "The project's summary as HaloPSA shows it today."),
        Column(
            "origin",
            "text",
            "How the project is linked to a deal: by parent or created-from, by a sales order line, or not at all.",
            values=("opportunity", "sales_order", "no_opportunity"),
        ),
        Column("is_first", "bool", "True for the project whose kickoff and sign-off are the handoff's."),
        Column("project_state", "text", "State of the project as of the run.", values=("open", "closed", "cancelled", "deleted")),
        Column("created_at_utc", "utc", "When the project was created."),
        Column("closed_at_utc", "utc", "When the project was closed; NULL while it is not.", nullable=True),
        key_to("dim_date", "closed_date_key", "Local day on which the project was closed; 0 while it is not."),
        Column("cancelled_at_utc", "utc", "When the project was cancelled; NULL where it was not.", nullable=True),
        Column(
            "baseline_hours",
            "money",
            "Budgeted hours at the win or at first sight, else the sold hours; NULL where neither is known.",
            nullable=True,
            unit="hours",
        ),
        Column("logged_hours", "money", "Hours logged on the project and its tasks, never on change requests.", unit="hours"),
        Column("source_url", "text", "Link to the project in HaloPSA."),
    ),
)

FACT_CHANGE_REQUEST: Final = table(
    "fact_change_request",
    grain="one change request linked to a project (others are counted in meta_source_completeness)",
    key=("change_key",),
    owner="project manager",
    description="Change requests of projects with their decision, origin, hours, price and whether they were billed.",
    columns=(
        Column("change_key", "bigint", "Key of the change request."),
        Column("change_id", "bigint", "HaloPSA's id of the change request's ticket."),
        key_to("dim_project", "project_key", "The project that is changed."),
        key_to("dim_handoff", "handoff_key", "The handoff of that project; 0 where the project has none."),
        key_to("dim_client", "client_key", "The project's client."),
        Column("raised_at_utc", "utc", "When the change was raised."),
        Column("decided_at_utc", "utc", "When it was approved, rejected or withdrawn; NULL before that.", nullable=True),
        key_to("dim_date", "decided_date_key", "Local day of the decision; 0 before it."),
        key_to("fact_decision", "decision_key", "The decision log entry that the change is tied to; 0 where there is none."),
        Column(
            "state", "text", "State of the change as the policy maps its statuses.", values=("raised", "approved", "rejected", "withdrawn")
        ),
        Column(
            "origin",
            "text",
            "Why the change was needed, as the policy maps its field.",
            values=("client", "sales_gap", "discovery", "unknown"),
        ),
        Column(
            "link_kind",
            "text",
            "How the change is linked to its project, first found in this order.",
            values=("parent", "related", "created_from"),
        ),
        Column("logged_hours", "money", "Hours logged on the change's own ticket.", unit="hours"),
        Column(
            "cost_base",
            "money",
            "Cost of the logged hours; NULL where any hour has no known cost.",
            nullable=True,
            unit="base currency",
        ),
        Column(
            "price",
            "money",
            "Price of the change in the deal's currency; NULL where none is recorded.",
            nullable=True,
            unit="source currency",
        ),
        Column("price_base", "money", "`price` in base currency; NULL without a price or a rate.", nullable=True, unit="base currency"),
        Column("currency", "text", "ISO 4217 code of `price`."),
        Column(
            "is_billed",
            "bool",
            "True once a posted invoice bills the change; NULL where none was seen and not every invoice is known.",
            nullable=True,
        ),
        Column("billed_at_utc", "utc", "When the change was billed; NULL before that.", nullable=True),
        Column("source_url", "text", "Link to the change request in HaloPSA."),
    ),
)


def _base(name: str, description: str) -> Column:
    return Column(name, "money", description, nullable=True, unit="base currency")


def _percent(name: str, description: str) -> Column:
    return Column(name, "double", description, nullable=True, unit="percent")


FACT_PROJECT_MARGIN: Final = table(
    "fact_project_margin",
    grain=(
        "project x week from its creation week to 13 weeks after its close; as_of_date is the week's Sunday (also while the week runs); "
        "a handoff's unallocated remainder is a row with project_key 0"
    ),
    key=("project_key", "handoff_key", "as_of_date"),
    owner="project manager",
    description="Sold, re-based, actual and forecast margin of each project by week, the erosion between them, and its bridge by cause.",
    columns=(
        key_to("dim_project", "project_key", "The project; 0 for the part of a deal that no order line gives to a project."),
        key_to("dim_handoff", "handoff_key", "The project's handoff; 0 where it has none."),
        key_to("dim_client", "client_key", "The project's client."),
        Column("as_of_date", "date", "Sunday of the week, also while the week runs; the row's figures are as of that day's end."),
        key_to("dim_date", "as_of_date_key", "Day of `as_of_date`."),
        Column("is_delivered", "bool", "True once the project is closed: its forecast is then what was logged."),
        Column(
            "is_active",
            "bool",
            "True where the project had kicked off (or been created) by the week's end and was not over before its start.",
        ),
        Column("logged_hours_week", "money", "Hours logged on the project and its tasks in the week.", unit="hours"),
        Column(
            "margin_state",
            "text",
            "Whether the percentages can be trusted; the first that applies of no_rate, uncosted, no_baseline, undefined, complete.",
            values=("complete", "uncosted", "no_baseline", "no_rate", "undefined"),
        ),
        _base("sold_revenue_base", "The project's share of the sold revenue; NULL where unknown or without a rate."),
        _base("sold_cost_base", "The project's share of the sold cost; NULL where unknown or without a rate."),
        _percent("sold_margin_pct", "Margin as sold; NULL where unknown or revenue is not above 0."),
        _base(
            "rebased_revenue_base",
            "Sold revenue plus the prices of changes approved by that day, 0 where none is recorded; NULL without the sale or a rate.",
        ),
        _base(
            "rebased_cost_base",
            "Sold cost plus approved changes: declared hours at the sold cost rate, else their own cost; NULL where one is unknown.",
        ),
        _percent("rebased_margin_pct", "Margin as sold and changed; NULL where unknown or revenue is not above 0."),
        _base("actual_revenue_base", "Revenue earned so far; NULL where unknown."),
        _base(
            "actual_cost_base",
            "Cost of the hours logged so far and of the third party; NULL where any hour has no known cost, or without a rate.",
        ),
        _base("forecast_revenue_base", "Revenue at completion; equals the actual once delivered; NULL where unknown."),
        _base(
            "forecast_cost_base",
            "Cost at completion, the actual once delivered; NULL where an hour, logged or to come, has no known cost, or without a rate.",
        ),
        _percent("forecast_margin_pct", "Margin at completion; NULL unless the state is complete."),
        Column(
            "forecast_method",
            "text",
            "How cost is forecast: from logged hours alone once delivered, else from the larger of baseline and logged, plus changes.",
            values=("delivered", "budget_or_logged"),
        ),
        Column("erosion_pp", "double", "Sold margin less forecast margin; plus is loss; NULL unless complete.", nullable=True, unit="pp"),
        _base("erosion_amount_base", "Sold less forecast gross profit; plus is loss; NULL unless complete."),
        Column(
            "erosion_rebased_pp",
            "double",
            "Re-based margin less forecast margin; plus is loss; NULL unless complete, or where the re-based margin is unknown.",
            nullable=True,
            unit="pp",
        ),
        Column("uncosted_hours", "money", "Logged hours whose cost is not known; any such hour makes the state `uncosted`.", unit="hours"),
        _base(
            "bridge_hours",
            "(Forecast base hours - sold hours) x sold cost rate; NULL unless complete, or where sold hours or rate are unknown.",
        ),
        _base(
            "bridge_rate", "Forecast base hours x (actual rate - sold rate); NULL unless complete, or where sold hours or rate are unknown."
        ),
        _base("bridge_third_party", "Forecast less sold third-party cost; NULL unless complete."),
        _base(
            "bridge_discount",
            "Sold less forecast revenue of base work: discounts, credits, time and material charged otherwise; NULL unless complete.",
        ),
        _base("bridge_unapproved_change", "Cost of hours on changes not approved, less what was billed for them; NULL unless complete."),
        _base("bridge_approved_change", "Cost less price of approved changes; NULL unless complete."),
        _base(
            "bridge_unexplained", "What remains, so that the seven sum to `erosion_amount_base`; 0 whenever sold hours and rate are known."
        ),
    ),
)

TABLES: Final[tuple[Table, ...]] = (DIM_PROJECT, FACT_CHANGE_REQUEST, FACT_PROJECT_MARGIN)

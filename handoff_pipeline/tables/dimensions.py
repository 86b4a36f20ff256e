"""The published dimensions: days, tenant, clients, people, metrics, and the policy's checklist, controls and risks.

dim_handoff and dim_project are declared beside their facts, in handoffs and projects.
The one thing to know: every dimension holds a row with key 0, so that an inner join from a fact never loses a row.
"""

from __future__ import annotations

from typing import Final

from handoff_pipeline.tables.metrics import AGGREGATIONS, CHARTS, DIRECTIONS, UNITS
from handoff_pipeline.tables.model import Column, Table, key_to, table

_TENANT: Final = key_to("dim_tenant", "tenant_key", "The HaloPSA tenant that the record comes from.")

DIM_DATE: Final = table(
    "dim_date",
    grain="one day, no gaps, covering every date key of every fact",
    key=("date_key",),
    owner="platform",
    description="Calendar of local days in the policy's time zone, with ISO weeks and the policy's business days; key 0 stands for no day.",
    columns=(
        Column("date_key", "bigint", "The local day as yyyymmdd, for example 20260901; 0 means that there is no day."),
        Column("date", "date", "The day itself; 1900-01-01 in row 0."),
        Column("iso_year", "bigint", "ISO year of the day's week; differs from `year` around New Year."),
        Column("iso_week", "bigint", "ISO week number, 1 to 53.", low=1, high=53),
        Column("week_start", "date", "Monday of the day's ISO week, the week that KPIs are grouped by."),
        Column("month_start", "date", "First day of the day's month."),
        Column("quarter", "text", "Calendar quarter, for example 2026-Q3."),
        Column("year", "bigint", "Calendar year of the day."),
        Column("is_business_day", "bool", "True on the policy's working days that are not one of its holidays."),
    ),
)

DIM_TENANT: Final = table(
    "dim_tenant",
    grain="one row; one warehouse serves one HaloPSA tenant",
    key=("tenant_key",),
    owner="platform",
    description="The HaloPSA tenant that this warehouse serves, with the currency and time zone that all figures use, beside row 0.",
    columns=(
        Column("tenant_key", "bigint", "Key of the tenant; 0 is unknown."),
        Column("tenant", "text", "The tenant's name in HaloPSA's address."),
        Column("base_currency", "text", "ISO 4217 code of the currency of every `_base` amount, from the policy."),
        Column("time_zone", "text", "IANA time zone in which days and weeks are counted, from the policy."),
    ),
)

DIM_CLIENT: Final = table(
    "dim_client",
    grain="one client",
    key=("client_key",),
    owner="sales manager",
    description="Every client seen in HaloPSA, including deleted ones that handoffs, projects or change requests still point to.",
    columns=(
        Column("client_key", "bigint", "Key of the client; 0 is unknown."),
        _TENANT,
        Column("halo_client_id", "bigint", "HaloPSA's id of the client."),
        Column("client_name", "text", "The client's name as HaloPSA shows it today."),
        Column("is_deleted", "bool", "True once a complete pull no longer finds the client; its row stays."),
    ),
)

DIM_AGENT: Final = table(
    "dim_agent",
    grain="one agent, with today's team (facts carry the team at the event)",
    key=("agent_key",),
    owner="service delivery lead",
    description="Every HaloPSA agent: sellers, delivery staff and approvers. Team and role are today's; use a fact's own team for history.",
    columns=(
        Column("agent_key", "bigint", "Key of the agent; 0 is unknown."),
        _TENANT,
        Column("halo_agent_id", "bigint", "HaloPSA's id of the agent."),
        Column("agent_name", "text", "The agent's name as HaloPSA shows it today."),
        Column("team", "text", "The agent's team today; NULL where HaloPSA names none.", nullable=True),
        Column("role", "text", "The agent's role in HaloPSA today; NULL where HaloPSA names none.", nullable=True),
        Column("is_active", "bool", "False once the agent is disabled or deleted in HaloPSA."),
    ),
)

DIM_METRIC: Final = table(
    "dim_metric",
    grain="one metric",
    key=("metric_key",),
    owner="service delivery lead",
    description="What each KPI means: unit, better direction, how segments roll up, which chart watches it, and who answers for it.",
    columns=(
        Column("metric_key", "bigint", "Key of the metric; 0 is unknown."),
        Column("metric", "text", "The metric's stable name, for example `kickoff_delay_rate`."),
        Column("title", "text", "The metric's name for people."),
        Column(
            "unit", "text", "Unit of `value`: fraction lies in 0-1, percent and score in 0-100, pp are percentage points.", values=UNITS
        ),
        Column("direction", "text", "Which way is better: up or down.", values=DIRECTIONS),
        Column(
            "aggregation",
            "text",
            "How segments roll up: ratio is sum of numerators over sum of denominators; a level is as-of and never summed over weeks.",
            values=AGGREGATIONS,
        ),
        Column("chart", "text", "Control chart that judges the weekly points; none where weeks overlap or are too thin.", values=CHARTS),
        Column("minimum_n", "bigint", "Cohort size below which the value is shown without status or signal.", unit="count"),
        Column("cohort", "text", "Which date puts a record into a week."),
        Column("definition", "text", "What is counted over what, in words."),
        Column("owner", "text", "Role that answers for the metric, from the policy."),
        Column(
            "target_days",
            "bigint",
            "The policy's `kickoff.target_days`, for `kickoff_within_target`; NULL for all others.",
            nullable=True,
            unit="days",
        ),
    ),
)

DIM_CHECKLIST_ITEM: Final = table(
    "dim_checklist_item",
    grain="one checklist item of the current policy, retired ones kept",
    key=("item_key",),
    owner="sales manager",
    description="Items of the handoff checklist with weight and mode; an item that leaves the policy stays, marked retired.",
    columns=(
        Column("item_key", "bigint", "Key of the checklist item; 0 is unknown."),
        Column("item", "text", "The item's id in the policy, for example `signed_scope`."),
        Column("title", "text", "The item's name for people."),
        Column("weight", "double", "The item's weight in the score, in the policy's own scale.", unit="rubric weight"),
        Column("is_hard", "bool", "True where quality below 1 without a valid waiver caps the whole score."),
        Column(
            "mode",
            "text",
            "The item's phase in the policy's rollout. In every mode it is only recorded: nothing acts on an item until write-back exists.",
            values=("shadow", "warn", "enforce"),
        ),
        Column("control_ids", "text", "Ids of the controls that the item serves, separated by commas."),
        Column("is_retired", "bool", "True once the item is no longer in the current policy."),
        Column("policy_version", "text", "Version of the policy that last held the item."),
    ),
)

DIM_CONTROL: Final = table(
    "dim_control",
    grain="one control of the current map, retired ones kept",
    key=("control_key",),
    owner="service delivery lead",
    description="The control map: what each control is for, who runs it how often, and which frameworks and risks it answers to.",
    columns=(
        Column("control_key", "bigint", "Key of the control; 0 is unknown."),
        Column("control_id", "text", "The control's id in the policy, for example HC-05."),
        Column("title", "text", "The control's name."),
        Column("objective", "text", "What is true while the control works."),
        Column("owner", "text", "Role that runs the control."),
        Column("frequency", "text", "How often the control runs, for example every win."),
        Column("psf", "text", "PSF domain that the control maps to, for example D6; NULL where none.", nullable=True),
        Column("pai8", "text", "PAI-8 control that the control maps to, for example C2; NULL where none.", nullable=True),
        Column("other_references", "text", "Further framework references, separated by commas; NULL where none.", nullable=True),
        Column("risk_ids", "text", "Ids of the risks that the control treats, separated by commas."),
        Column("is_retired", "bool", "True once the control is no longer in the current policy."),
    ),
)

DIM_RISK: Final = table(
    "dim_risk",
    grain="one risk of the register",
    key=("risk_key",),
    owner="service delivery lead",
    description="The risk register: cause, effect, rating and treatment of each risk; retired ones are kept.",
    columns=(
        Column("risk_key", "bigint", "Key of the risk; 0 is unknown."),
        Column("risk_id", "text", "The risk's id in the policy, for example HR-01."),
        Column("title", "text", "The risk's name."),
        Column("cause", "text", "What brings the risk about."),
        Column("effect", "text", "What happens if it does."),
        Column("owner", "text", "Role that answers for the risk."),
        Column("likelihood", "text", "How likely the risk is, in the policy's words."),
        Column("impact", "text", "How bad the effect is, in the policy's words."),
        Column("treatment", "text", "What is done about the risk."),
        Column("is_retired", "bool", "True once the risk is no longer in the current policy."),
    ),
)

TABLES: Final[tuple[Table, ...]] = (
    DIM_DATE,
    DIM_TENANT,
    DIM_CLIENT,
    DIM_AGENT,
    DIM_METRIC,
    DIM_CHECKLIST_ITEM,
    DIM_CONTROL,
    DIM_RISK,
)

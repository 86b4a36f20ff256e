"""Published tables about the pipeline itself: its runs, and how complete each source was.

Nothing about deals or KPIs belongs here.
The one thing to know: here `run_id` is the row's own run, while in every other table it is the run that last changed the content.
"""

from __future__ import annotations

from typing import Final

from handoff_pipeline.tables.model import Column, Table, key_to, table

META_RUN: Final = table(
    "meta_run",
    grain="one run that published",
    key=("run_id",),
    owner="platform",
    description="Every run that published: when, as of when, under which policy and contract, and how many requests it made.",
    columns=(
        Column("started_at_utc", "utc", "When the run began."),
        Column("finished_at_utc", "utc", "When the run had published."),
        Column("as_of_utc", "utc", "The moment that every figure of the run refers to."),
        Column("contract_version", "bigint", "Version of the published contract that the tables follow."),
        Column("policy_version", "text", "Version named in the policy file."),
        Column("policy_hash", "text", "SHA-256 of the policy file, which tells an edit without a new version."),
        Column("engine", "text", "Engine and version that computed the tables, for example duckdb 1.5.6."),
        Column("requests", "bigint", "Requests made to HaloPSA.", unit="count"),
        Column(
            "rollout_phase",
            "text",
            "Phase of the rollout during the run.",
            values=("shadow", "freeze", "pilot", "expand", "operate"),
        ),
        Column(
            "state",
            "text",
            "Complete, or stale where at least one source was not complete, or failed.",
            values=("complete", "stale", "failed"),
        ),
    ),
)

META_SOURCE_COMPLETENESS: Final = table(
    "meta_source_completeness",
    grain="run x tenant x entity",
    key=("run_id", "tenant_key", "entity"),
    owner="platform",
    description="For every run and HaloPSA entity: whether its completeness equation balanced, what changed, and how old the data is.",
    columns=(
        key_to("dim_tenant", "tenant_key", "The HaloPSA tenant that was pulled."),
        Column("entity", "text", "The kind of record, for example opportunity."),
        Column(
            "state",
            "text",
            "Outcome of the pull; unless complete, yesterday's rows stay and nothing is deleted.",
            values=("complete", "incomplete", "quarantined", "not_permitted"),
        ),
        Column("rows_seen", "bigint", "Rows that HaloPSA returned.", unit="count"),
        Column(
            "rows_expected", "bigint", "Rows that HaloPSA announced; NULL where the endpoint announces none.", nullable=True, unit="count"
        ),
        Column("rows_changed", "bigint", "Rows that were new or differed from the newest stored version.", unit="count"),
        Column("rows_deleted", "bigint", "Rows that a complete pull no longer found.", unit="count"),
        Column("rows_quarantined", "bigint", "Rows set aside because they could not be read.", unit="count"),
        Column(
            "rows_unlinked", "bigint", "Rows without the parent they need, for example change requests without a project.", unit="count"
        ),
        Column("requests", "bigint", "Requests made for the entity.", unit="count"),
        Column(
            "requests_minimum",
            "bigint",
            "Fewest requests that could have done; NULL where it cannot be known.",
            nullable=True,
            unit="count",
        ),
        Column("as_of_utc", "utc", "The moment that the entity's data refers to; older than the run's where it is stale."),
        Column("is_stale", "bool", "True where the data is older than the run because this pull was not complete."),
        Column("detail", "text", "Why the pull was not complete; NULL where it was.", nullable=True),
    ),
)

TABLES: Final[tuple[Table, ...]] = (META_RUN, META_SOURCE_COMPLETENESS)

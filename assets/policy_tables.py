"""The policy as small tables of the warehouse, rewritten each night from handoff.yaml.

What the words mean is policy's subject. The one thing to know: the tables' names are listed here because the graph is made without reading
the policy; a test holds the list to what the policy gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import dagster as dg

from assets import metadata
from assets.naming import POOL, group_of, key_of, op_name, team
from assets.resources import WarehouseResource
from assets.steps import told
from assets.table_frames import duckdb_types
from handoff_pipeline.errors import PolicyError
from handoff_pipeline.policy import load_policy
from handoff_pipeline.policy.frames import policy_frames
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse import frames

TABLES: Final[dict[str, str]] = {
    "setting": "The policy's single values: tenant, time zone, base currency, go-live day, defaults. One row.",
    "name_list": "Names that the policy gives a meaning: statuses, ticket types, appointment types, steps, teams. Lower case.",
    "id_list": "Ids and positions that the policy gives a meaning: accepted quotation statuses, labour items, approval results, win dates.",
    "custom_field": "Which of HaloPSA's custom fields holds which fact, per entity.",
    "change_origin": "What the origins of a change request are called in HaloPSA.",
    "exchange_rate": "Units of base currency for one unit of a currency, from a day on.",
    "charge_rate": "What an hour is charged at, by the number of HaloPSA's charge rate.",
    "metric": "The metrics with unit, direction, aggregation, chart and owner.",
    "target": "The MSP's own dated targets, absolute values by metric and segment.",
    "playbook_target": "The playbook's targets as factors of a baseline, with days after its freeze; empty where switched off.",
    "calendar_day": "The business calendar: local days with their week, working hours in UTC and running number of business days.",
}


def _spec(name: str, description: str) -> dg.AssetSpec:
    table = f"policy.{name}"
    return dg.AssetSpec(
        key_of(table),
        group_name=group_of(table),
        owners=[team("platform")],
        kinds={"duckdb", "yaml"},
        description=description,
        metadata=metadata.static(table),
    )


@dg.multi_asset(name=op_name("policy.tables"), specs=[_spec(name, description) for name, description in TABLES.items()], pool=POOL)
def policy_tables(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult[None]]:
    """Write the policy's tables."""
    results: list[dg.MaterializeResult[None]] = []
    with told(settings):
        policy = load_policy(settings.policy_file)
        tables = policy_frames(policy, settings.tenant_name, settings.links_base)
        if set(tables) != set(TABLES):
            different = ", ".join(sorted(set(tables) ^ set(TABLES)))
            raise PolicyError(
                f"The policy's tables are not those of the asset graph: {different}.", "List them in assets/policy_tables.py."
            )
        with warehouse.get_connection() as conn:
            for name, frame in tables.items():
                table = f"policy.{name}"
                frames.write(conn, table, frame, duckdb_types(frame.schema))
                results.append(
                    dg.MaterializeResult(
                        asset_key=key_of(table), metadata={**metadata.built(conn, table, frame.height), "policy_version": policy.version}
                    )
                )
    yield from results

"""The rules across tables as blocking checks: one for each file of quality/rules.

What must hold is said there. The one thing to know: a check sits on that of its tables which is built last, because Dagster runs it when
that one is there and blocks what comes after.
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from assets.checks import result
from assets.naming import POOL, key_of
from assets.resources import WarehouseResource
from assets.steps import told
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse import frames
from quality.across import Rule, rules
from quality.violations import KEYS_SHOWN, Violation, keys_of


def across_checks(build_order: Sequence[str]) -> list[dg.AssetChecksDefinition]:
    """A check for every rule whose tables are all built; `build_order` names the graph's tables, each after those that it is made of."""
    position = {table: place for place, table in enumerate(build_order)}
    return [_check(rule, position) for rule in rules().values() if position.keys() >= set(rule.reads)]


def _check(rule: Rule, position: dict[str, int]) -> dg.AssetChecksDefinition:
    last = max(rule.reads, key=position.__getitem__)

    @dg.asset_check(
        asset=key_of(last),
        name=rule.name,
        blocking=True,
        pool=POOL,
        additional_deps=[key_of(table) for table in rule.reads if table != last],
        description=rule.says,
    )
    def holds(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.AssetCheckResult:
        with told(settings):
            with warehouse.get_connection() as conn:
                broken = frames.read(conn, rule.sql)
            if broken.is_empty():
                return result([])
            return result([Violation(last, None, rule.says, broken.height, keys_of(broken.head(KEYS_SHOWN), broken.columns))])

    return holds

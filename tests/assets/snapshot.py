"""The asset graph as plain data, so that every change of it shows in a diff. Code versions and descriptions are left out on purpose."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import dagster as dg


def of(definitions: dg.Definitions) -> dict[str, Any]:
    """Assets, checks, jobs, schedules, sensors, resources."""
    repository = definitions.get_repository_def()
    graph = repository.asset_graph
    checks = {key: graph.get(key) for key in graph.asset_check_keys}
    return {
        "assets": {key.to_user_string(): _asset(graph, key) for key in sorted(graph.get_all_asset_keys())},
        "checks": {
            f"{key.asset_key.to_user_string()}:{key.name}": {
                "blocking": check.blocking,
                "pool": _pool(graph.assets_def_for_key(key)),
                "waits_for": sorted(
                    dep.asset_key.to_user_string() for dep in graph.assets_def_for_key(key).get_spec_for_check_key(key).additional_deps
                ),
            }
            for key, check in sorted(checks.items(), key=lambda item: (item[0].asset_key.path, item[0].name))
        },
        "jobs": {
            job.name: {"executor": job.executor_def.name, "steps": len(list(job.nodes))}
            for job in repository.get_all_jobs()
            if not job.name.startswith("__")
        },
        "schedules": {
            schedule.name: {
                "cron": schedule.cron_schedule,
                "time_zone": schedule.execution_timezone,
                "job": schedule.job_name,
                "status": schedule.default_status.value,
            }
            for schedule in repository.schedule_defs
        },
        "sensors": {
            sensor.name: {"type": sensor.sensor_type.value, "status": sensor.default_status.value} for sensor in repository.sensor_defs
        },
        "resources": {name: {} for name in sorted(repository.get_top_level_resources())},
    }


def differences(agreed: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """One line for each entry that came or went, and for each attribute of an entry that changed."""
    for section in sorted(agreed.keys() | now.keys()):
        before, after = agreed.get(section, {}), now.get(section, {})
        for name in sorted(before.keys() | after.keys()):
            if name not in after:
                yield f"- {section} {name}"
            elif name not in before:
                yield f"+ {section} {name}: {json.dumps(after[name], sort_keys=True)}"
            else:
                yield from (f"~ {section} {name}: {change}" for change in _changes(before[name], after[name]))


def _changes(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for attribute in sorted(before.keys() | after.keys()):
        old, new = before.get(attribute), after.get(attribute)
        if isinstance(old, list) and isinstance(new, list):
            gone, come = [f"-{each}" for each in old if each not in new], [f"+{each}" for each in new if each not in old]
            if gone or come:
                yield f"{attribute} {' '.join(gone + come)}"
        elif old != new:
            yield f"{attribute} was {old!r}, is {new!r}"


def as_text(graph: dict[str, Any]) -> str:
    """JSON with a line for each asset, check, job ...: a change shows as one line."""
    sections = []
    for section, entries in graph.items():
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry, sort_keys=True)}" for name, entry in sorted(entries.items()))
        sections.append(f"{json.dumps(section)}: {{\n{lines}\n}}")
    return "{\n" + ",\n".join(sections) + "\n}\n"


def _asset(graph: Any, key: dg.AssetKey) -> dict[str, Any]:
    node = graph.get(key)
    spec = node.assets_def.specs_by_key[key]
    retry = node.assets_def.op.retry_policy
    freshness = spec.freshness_policy
    return {
        "group": spec.group_name,
        "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
        "kinds": sorted(spec.kinds),
        "owners": list(spec.owners),
        "pool": _pool(node.assets_def),
        "table": spec.metadata.get("dagster/table_name"),
        "retries": retry.max_retries if retry else 0,
        "freshness": f"warn {freshness.warn_window.to_timedelta()}, fail {freshness.fail_window.to_timedelta()}" if freshness else None,
    }


def _pool(assets_def: dg.AssetsDefinition) -> str | None:
    return assets_def.op.pool

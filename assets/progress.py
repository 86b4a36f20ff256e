"""How far a night is, told by group of steps: `staging, 3 of 13`.

Rows of the pull are told by the pull itself. The one thing to know: it listens to the run's events, so no asset knows that anybody watches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

import dagster as dg

from assets.resources import Progress

CHECKS: Final = "checks"
ENDED: Final = frozenset({dg.DagsterEventType.STEP_SUCCESS, dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.STEP_SKIPPED})


def groups_of(definitions: dg.Definitions, job: dg.JobDefinition) -> dict[str, str]:
    """Step of the job to the group of its assets; `checks` for the steps of checks."""
    made = [asset for asset in definitions.assets or () if isinstance(asset, dg.AssetsDefinition)]
    groups = {asset.op.name: next(iter(asset.specs)).group_name or CHECKS for asset in made if asset.keys}
    return {node.name: groups.get(node.name, CHECKS) for node in job.nodes}


class Listener:
    """Counts ended steps per group and tells `progress`."""

    def __init__(self, groups: Mapping[str, str], progress: Progress) -> None:
        self._groups = groups
        self._totals = Counter(groups.values())
        self._done: Counter[str] = Counter()
        self._progress = progress

    def __call__(self, entry: dg.EventLogEntry) -> None:
        """Take one event of the run."""
        event = entry.dagster_event
        group = self._groups.get(event.step_key or "") if event else None
        if event is None or group is None:
            return
        if event.event_type in ENDED:
            self._done[group] += 1
        elif event.event_type is not dg.DagsterEventType.STEP_START:
            return
        self._progress(group, self._done[group], self._totals[group])

"""One pull of a tenant: configuration first, then everything else at once, each entity with its own outcome.

How an entity is read is its strategy's. The one thing to know: a failing entity leaves no file and does not stop the others; only refused
credentials stop the pull.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx

from handoff_pipeline.clock import Clock
from handoff_pipeline.halo.bare import read_approvals, read_bare, read_lookups
from handoff_pipeline.halo.client import HaloClient, connected
from handoff_pipeline.halo.entities import ENTITIES, Entity
from handoff_pipeline.halo.errors import AuthenticationError, HaloError, PermissionMissing
from handoff_pipeline.halo.inbox import Checkpoint, EntityInbox, no_checkpoint
from handoff_pipeline.halo.orders import read_orders
from handoff_pipeline.halo.report import EntityReport, PullPlan, PullReport
from handoff_pipeline.halo.source import Outcome, Progress, Source, no_progress
from handoff_pipeline.halo.tickets import read_listed
from handoff_pipeline.halo.together import together
from handoff_pipeline.halo.windows import read_windows
from handoff_pipeline.settings import Settings


def pull(
    settings: Settings,
    plan: PullPlan,
    inbox: Path,
    clock: Clock,
    progress: Progress | None = None,
    checkpoint: Checkpoint = no_checkpoint,
    transport: httpx.AsyncBaseTransport | None = None,
) -> PullReport:
    """Pulls every entity of the registry into `inbox/<entity>/` and says how each went.

    Args:
        settings: The tenant, its credentials and the limits.
        plan: Cursors and what is known already.
        inbox: Folder for the answers' bytes; every entity's folder in it is emptied first.
        clock: Now, monotonic seconds and sleep.
        progress: Called with (entity, rows so far, rows expected or None).
        checkpoint: Called with "pull.page" after each file.
        transport: Replaces the network.

    Raises:
        SettingsError: the address, the credentials or the scope cannot be used.
        AuthenticationError: HaloPSA refuses the credentials, or a token that it has just issued.
        HaloError: the authority cannot be reached.
    """
    return asyncio.run(_pull(settings, plan, inbox, clock, progress or no_progress, checkpoint, transport))


async def _pull(
    settings: Settings,
    plan: PullPlan,
    inbox: Path,
    clock: Clock,
    progress: Progress,
    checkpoint: Checkpoint,
    transport: httpx.AsyncBaseTransport | None,
) -> PullReport:
    async with connected(settings, clock, transport) as client:
        run = _Run(client, settings, plan, inbox, progress, checkpoint, client.server_time())
        await together(run.one(entity) for entity in ENTITIES.values() if entity.is_configuration)
        await together(run.one(entity) for entity in ENTITIES.values() if not entity.is_configuration)
        by_endpoint: Counter[str] = Counter()
        for (_, endpoint), number in client.counts.items():
            by_endpoint[endpoint] += number
        return PullReport(
            entities={name: run.reports[name] for name in ENTITIES},
            requests=client.counts.total(),
            requests_by_endpoint=dict(sorted(by_endpoint.items())),
            server_time_utc=run.server_time,
        )


@dataclass
class _Run:
    """The state of one pull."""

    client: HaloClient
    settings: Settings
    plan: PullPlan
    inbox: Path
    progress: Progress
    checkpoint: Checkpoint
    server_time: datetime
    reports: dict[str, EntityReport] = field(default_factory=dict)

    async def one(self, entity: Entity) -> None:
        """Reads one entity and notes how it went."""
        inbox = EntityInbox(self.inbox, entity.name, self.checkpoint)
        source = Source(entity, self.client, inbox, self.settings, self.plan, self.progress)
        try:
            outcome = await self._read(source)
        except AuthenticationError:
            raise
        except HaloError as error:
            inbox.discard()
            self.reports[entity.name] = EntityReport(
                entity=entity.name,
                state="not_permitted" if isinstance(error, PermissionMissing) else "incomplete",
                files=(),
                rows_seen=0,
                rows_expected=None,
                requests=self._requests(entity),
                cursor_utc=self.plan.cursors.get(entity.name),
                detail=str(error),
                is_full=False,
            )
        else:
            self.reports[entity.name] = EntityReport(
                entity=entity.name,
                state="complete",
                files=inbox.files,
                rows_seen=outcome.rows_seen,
                rows_expected=outcome.rows_expected,
                requests=self._requests(entity),
                cursor_utc=self.server_time,
                detail=outcome.detail,
                is_full=outcome.is_full,
            )

    async def _read(self, source: Source) -> Outcome:
        """Dispatches to the entity's strategy."""
        match source.entity.reading:
            case "bare":
                return await read_bare(source, source.entity.parameters)
            case "lookups":
                return await read_lookups(source)
            case "approvals":
                return await read_approvals(source)
            case "orders":
                return await read_orders(source)
            case "windows":
                return await read_windows(source, self.server_time)
            case "paged":
                return await read_listed(source, self.server_time, self.reports)

    def _requests(self, entity: Entity) -> int:
        return sum(number for (name, _), number in self.client.counts.items() if name == entity.name)

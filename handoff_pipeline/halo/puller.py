"""One pull of a tenant: configuration first, then everything else at once, each entity with its own outcome.

How an entity is read is its strategy's. The one thing to know: a failing entity leaves no file and does not stop the others; only refused
credentials stop the pull.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx

from handoff_pipeline.clock import Clock
from handoff_pipeline.halo.attachments import read_attachments
from handoff_pipeline.halo.bare import read_approvals, read_bare, read_lookups
from handoff_pipeline.halo.client import HaloClient, connected
from handoff_pipeline.halo.details import read_details
from handoff_pipeline.halo.entities import ENTITIES, Entity, Reading
from handoff_pipeline.halo.errors import AuthenticationError, BudgetSpent, HaloError, NotOffered, PermissionMissing
from handoff_pipeline.halo.inbox import RESUME, Checkpoint, EntityInbox, no_checkpoint
from handoff_pipeline.halo.orders import read_orders
from handoff_pipeline.halo.report import EntityReport, PullPlan, PullReport
from handoff_pipeline.halo.reporting import read_report
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
    """Pulls every entity that the settings ask for into `inbox/<entity>/` and says how each went.

    Without HANDOFF_REPORTING those that only SQL can read are left out of the report.

    Args:
        settings: The tenant, its credentials and the limits.
        plan: Cursors and what is known already.
        inbox: Folder for the answers' bytes; every entity's folder in it is emptied first, unless it holds a note to go on from.
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
        offered = [entity for entity in ENTITIES.values() if entity.reading != "report" or settings.reporting]
        asked = [entity for entity in offered if not plan.only or entity.name in plan.only]
        for step in sorted({_step(entity, settings) for entity in asked}):
            await together(run.one(entity) for entity in asked if _step(entity, settings) == step)
        by_endpoint: Counter[str] = Counter()
        for (_, endpoint), number in client.counts.items():
            by_endpoint[endpoint] += number
        return PullReport(
            entities={entity.name: run.reports[entity.name] for entity in asked},
            requests=client.counts.total(),
            requests_by_endpoint=dict(sorted(by_endpoint.items())),
            server_time_utc=run.server_time,
            limit_note=client.limit_note,
        )


def _step(entity: Entity, settings: Settings) -> int:
    """Entities of one step are read at once. Under a budget, lists that can go on in the next run come after those that cannot."""
    if entity.is_configuration:
        return 0
    is_per_project = entity.reading == "approvals" and settings.approvals_mode == "per_handoff"
    if entity.reading in ("details", "attachments") or is_per_project:
        return 3
    return 2 if settings.request_budget and entity.is_swept else 1


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
            self.reports[entity.name] = self._failed(entity, inbox, error)
        else:
            self.reports[entity.name] = self._read_so_far(entity, inbox, outcome)

    def _failed(self, entity: Entity, inbox: EntityInbox, error: HaloError) -> EntityReport:
        """A reading of which nothing may be landed. What a spent budget has left is kept for the next run, outside the report."""
        if not isinstance(error, BudgetSpent) or inbox.read_aside(RESUME) is None:
            inbox.discard()
        # Without the endpoint an entity is as unreadable as without the permission, and no other run will change it.
        is_lacking = isinstance(error, NotOffered) and not entity.is_required
        said = "this HaloPSA does not offer it: " if is_lacking else "request budget spent: " if isinstance(error, BudgetSpent) else ""
        return EntityReport(
            entity=entity.name,
            state="not_permitted" if is_lacking or isinstance(error, PermissionMissing) else "incomplete",
            files=(),
            rows_seen=0,
            rows_expected=None,
            requests=self._requests(entity),
            cursor_utc=self.plan.cursors.get(entity.name),
            detail=said + str(error),
            is_full=False,
        )

    def _read_so_far(self, entity: Entity, inbox: EntityInbox, outcome: Outcome) -> EntityReport:
        """A complete reading, or one whose records may be landed one by one."""
        is_complete = outcome.unfinished is None
        inbox.forget()
        return EntityReport(
            entity=entity.name,
            state="complete" if is_complete else "incomplete",
            files=inbox.files,
            rows_seen=outcome.rows_seen,
            rows_expected=outcome.rows_expected,
            requests=self._requests(entity),
            cursor_utc=self.server_time if is_complete else self.plan.cursors.get(entity.name),
            detail="; ".join(filter(None, (outcome.unfinished, outcome.detail))) or None,
            is_full=outcome.is_full and is_complete,
            covered=outcome.covered,
            present=outcome.present,
            listed_deleted=outcome.listed_deleted,
            asked=outcome.asked,
            requests_minimum=outcome.requests_minimum,
            may_land=not is_complete,
        )

    async def _read(self, source: Source) -> Outcome:
        """Reads by the entity's strategy."""
        readers: dict[Reading, Callable[[], Awaitable[Outcome]]] = {
            "bare": lambda: read_bare(source, source.entity.parameters),
            "lookups": lambda: read_lookups(source),
            "approvals": lambda: read_approvals(source, self.reports),
            "orders": lambda: read_orders(source),
            "windows": lambda: read_windows(source, self.server_time),
            "paged": lambda: read_listed(source, self.server_time, self.reports),
            "report": lambda: read_report(source, self.server_time, self.reports),
            "details": lambda: read_details(source, self.reports),
            "attachments": lambda: read_attachments(source, self.reports),
        }
        return await readers[source.entity.reading]()

    def _requests(self, entity: Entity) -> int:
        return sum(number for (name, _), number in self.client.counts.items() if name == entity.name)

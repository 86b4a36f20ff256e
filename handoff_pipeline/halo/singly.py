"""Reads records one by one, so that one that cannot be read costs nothing but itself.

What is asked for each is the strategies'. The one thing to know: every answer is whole by itself, so when the budget of requests is spent
or HaloPSA fails, what was read is landed and remembered, and the next run asks for the rest only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from handoff_pipeline.halo.errors import BudgetSpent, NotOffered, ProtocolError, RateLimited, ServerFault
from handoff_pipeline.halo.source import Source
from handoff_pipeline.halo.together import in_lanes


@dataclass
class Singly:
    """How far it came. `asked` is subject -> text of its last change, of the records that were read: one that is gone may come back."""

    wanted: int
    asked: dict[str, str] = field(default_factory=dict)
    gone: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    stopped: str | None = None

    @property
    def unfinished(self) -> str | None:
        """Why it is not whole; None if it is."""
        lacking = self.wanted - len(self.asked) - self.gone
        if not lacking:
            return None
        why = self.stopped or next(iter(self.failed.values()), "")
        return f"{lacking} of {self.wanted} are still to be read: {why}"


async def read_singly(source: Source, wanted: Mapping[str, str], read: Callable[[str], Awaitable[None]]) -> Singly:
    """Calls `read` for every subject of `wanted`, in order, until HaloPSA or the budget stops it. A 404 means that the record is gone.

    Raises:
        AuthenticationError, PermissionMissing: nothing of the kind may be read.
    """
    found = Singly(len(wanted))

    async def one(subject: str) -> None:
        if found.stopped is not None:
            return
        try:
            await read(subject)
        except NotOffered:
            found.gone += 1
            return
        except (BudgetSpent, RateLimited, ServerFault) as trouble:
            found.stopped = f"request budget spent: {trouble}" if isinstance(trouble, BudgetSpent) else str(trouble)
            return
        except ProtocolError as odd:
            found.failed[subject] = str(odd)
            return
        found.asked[subject] = wanted[subject]
        source.progress(source.entity.name, len(found.asked), len(wanted))

    await in_lanes(wanted, one, source.settings.concurrency)
    return found

"""One use of a writer against a tenant that keeps what it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from handoff_pipeline.halo.writer import HaloWriter
from handoff_pipeline.halo.written import Written
from tests.halo.fake import InstantClock
from tests.halo.keeping import KeepingHalo, writer_to

NEW_PROJECT = {"summary": "Onboarding of Acme", "tickettype_id": 21}
NOTE = {"ticket_id": 7, "outcome": "Internal Note", "note": "Kickoff held"}


def upsert(
    halo: KeepingHalo, tmp_path: Path, kind: str, fields: dict[str, Any], clock: InstantClock | None = None, **options: Any
) -> Written:
    overrides = options.pop("settings", {})

    async def play() -> Written:
        async with writer_to(halo, tmp_path, clock, **overrides) as writer:
            return await writer.upsert(kind, fields, **options)

    return asyncio.run(play())


def after(halo: KeepingHalo, tmp_path: Path, use: Callable[[HaloWriter], Any]) -> Any:
    async def play() -> Any:
        async with writer_to(halo, tmp_path) as writer:
            return await use(writer)

    return asyncio.run(play())

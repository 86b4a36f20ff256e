"""What a credential sees: the set-up, HaloPSA's version, whether costs come, whether records are hidden. For `doctor` and `halo setup`.

What is drawn from it is decided in `commands.findings`. The one thing to know: an agent's restrictions hide rows without an error
(reference, section 1), so a hidden record shows only where another record still points at it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

import httpx

from handoff_pipeline.clock import Clock
from handoff_pipeline.halo.client import HaloClient, connected
from handoff_pipeline.halo.discovery import Reader, paging
from handoff_pipeline.halo.entities import ENTITIES
from handoff_pipeline.halo.envelope import Row, whole_number
from handoff_pipeline.halo.errors import AuthenticationError, HaloError
from handoff_pipeline.halo.sample import PAGE_ROWS, SET_UP, SIGNING_IN, Discovery, Sample
from handoff_pipeline.settings import Settings

SET_UP_REQUESTS: Final = SIGNING_IN + len(SET_UP)
LOOK_REQUESTS: Final = SET_UP_REQUESTS + 3
"""The set-up, the instance, a page of quotations and the opportunities that they belong to."""


@dataclass(frozen=True)
class Hidden:
    """The deals that the newest quotations name, and how many of these the credential's user cannot see."""

    named: int
    unseen: int


@dataclass(frozen=True)
class Look:
    """What `look` saw; `hidden` is None where quotations or tickets may not be read at all."""

    found: Discovery
    hidden: Hidden | None


def set_up(settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> Discovery:
    """The set-up lists alone; `SET_UP_REQUESTS` requests. Raises as `discover` does."""
    return asyncio.run(_set_up(settings, clock, transport))


def look(settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> Look:
    """The set-up, the version and the hidden deals; at most `LOOK_REQUESTS` requests. Raises as `discover` does."""
    return asyncio.run(_look(settings, clock, transport))


async def _set_up(settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None) -> Discovery:
    async with connected(settings, clock, transport) as client:
        reader = Reader(client, Sample(0, 0))
        await reader.set_up()
        return reader.found()


async def _look(settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None) -> Look:
    async with connected(settings, clock, transport) as client:
        reader = Reader(client, Sample(0, 0))
        await reader.set_up()
        await reader.instance()
        return Look(reader.found(), await _hidden(client))


async def _hidden(client: HaloClient) -> Hidden | None:
    """Ask for the deals of the newest quotations, by their ids: what does not come is hidden, or was deleted."""
    try:
        _, quotations = await client.rows(ENTITIES["quotation"], paging(1, PAGE_ROWS))
        named = _ids(quotations.rows, "ticket_id")
        if not named:
            return Hidden(0, 0)
        wanted = {"ticketids": ",".join(map(str, sorted(named))), **paging(1, PAGE_ROWS)}
        _, tickets = await client.rows(ENTITIES["change_request"], wanted)
    except AuthenticationError:
        raise
    except HaloError:
        return None
    return Hidden(len(named), len(named - _ids(tickets.rows, "id")))


def _ids(rows: list[Row], field: str) -> set[int]:
    return {number for row in rows if (number := whole_number(row.get(field))) is not None and number > 0}

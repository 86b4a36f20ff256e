"""One run of the delivery in a process of its own: `python -m tests.faults.deliver_once LEDGER URL`, to be killed at HANDOFF_CRASH_AT."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from handoff_pipeline.channels.deliver import deliver
from handoff_pipeline.channels.halo_gateway import HaloGateway
from handoff_pipeline.channels.halo_writes import HaloForms
from handoff_pipeline.halo import writing
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.warehouse.crash import point
from tests.channels.outbox import NOW, policy, rules, settings
from tests.halo.fake import InstantClock


async def main(ledger_file: str, url: str) -> None:
    """Deliver what is due."""
    clock = InstantClock(NOW)
    with Ledger.open(Path(ledger_file)) as ledger:
        async with writing(settings(halo_url=url), clock) as writer:
            gateways = {"halopsa": HaloGateway(writer, HaloForms.of(policy()))}
            await deliver(ledger, gateways, rules(), clock, "in a process", lambda: False, point)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

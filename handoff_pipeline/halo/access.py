"""What each credential may do, against what it needs: for `handoff doctor --access`.

One small GET per endpoint, nothing is written. Two things to know: it reports, it does not raise, and every finding that is not ok says in
the words of HaloPSA's configuration pages what to do; and rows that are hidden by a user's restrictions look exactly like rows that do not
exist, so the counts here are hints and no proof (H: rows are left out without an error, kbid 1566).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

import httpx

from handoff_pipeline.clock import Clock
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.halo.client import HaloClient, connected
from handoff_pipeline.halo.entities import ENTITIES, LOOKUP_IDS, Entity
from handoff_pipeline.halo.envelope import whole_number
from handoff_pipeline.halo.errors import AuthenticationError, BudgetSpent, HaloError, PermissionMissing, RateLimited
from handoff_pipeline.halo.probe import Finding, clock_finding
from handoff_pipeline.halo.scopes import granted_finding
from handoff_pipeline.halo.transport import Parameters
from handoff_pipeline.halo.writer import writing
from handoff_pipeline.settings import Settings

PERMISSIONS = "HaloPSA, Configuration, Agents, Roles: the role of the user that the API application logs in as"
HINT_ENTITIES = ("opportunity", "project", "client")
"""Lists of which the count is compared with the ids: two requests each."""
MANY = 1_000_000
_ASKED: Mapping[str, Mapping[str, str | int]] = MappingProxyType(
    {
        "action": MappingProxyType({"count": 1}),
        "lookup": MappingProxyType({"lookupid": LOOKUP_IDS[0]}),
        "attachment": MappingProxyType({"ticket_id": 1}),
    }
)
"""Parameters of the one small GET, where a page of one row is not the way to ask."""


def access(settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> list[Finding]:
    """Findings about the reader, named "reader: ...", then about the writer. About 25 requests."""
    return asyncio.run(_access(settings, clock, transport))


async def _access(settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None) -> list[Finding]:
    findings: list[Finding] = []
    try:
        async with connected(settings, clock, transport) as client:
            findings.append(granted_finding("reader", client.granted, settings))
            findings += await _seen(client, settings)
            findings += [await _version(client), clock_finding(client, clock)]
    except HandoffError as error:
        findings.append(_refused("reader: credentials", error))
    return [*findings, await _writer(settings, clock, transport)]


async def _writer(settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None) -> Finding:
    if not settings.halo_writer_client_id and settings.halo_writer_client_secret is None:
        return Finding("writer: scopes", ok=True, message="no writer credential is set, so nothing can be written to HaloPSA")
    try:
        async with writing(settings, clock, transport) as writer:
            return granted_finding("writer", writer.granted, settings)
    except HandoffError as error:
        return _refused("writer: credentials", error)


async def _seen(client: HaloClient, settings: Settings) -> list[Finding]:
    """Which entities answer, what is counted and not shown, and whether cost is to be seen."""
    findings: list[Finding] = []
    counts: dict[str, int] = {}
    asked: set[str] = set()
    for entity in ENTITIES.values():
        if entity.reading == "report" and not settings.reporting:
            continue
        if entity.path not in asked:
            asked.add(entity.path)
            findings.append(await _answers(client, entity, counts))
    for name in HINT_ENTITIES:
        if name in counts:
            findings += await _hidden(client, ENTITIES[name], counts[name])
    return [*findings, await _cost(client)]


async def _answers(client: HaloClient, entity: Entity, counts: dict[str, int]) -> Finding:
    """One small GET (or a SELECT of a constant): does HaloPSA let the reader see this?"""
    name = f"reader: {entity.title}"
    page: Parameters = {"pageinate": "true", "page_no": 1, "page_size": 1}
    try:
        if entity.reading == "report":
            await client.report(entity, "select top 1 1 as one")
        else:
            answer = await client.get(entity, entity.path, {**entity.parameters, **_ASKED.get(entity.name, page)})
            total = answer.document.get("record_count") if isinstance(answer.document, dict) else None
            if whole_number(total) is not None:
                counts[entity.name] = whole_number(total) or 0
    except PermissionMissing as refused:
        lost = f"; without it {entity.effect}" if entity.effect else "; the figures cannot be made without it"
        return Finding(name, ok=False, message=refused.message + lost, fix=refused.fix)
    except (AuthenticationError, RateLimited, BudgetSpent):
        raise
    except HaloError as trouble:
        return Finding(name, ok=False, message=trouble.message, fix=trouble.fix)
    return Finding(name, ok=True, message=f"{entity.path} answers")


async def _hidden(client: HaloClient, entity: Entity, counted: int) -> list[Finding]:
    """Whether HaloPSA counts rows that it does not show."""
    try:
        answer = await client.get(entity, entity.path, {**entity.parameters, "idonly": "true", "count": MANY})
    except PermissionMissing:
        return []
    rows = answer.document
    if isinstance(rows, dict):
        rows = next((value for value in rows.values() if isinstance(value, list)), None)
    # A list no longer than a page may be a cut one: it says nothing.
    if not isinstance(rows, list) or len(rows) == counted or len(rows) in (50, 100):
        return []
    return [
        Finding(
            f"reader: {entity.title} shown",
            ok=False,
            message=f"HaloPSA counts {counted} {entity.title} and shows ids of {len(rows)}: some may be hidden, or the list has changed",
            fix=f"{PERMISSIONS}: take off restrictions to customers, teams and ticket types, then ask again.",
        )
    ]


async def _cost(client: HaloClient) -> Finding:
    """Whether agents' costs come: without them labour has no cost and margins are too high (H: TopLeft)."""
    entity = ENTITIES["agent"]
    try:
        _, rows = await client.rows(entity, entity.parameters)
    except PermissionMissing as refused:
        return Finding("reader: cost", ok=False, message=refused.message, fix=refused.fix)
    seen = sum("costprice" in row for row in rows.rows)
    if seen:
        return Finding("reader: cost", ok=True, message=f"{seen} of {len(rows.rows)} agents show a cost price")
    return Finding(
        "reader: cost",
        ok=False,
        message="no agent shows a cost price, so the cost of labour is not known",
        fix=f"{PERMISSIONS}: allow it to see cost prices; and enter a cost price for each agent.",
    )


async def _version(client: HaloClient) -> Finding:
    """The server's version, where it tells it."""
    try:
        answer = await client.get(ENTITIES["agent"], "/InstanceInfo", {})
    except (AuthenticationError, RateLimited, BudgetSpent):
        raise
    except HaloError:
        return Finding("server version", ok=True, message="HaloPSA does not tell its version (/InstanceInfo)")
    told = answer.document if isinstance(answer.document, dict) else {}
    version = "".join(letter for letter in str(told.get("app_version") or "unknown") if letter.isalnum() or letter in ".-")[:40]
    return Finding("server version", ok=True, message=f"HaloPSA {version}")


def _refused(name: str, error: HandoffError) -> Finding:
    return Finding(name, ok=False, message=error.message, fix=error.fix)

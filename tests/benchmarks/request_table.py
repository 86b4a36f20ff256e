"""The table of docs/halopsa.md: per entity how it is read, its key, and the requests of a full load and of a night, against the floor.

Measuring is `nights`'. The one thing to know: 1,000 and 10,000 opportunities are measured; 100,000 are the measured 10,000 times ten for
what grows with the number of records, and are marked with ≈.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from handoff_pipeline.halo import ENTITIES, Entity
from tests.benchmarks.nights import SHARE, Cost, Nights

PAGE = Path(__file__).resolve().parents[2] / "docs" / "halopsa.md"
BEGINS = "## Entities: strategy, keys, requests\n"
SET_UP = {"ticket_type", "status", "field_info", "lookup", "team", "agent"}
EXPLAINED = """\
Requests, and in brackets the fewest that somebody who knew the answer in advance could have done with. The night follows a day on which \
one record in {share} changed, besides what the simulated world does by itself; every swept list is swept. Measured at {sizes} \
opportunities; the last size is the one before, times ten for whatever grows. HaloPSA lets through 300 requests in five minutes, so 1,000 \
requests take about 17 minutes whatever the client does: `HANDOFF_REQUEST_BUDGET` spreads a first load over several nights. Renewed by \
`make bench`.
"""
STRATEGIES = {
    "bare": "whole list each night",
    "lookups": "four whole lists each night",
    "windows": "windows of worked dates since the cursor and {overlap}, split where they are full",
    "orders": "whole list each night; new and changed orders singly, for their lines",
    "approvals": "whole list each night (or per handoff: `HANDOFF_APPROVALS_MODE`)",
    "details": "singly, where the list shows a change",
    "attachments": "per won opportunity and accepted quotation that changed",
    "report": "SQL, with `HANDOFF_REPORTING=true`: pages by key, counted",
}


def strategy(entity: Entity) -> str:
    """How the entity is read, in words."""
    if entity.reading != "paged":
        return STRATEGIES[entity.reading].format(overlap="14 days")
    if entity.has_cursor:
        return "changes by `lastupdatefromdate`" + ("; a sweep of ids each night" if entity.is_swept else "")
    return "whole list each night (no filter for changes)"


def table(measured: Iterable[Nights]) -> str:
    """The Markdown table; `measured` in ascending size, the last one is scaled up once more."""
    sizes = list(measured)
    names = [f"{round(size.opportunities, -2):,}" for size in sizes] + [f"≈ {round(sizes[-1].opportunities * 10, -3):,}"]
    head = ["entity", "endpoint", "key", "strategy", *(f"full load, {name}" for name in names), *(f"night, {name}" for name in names)]
    lines = [_line(head), _line(["---"] * 4 + ["---:"] * (2 * len(names)))]
    for entity in ENTITIES.values():
        cells = [entity.name, f"`{entity.path}`", " + ".join(entity.key), strategy(entity)]
        lines.append(_line([*cells, *_cells(entity.name, [size.full for size in sizes]), *_cells(entity.name, [s.night for s in sizes])]))
    totals = [_total([size.full for size in sizes]), _total([size.night for size in sizes])]
    lines.append(_line(["**all**", "", "", "", *totals[0], *totals[1]]))
    return "\n".join(lines)


def section(measured: Iterable[Nights]) -> str:
    """The whole section, heading and explanation included."""
    sizes = list(measured)
    return f"{BEGINS}{EXPLAINED.format(share=SHARE, sizes=' and '.join(f'{size.opportunities:,}' for size in sizes))}\n{table(sizes)}\n\n"


def write(measured: Iterable[Nights]) -> None:
    """Put the section in its place in docs/halopsa.md."""
    page = PAGE.read_text("utf-8")
    start = page.index(BEGINS)
    end = page.index("\n## ", start + len(BEGINS)) + 1
    PAGE.write_text(page[:start] + section(measured) + page[end:], "utf-8")


def _cells(name: str, nights: list[Mapping[str, Cost]]) -> list[str]:
    costs = [night.get(name) for night in nights]
    if costs[-1] is None:
        return ["off"] * (len(costs) + 1)
    return [_cost(cost) for cost in costs] + [_cost(_scaled(name, costs[-1]))]


def _scaled(name: str, cost: Cost) -> Cost:
    if name in SET_UP or cost.asked <= 5:
        return cost
    return Cost(cost.asked * 10, cost.minimum * 10 if cost.minimum > 5 else cost.minimum, cost.state)


def _total(nights: list[Mapping[str, Cost]]) -> list[str]:
    sums = [Cost(sum(cost.asked for cost in night.values()), sum(cost.minimum for cost in night.values()), "") for night in nights]
    scaled = [_scaled(name, cost) for name, cost in nights[-1].items()]
    return [_cost(each) for each in [*sums, Cost(sum(each.asked for each in scaled), sum(each.minimum for each in scaled), "")]]


def _cost(cost: Cost | None) -> str:
    return "" if cost is None else f"{cost.asked:,} ({cost.minimum:,})"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"

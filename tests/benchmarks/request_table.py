"""The table of docs/halopsa.md: per entity how it is read, its key, and the requests of a full load and of a night, against the floor.

Measuring is `nights`'. The one thing to know: a size that was not measured is the largest measured one, scaled for what grows with the
number of records, and marked with ≈.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from handoff_pipeline.halo import ENTITIES, Entity
from tests.benchmarks.nights import SHARE, Cost, Nights

PAGE = Path(__file__).resolve().parents[2] / "docs" / "halopsa.md"
BEGINS = "## Entities: strategy, keys, requests\n"
SET_UP = {"ticket_type", "status", "field_info", "lookup", "team", "agent"}
EXPLAINED = """\
Requests, and in brackets the fewest that somebody who knew the answer in advance could have done with. The night follows a day on which \
one record in {share} changed, besides what the simulated world does by itself; every swept list is swept. Measured at {sizes} \
opportunities{scaled}. HaloPSA lets through 300 requests in five minutes, so 1,000 \
requests take about 17 minutes whatever the client does: `HANDOFF_REQUEST_BUDGET` spreads a first load over several nights. Renewed by \
`make bench`.
"""
SCALED = "; ≈ is the largest of them, scaled for whatever grows with the number of records"
SIZES = (1000, 10_000, 100_000)
"""What the table shows, measured or not."""
NEAR = 0.05
"""A simulated year has about as many opportunities as were asked for."""
CONSTANT = 5
"""So few requests are taken not to grow."""
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


@dataclass(frozen=True)
class Column:
    """One size: its heading, and entity -> requests of the full load and of the night after."""

    name: str
    full: Mapping[str, Cost]
    night: Mapping[str, Cost]


def columns(measured: Iterable[Nights]) -> list[Column]:
    """`SIZES` and whatever else was measured, in ascending size. Raises ValueError when nothing was measured."""
    known = {_size(nights.opportunities): nights for nights in measured}
    if not known:
        raise ValueError("no size was measured: give at least one Nights")
    largest = known[max(known)]
    return [
        Column(f"{size:,}", known[size].full, known[size].night) if size in known else _scaled_to(size, largest)
        for size in sorted({*SIZES, *known})
    ]


def table(measured: Iterable[Nights]) -> str:
    """The Markdown table."""
    shown = columns(measured)
    head = [
        "entity",
        "endpoint",
        "key",
        "strategy",
        *(f"full load, {each.name}" for each in shown),
        *(f"night, {each.name}" for each in shown),
    ]
    lines = [_line(head), _line(["---"] * 4 + ["---:"] * (2 * len(shown)))]
    for entity in ENTITIES.values():
        costs = [each.full.get(entity.name) for each in shown] + [each.night.get(entity.name) for each in shown]
        lines.append(_line([entity.name, f"`{entity.path}`", " + ".join(entity.key), strategy(entity), *map(_cost, costs)]))
    totals = [_total(each.full) for each in shown] + [_total(each.night) for each in shown]
    lines.append(_line(["**all**", "", "", "", *map(_cost, totals)]))
    return "\n".join(lines)


def section(measured: Iterable[Nights]) -> str:
    """The whole section, heading and explanation included."""
    sizes = sorted(measured, key=lambda nights: nights.opportunities)
    names = [f"{size.opportunities:,}" for size in sizes]
    told = " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
    is_scaled = any(column.name.startswith("≈") for column in columns(sizes))
    explained = EXPLAINED.format(share=SHARE, sizes=told, scaled=SCALED if is_scaled else "")
    return f"{BEGINS}{explained}\n{table(sizes)}\n\n"


def write(measured: Iterable[Nights]) -> None:
    """Put the section in its place in docs/halopsa.md."""
    page = PAGE.read_text("utf-8")
    start = page.index(BEGINS)
    end = page.index("\n## ", start + len(BEGINS)) + 1
    PAGE.write_text(page[:start] + section(measured) + page[end:], "utf-8")


def _size(opportunities: int) -> int:
    return next((size for size in SIZES if abs(opportunities - size) <= size * NEAR), opportunities)


def _scaled_to(size: int, nights: Nights) -> Column:
    times = size / _size(nights.opportunities)
    full, night = ({name: _scaled(name, cost, times) for name, cost in costs.items()} for costs in (nights.full, nights.night))
    return Column(f"≈ {size:,}", full, night)


def _scaled(name: str, cost: Cost, times: float) -> Cost:
    if name in SET_UP or cost.asked <= CONSTANT:
        return cost
    return Cost(round(cost.asked * times), round(cost.minimum * times) if cost.minimum > CONSTANT else cost.minimum, cost.state)


def _total(costs: Mapping[str, Cost]) -> Cost:
    return Cost(sum(cost.asked for cost in costs.values()), sum(cost.minimum for cost in costs.values()), "")


def _cost(cost: Cost | None) -> str:
    return "off" if cost is None else f"{cost.asked:,} ({cost.minimum:,})"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"

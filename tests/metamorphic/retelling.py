"""The tenant told in another way: nights of rows in, nights of rows out. Nothing is built or compared here.

The one thing to know: a retelling copies what it changes, because the nights that it gets are shared by all tests.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tests.metamorphic.telling import Night, Row

Nights = tuple[Night, ...]
Change = Callable[[str, Any], Any]
"""Name of a field and its value in, value out; asked for everything but arrays and objects."""

MONEY: Final = frozenset(
    {
        "price",
        "baseprice",
        "net_total",
        "total_price",
        "total_net_total",
        "total_costprice",
        "unit_price",
        "net_amount",
        "actionchargeamount",
    }
)
"""What a sale, an order, an invoice or an hour is charged at."""
COST: Final = "costprice"
CHANGE_PRICE: Final = "CFChangePrice"
OWN_COST: Final = frozenset({"agent", "agent_cost"})
"""Entities whose cost is the tenant's own, in base currency whatever a deal is sold in."""
SOLD: Final = frozenset({"quotation", "sales_order", "invoice"})
NO_ID: Final = frozenset({"item_id", "lookupid"})
"""Fields that name what the policy names by number."""
IDS: Final = frozenset({"id", "who_agentid", "unique_id", "faultid"})
UNASSIGNED: Final = 1
DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}.*)?")
EMPTY_UNTIL: Final = 1980


def shuffled(nights: Nights, seed: int) -> Nights:
    """Every list of every night in another order, rows and what is in them alike, and objects with their fields in another order."""
    source = random.Random(seed)  # noqa: S311 - an order, no secret

    def mixed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: mixed(value[key]) for key in source.sample(list(value), len(value))}
        return [mixed(each) for each in source.sample(value, len(value))] if isinstance(value, list) else value

    return tuple(
        Night(night.as_of, {entity: mixed(list(night.rows[entity])) for entity in source.sample(list(night.rows), len(night.rows))})
        for night in nights
    )


def split(nights: Nights, client: int, other: int) -> Nights:
    """Every second deal of a client belongs, from its first night on, to a client that it did not have: with all that hangs on the deal."""
    last = nights[-1].rows
    deals = sorted(row["id"] for row in last["opportunity"] if row["client_id"] == client)
    moved = below(last, set(deals[::2]))

    def told(entity: str, row: Row) -> Row:
        on = row["id"] if entity in {"opportunity", "project", "change_request", "ticket_detail"} else row.get("ticket_id")
        billed = {line["ticket_id"] for line in row.get("lines", ())} if entity == "invoice" else set()
        is_moved = on in moved or billed & moved
        return {**row, "client_id": other, "site_id": other, "client_name": "Part two"} if is_moved and "client_id" in row else row

    changed = _each_row(nights, told)
    return tuple(replace(night, rows={**night.rows, "client": _with_copy(night, "client", client, other)}) for night in changed)


def with_project(nights: Nights, like: int, key: int, first: int) -> Nights:
    """From night number `first` on a project like another one that nobody sold, kicked off or worked on."""
    found = next(row for row in nights[-1].rows["project"] if row["id"] == like)
    born = (nights[first].as_of - timedelta(days=3)).replace(tzinfo=None).isoformat(timespec="seconds")
    never: Row = {"dateclosed": "1900-01-01T00:00:00", "status_id": 2, "parent_id": 0, "createdfrom_id": 0, "timetaken": 0.0}
    project = {**found, **never, "id": key, "dateoccurred": born, "customfields": [], "budgets": [], "milestones": []}
    return tuple(
        replace(night, rows={**night.rows, **{each: [*night.rows[each], project] for each in ("project", "ticket_detail")}})
        if number >= first
        else night
        for number, night in enumerate(nights)
    )


def in_currency(nights: Nights, name: str, *, deals: Iterable[int] | None = None) -> Nights:
    """What deals are sold and billed in, of all or of these, is another currency; the numbers stay."""
    only = None if deals is None else set(deals)

    def told(entity: str, row: Row) -> Row:
        # An invoice names its order, and an order's number is no ticket's: it is told by the deal that it is of.
        return {**row, "currency_code_name": name} if entity in SOLD and (only is None or _deal_of(nights, entity, row) in only) else row

    return _each_row(nights, told)


def dearer(nights: Nights, factor: int, *, own: int | None = None) -> Nights:
    """All prices times `factor`, and what an hour of the tenant's own people costs times `own`, `factor` unless told otherwise."""

    def told(entity: str, row: Row) -> Row:
        times = own if own is not None and entity in OWN_COST else factor

        def change(name: str, value: Any) -> Any:
            return _times(value, times) if name in MONEY or name == COST else value

        def fields(whole: Row) -> Row:
            if "customfields" not in whole:
                return whole
            priced = [
                {**field, "value": str(Decimal(field["value"]) * times)} if field["name"] == CHANGE_PRICE and field.get("value") else field
                for field in whole["customfields"]
            ]
            return {**whole, "customfields": priced}

        return fields(_walked(row, change))

    return _each_row(nights, told)


def renumbered(nights: Nights, by: int) -> Nights:
    """Every id of HaloPSA's is greater by `by`; agent 1 and client 1 stay HaloPSA's own, and 0 stays none."""

    def change(name: str, value: Any) -> Any:
        is_id = (name in IDS or name.endswith("_id")) and name not in NO_ID
        return value + by if is_id and isinstance(value, int | float) and value > UNASSIGNED else value

    return _each_row(nights, lambda _, row: _walked(row, change))


def later(nights: Nights, days: int) -> Nights:
    """The whole world so many days later, the nights with it."""
    by = timedelta(days=days)

    def change(_: str, value: Any) -> Any:
        found = DAY.fullmatch(value) if isinstance(value, str) else None
        if found is None or int(value[:4]) <= EMPTY_UNTIL:
            return value
        return (datetime.fromisoformat(found[1]) + by).date().isoformat() + (found[2] or "")

    moved = _each_row(nights, lambda _, row: _walked(row, change))
    return tuple(replace(night, as_of=night.as_of + by) for night in moved)


def without(nights: Nights, deals: Iterable[int]) -> Nights:
    """As if some deals had never been: nothing that hangs on them is there either."""
    gone = below(nights[-1].rows, set(deals))

    def is_gone(entity: str, row: Row) -> bool:
        if entity in {"opportunity", "project", "change_request", "ticket_detail"}:
            return row["id"] in gone
        return row.get("ticket_id") in gone or (entity == "invoice" and bool({line["ticket_id"] for line in row["lines"]} & gone))

    return tuple(
        replace(night, rows={entity: [row for row in rows if not is_gone(entity, row)] for entity, rows in night.rows.items()})
        for night in nights
    )


def _each_row(nights: Nights, told: Callable[[str, Row], Row]) -> Nights:
    def rows(night: Night) -> dict[str, list[Row]]:
        return {entity: [told(entity, row) for row in rows] for entity, rows in night.rows.items()}

    return tuple(replace(night, rows=rows(night)) for night in nights)


def _walked(value: Any, change: Change, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _walked(each, change, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_walked(each, change, name) for each in value]
    return value if isinstance(value, bool) else change(name, value)


def _times(value: float | None, factor: int) -> float | None:
    return None if value is None else float(Decimal(str(value)) * factor)


def below(rows: Any, deals: set[int]) -> set[int]:
    """The deals and every ticket that hangs on them, by parent, origin, relation or order line, at any depth."""
    reached = set(deals)
    for order in rows["sales_order"]:
        reached |= {line["project_id"] for line in order["lines"] if order["ticket_id"] in deals and line["project_id"]}
    hanging = [*rows["project"], *rows["change_request"], *rows["ticket_detail"]]
    while True:
        more = {
            row["id"]
            for row in hanging
            if reached & {row["parent_id"], row["createdfrom_id"], *(each["id"] for each in row["related_tickets"])}
        } - reached
        if not more:
            return reached
        reached |= more


def _with_copy(night: Night, entity: str, key: int, other: int) -> Sequence[Row]:
    rows = night.rows[entity]
    return [*rows, *({**row, "id": other, "name": "Part two"} for row in rows if row["id"] == key)]


def _deal_of(nights: Nights, entity: str, row: Row) -> int:
    if entity != "invoice":
        return int(row["ticket_id"])
    orders = {order["id"]: order["ticket_id"] for order in nights[-1].rows["sales_order"]}
    if row["salesorder_id"] in orders:
        return int(orders[row["salesorder_id"]])
    parents = {each["id"]: each["parent_id"] for kind in ("project", "change_request") for each in nights[-1].rows[kind]}
    ticket = next((line["ticket_id"] for line in row["lines"] if line["ticket_id"]), 0)
    while parents.get(ticket):
        ticket = parents[ticket]
    return int(ticket)

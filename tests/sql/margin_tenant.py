"""A deal of 50,000 sold at 30,000 (300 hours at 80 and third party of 6,000) with its project, and what may happen to it.

The one thing to know: the row that a test asks for is that of Sunday 16 August 2026, two days after the project's close.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

from tests.sql.tenant import APPROVED, FIRST_NIGHT, OPEN, Tenant, at, later

MARGIN = "marts.fact_project_margin"
CLOSING = date(2026, 8, 16)
BRIDGE = (
    "bridge_hours",
    "bridge_rate",
    "bridge_third_party",
    "bridge_discount",
    "bridge_unapproved_change",
    "bridge_approved_change",
    "bridge_unexplained",
)
SECTION = re.compile(r"(?m)^billing:\n(?: +.*\n)+")
CHANGE_FIELDS = {"decided": "CFChangeDecided", "price": "CFChangePrice", "hours": "CFChangeHours"}


def billed(checkout: Path, *lines: str) -> Tenant:
    """A tenant under the example policy with these lines as its section `billing`."""
    text = (checkout / "handoff.yaml").read_text(encoding="utf-8")
    section = "".join(f"  {line}\n" for line in lines)
    return Tenant.opened(SECTION.sub(lambda _: f"billing:\n{section}", text, count=1))


def sold(tenant: Tenant, *, rate: float = 80, is_open: bool = False) -> Tenant:
    """The deal sold on 7 July, its project created on the 8th; on the next night an hour of delivery costs `rate`."""
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.sale()
    tenant.put("agent", id=30, name="Dee Livery", team="Projects", costprice=rate)
    tenant.night(later(40))
    state: dict[str, Any] = {"status_id": OPEN, "dateclosed": None} if is_open else {}
    tenant.project(**state)
    return tenant


def order(tenant: Tenant, third_party: float, key: int = 301, deal: int = 1, **fields: Any) -> None:
    """A sales order of the deal with the third party at this cost."""
    line = {"id": 1, "item_id": 200, "quantity": 1, "price": 8_000, "costprice": third_party, **fields.pop("line", {})}
    tenant.put("sales_order", id=key, ticket_id=deal, quotation_id=500 + deal, currency_code_name="GBP", lines=[line], **fields)


def change(tenant: Tenant, key: int = 4, project: int = 2, *, decided: str | None = at(8, 5), **fields: Any) -> None:
    """A change request on the project; approved on 5 August unless told otherwise. `price` and `hours` are its fields."""
    values = {"decided": decided, **fields}
    custom = [{"id": 130 + i, "name": CHANGE_FIELDS[name], "value": str(value)} for i, (name, value) in enumerate(values.items()) if value]
    tenant.change(key, parent_id=project, status_id=APPROVED if decided else OPEN, customfields=custom)


def bill(tenant: Tenant, ticket: int | None, net: float, key: int = 901, on: str = at(8, 12), **fields: Any) -> None:
    """A posted invoice of one line."""
    line = {"id": key, "ticket_id": ticket, "qty_order": 1, "unit_price": net, "net_amount": net, **fields.pop("line", {})}
    tenant.put("invoice", **{"id": key, "posted": True, "dateposted": on, "currency_code_name": "GBP", "lines": [line], **fields})


def row(tenant: Tenant, day: date = CLOSING, project: int = 2) -> dict[str, Any]:
    """The project's row as of a Sunday."""
    return tenant.built(MARGIN).row(MARGIN, f"as_of_date = '{day}' and project_key = {tenant.key('project', project)}")


def bridge(found: dict[str, Any]) -> dict[str, Any]:
    """The terms of the bridge that are not 0, without their prefix."""
    return {name.removeprefix("bridge_"): found[name] for name in BRIDGE if found[name]}

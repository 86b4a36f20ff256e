"""Endpoints of how the tenant is set up: types, statuses, teams, custom fields, lookups, templates, priorities, the instance.

Any token reads them (a guess). The one thing to know: these lists do not page; they repeat themselves for every page asked.
"""

from __future__ import annotations

from typing import Final

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator import listing
from handoff_pipeline.simulator.answering import Endpoint, Params, Payload, bare, single, whole, without
from handoff_pipeline.simulator.dressing import dress, is_true
from handoff_pipeline.simulator.indexed import Indexed
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.setup_rows import BUDGET_TYPES, OUTCOMES, PRIORITIES, TEMPLATE_ALONE, TEMPLATES
from handoff_pipeline.simulator.store import Snapshot


def _fields(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    # typeid 1 is tickets; this tenant has no custom fields on anything else.
    return bare(snapshot.fields, quirks) if params.get("typeid", "1") == "1" else []


def _lookups(_snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    number = params.get("lookupid", "")
    return bare(cfg.LOOKUPS.get(int(number), ()), quirks) if number.isdigit() else []


def _templates(_snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    rows = listing.matching(TEMPLATES, params, {"ticket_type_id": ("tickettype_id", False)})
    return bare([without(row, *TEMPLATE_ALONE) for row in rows], quirks)


def _outcomes(_snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    return bare([row for row in OUTCOMES if not row["hidden"] or is_true(params, "showhidden")], quirks)


def _priorities(_snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    return bare(listing.matching(PRIORITIES, params, {"slaid": ("slaid", False)}), quirks)


def _instance(snapshot: Snapshot, _params: Params, quirks: Quirks) -> Payload:
    return dress(snapshot.instance, quirks)


ENDPOINTS: Final = (
    whole("/TicketType", lambda snapshot: snapshot.ticket_types),
    whole("/Status", lambda snapshot: snapshot.statuses),
    whole("/Team", lambda snapshot: snapshot.teams),
    whole("/BudgetType", lambda _snapshot: Indexed(BUDGET_TYPES)),
    Endpoint("/FieldInfo", None, _fields, single(lambda snapshot: snapshot.fields)),
    Endpoint("/Lookup", None, _lookups),
    Endpoint("/Template", None, _templates, single(lambda _snapshot: Indexed(TEMPLATES))),
    Endpoint("/Outcome", None, _outcomes, single(lambda _snapshot: Indexed(OUTCOMES))),
    Endpoint("/Priority", None, _priorities),
    Endpoint("/InstanceInfo", None, _instance),
)

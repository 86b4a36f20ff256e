"""The endpoints that are no lists of a snapshot: SQL through /Report, and what sets webhooks up.

Tokens, limits and faults are the server's business; what a query gives is in `report_sql`, what is sent in `webhooks`. The
one thing to know: a desk keeps what was posted to it for as long as its tenant lives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from starlette.responses import Response

from handoff_pipeline.simulator.calls import Call, Deed
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.dressing import is_true
from handoff_pipeline.simulator.index import UNASSIGNED_AGENT
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.refusals import invalid
from handoff_pipeline.simulator.report_sql import STORED, Asker, ReportDesk
from handoff_pipeline.simulator.spoiling import answer
from handoff_pipeline.simulator.store import Snapshot
from handoff_pipeline.simulator.webhooks import WebhookDesk

# H: SQL needs a reporting scope, webhooks `admin:webhooks` or `all` (sections 2.5 and 6). The names without a verb are what
# `Quirks.denied_scopes` denies.
SQL_SCOPES: Final = frozenset({"read:reporting", "edit:reporting", "reporting"})
WEBHOOK_SCOPES: Final = frozenset({"admin:webhooks", "webhooks"})


@dataclass
class Desks:
    """A tenant's desks. `reports` runs SQL, `webhooks` holds what was set up and sends it."""

    snapshot: Callable[[], Snapshot]
    reports: ReportDesk = field(default_factory=ReportDesk)
    webhooks: WebhookDesk = field(default_factory=WebhookDesk)

    def deeds(self) -> dict[tuple[str, str], Deed]:
        """Give what answers, by method and path in small letters."""
        readers = [Deed(path, WEBHOOK_SCOPES, partial(self._told, path.lower())) for path in ("/Webhook", "/Notification", "/WebhookEvent")]
        makers = [Deed(path, WEBHOOK_SCOPES, partial(self._set_up, path.lower())) for path in ("/Webhook", "/Notification")]
        by_method = {
            "GET": [Deed("/Report", SQL_SCOPES, self._report), *readers],
            "POST": [Deed("/Report", SQL_SCOPES, self._run), *makers],
            "DELETE": [Deed("/Webhook", WEBHOOK_SCOPES, self._remove)],
        }
        return {(method, deed.path.lower()): deed for method, deeds in by_method.items() for deed in deeds}

    def _report(self, call: Call) -> Response:
        if not call.tail:
            rows = [{name: value for name, value in row.items() if name != "sql"} for row in STORED.values()]
            return answer({"record_count": len(rows), "reports": rows}, call.kind)
        number = int(call.tail) if call.tail.isdigit() else 0
        snapshot = self.snapshot()
        found = self.reports.read(snapshot, number, _asker(snapshot, call.quirks), is_loaded=is_true(call.params, "loadreport"))
        return Response(status_code=404) if found is None else answer(found, call.kind)

    def _run(self, call: Call) -> Response:
        documents, snapshot = _documents(call), self.snapshot()
        if documents is None:
            return invalid("The body must be an array of objects.", call.quirks)
        return answer(self.reports.post(snapshot, documents, _asker(snapshot, call.quirks)), call.kind, 201)

    def _told(self, path: str, call: Call) -> Response:
        return Response(status_code=404) if call.tail else answer(self.webhooks.rows(path), call.kind)

    def _set_up(self, path: str, call: Call) -> Response:
        documents = _documents(call)
        if documents is None:
            return invalid("The body must be an array of objects.", call.quirks)
        try:
            return answer(self.webhooks.post(path, documents), call.kind, 201)
        except ValueError as refused:
            return invalid(str(refused), call.quirks)

    def _remove(self, call: Call) -> Response:
        return Response(status_code=200 if self.webhooks.delete(call.tail) else 404)


def _asker(snapshot: Snapshot, quirks: Quirks) -> Asker:
    # The application logs in as an agent; which one is of no matter here, so it is the first that is a person.
    agent = min((row["id"] for row in snapshot.agents if row["id"] != UNASSIGNED_AGENT), default=UNASSIGNED_AGENT)
    return Asker(agent, snapshot.now, quirks)


def _documents(call: Call) -> list[Row] | None:
    """Give the posted objects; a bare object is taken as an array of one (H: section 2.1, a few endpoints do)."""
    read = call.parsed()
    rows = read if isinstance(read, list) else [read]
    return rows if rows and not call.tail and all(isinstance(row, dict) for row in rows) else None

"""The strategy for details: projects and change requests whose row in tonight's lists is new or has changed are read one by one.

Lists lack what the single answer has: budgets, milestones, `createdfrom_id`, `related_tickets` (reference 2.3). Tasks have no details of
interest, and a change request that hangs on a project by its parent needs no other link, so neither costs a request. The one thing to know:
subjects come from tonight's lists alone, so a list is read from its dependants' last complete pull where that is older (`tickets`).
"""

from __future__ import annotations

from collections.abc import Iterator

from handoff_pipeline.halo.configuration import Reports, configured, listed, named_ids, rows_in
from handoff_pipeline.halo.envelope import Row, changed_text, whole_number
from handoff_pipeline.halo.errors import ProtocolError
from handoff_pipeline.halo.singly import read_singly
from handoff_pipeline.halo.source import Outcome, Source

NO_TEXT = "?"
"""What is remembered of a record whose row tells no last change; it is read whenever a list shows it."""


async def read_details(source: Source, reports: Reports) -> Outcome:
    """Writes one file per project or change request that has changed, named by its id. Raises as `read_singly` does."""
    known = source.plan.asked.get(source.entity.name, {})
    wanted, notes = _wanted(source, reports)
    changed = {subject: text for subject, text in wanted.items() if text == NO_TEXT or known.get(subject) != text}

    async def read(subject: str) -> None:
        path = source.entity.path
        page = await source.client.get(source.entity, f"{path}/{subject}", {"includedetails": "true"}, f"{path}/{{id}}")
        if not isinstance(page.document, dict) or whole_number(page.document.get("id")) != int(subject):
            raise ProtocolError(f"{path}/{{id}} with id {subject} did not answer with that record.", "Run again; report it if it stays.")
        source.inbox.write(f"{int(subject):08d}", page.body, "object")

    found = await read_singly(source, changed, read)
    notes += [f"{len(wanted)} records listed, {len(changed)} of them new or changed"]
    notes += [f"{found.gone} of them are gone"] * bool(found.gone)
    return Outcome(
        rows_seen=len(source.inbox.files),
        rows_expected=len(changed) - found.gone,
        is_full=False,
        detail="; ".join(notes),
        asked=found.asked,
        requests_minimum=len(changed),
        unfinished=found.unfinished,
    )


def _wanted(source: Source, reports: Reports) -> tuple[dict[str, str], list[str]]:
    """Every subject of tonight's lists -> text of its last change; and what a person should know."""
    wanted: dict[str, str] = {}
    notes: list[str] = []
    types, missing = named_ids(configured(reports, "ticket_type"), source.plan.project_type_names)
    notes += [f"no ticket type named {listed(missing)}"] * bool(missing)
    projects = set(types) if source.plan.project_type_names else set()
    parents = set(source.plan.project_ids)
    for row in _rows(reports, "project", notes):
        parents.add(whole_number(row.get("id")) or 0)
        if whole_number(row.get("tickettype_id")) in projects:
            _note(row, wanted)
    for row in _rows(reports, "change_request", notes):
        if whole_number(row.get("parent_id")) not in parents:
            _note(row, wanted)
    return wanted, notes


def _note(row: Row, wanted: dict[str, str]) -> None:
    number = whole_number(row.get("id"))
    if number is not None:
        wanted[str(number)] = changed_text(row) or NO_TEXT


def _rows(reports: Reports, entity: str, notes: list[str]) -> Iterator[Row]:
    """Tonight's rows of a list. One that is not complete keeps its cursor, so its rows come again in the next run."""
    report = reports.get(entity)
    if report is None:  # not asked for
        return iter(())
    if report.state != "complete":
        notes.append(f"{entity} is {report.state}: its records come with the next run")
    return rows_in(report.files)

"""The strategy for attachments: the documents of won opportunities, and the signed copies of accepted quotations, that have changed.

Only what the list tells of a document is wanted; the document itself stays in HaloPSA. The one thing to know: `/Attachment` has no list of
the tenant, only one per record (H: types 0 ticket, 66 signed quotation, conduit), so it costs a request per record that was touched since
it was asked for, and historic deals (`plan.documents_since`) are left out. A document that is taken away is not noticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from handoff_pipeline.halo.bare import take_bare
from handoff_pipeline.halo.configuration import Reports, configured, listed, named_ids, rows_in
from handoff_pipeline.halo.details import NO_TEXT
from handoff_pipeline.halo.envelope import Row, changed_text, moment_of, whole_number
from handoff_pipeline.halo.errors import NotOffered
from handoff_pipeline.halo.singly import read_singly
from handoff_pipeline.halo.source import Outcome, Source

OPPORTUNITY, QUOTATION = "opportunity", "quotation"
SIGNED_QUOTATION = 66
DECIDED_IN: Mapping[str, tuple[str, ...]] = {OPPORTUNITY: ("oppconverteddate", "dateclosed"), QUOTATION: ("approvaldatetime",)}
EMPTY_UNTIL = 1980
ONE_DAY = timedelta(days=1)
"""Days are the tenant's and moments are UTC: a day's grace loses no document."""


async def read_attachments(source: Source, reports: Reports) -> Outcome:
    """Writes one file per record that has documents, named by the record. Raises as `read_singly` does."""
    known = source.plan.asked.get(source.entity.name, {})
    wanted, notes = _wanted(source, reports)
    changed = {subject: text for subject, text in wanted.items() if text == NO_TEXT or known.get(subject) != text}
    tally = source.tally()

    async def read(subject: str) -> None:
        await take_bare(source, parameters_of(subject), tally, f"{subject.replace(':', '-')}-")

    found = await read_singly(source, changed, read)
    if changed and found.gone == len(changed):
        raise NotOffered(
            f"{source.entity.path} answered 404 for every one of {len(changed)} records.",
            "Nothing to do in HaloPSA but to update it; nothing is remembered, so all of them are asked for again.",
        )
    notes += [f"{found.gone} of them are gone"] * bool(found.gone)
    return Outcome(
        rows_seen=tally.rows_seen,
        rows_expected=None,
        is_full=False,
        detail="; ".join([*notes, f"{len(wanted)} won deals and accepted quotations listed, {len(changed)} of them new or changed"]),
        asked=found.asked,
        requests_minimum=len(changed),
        unfinished=found.unfinished,
    )


def parameters_of(subject: str) -> Mapping[str, str | int]:
    """What is asked for a subject, "opportunity:<id>" or "quotation:<id>"."""
    kind, _, number = subject.partition(":")
    return {"ticket_id": number} if kind == OPPORTUNITY else {"type": SIGNED_QUOTATION, "unique_id": number}


def _wanted(source: Source, reports: Reports) -> tuple[dict[str, str], list[str]]:
    """Every subject of tonight's lists -> text of its last change; and what a person should know."""
    wanted: dict[str, str] = {}
    notes: list[str] = []
    won, missing = named_ids(configured(reports, "status"), source.plan.won_status_names)
    notes += [f"no status named {listed(missing)}"] * bool(missing)
    statuses = {OPPORTUNITY: ("status_id", set(won) if source.plan.won_status_names else set())}
    statuses[QUOTATION] = ("status", set(source.plan.accepted_quotation_statuses))
    since = source.plan.documents_since
    for entity, (field, numbers) in statuses.items():
        report = reports.get(entity)
        if report is None:  # not asked for
            continue
        if report.state != "complete":
            notes.append(f"{entity} is {report.state}: its records come with the next run")
        for row in rows_in(report.files):
            number = whole_number(row.get("id"))
            if (
                number is not None
                and whole_number(row.get(field)) in numbers
                and not (since and _is_before(row, DECIDED_IN[entity], since))
            ):
                wanted[f"{entity}:{number}"] = changed_text(row) or NO_TEXT
    return wanted, notes


def _is_before(row: Row, fields: Iterable[str], since: date) -> bool:
    """Whether the first of the dates that the row tells lies before the day; a row that tells none does not."""
    told = (moment_of(row[name]) for name in fields if isinstance(row.get(name), str))
    # An empty date comes as a year up to 1980 (H: reference section 5).
    decided = next((moment for moment in told if moment is not None and moment.year > EMPTY_UNTIL), None)
    return decided is not None and decided.date() < since - ONE_DAY

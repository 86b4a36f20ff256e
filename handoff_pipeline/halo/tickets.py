"""What a paged list is asked for: changes since the cursor, custom fields by id, change requests by ticket type; then its sweep of ids.

How pages are read is `paging`'s, how ids are swept is `sweep`'s, how a reading goes on in the next run is `resume`'s. The one thing to
know: a ticket list carries no custom fields unless their ids are named (H: TopLeft), so without the tenant's field definitions ticket lists
are not read at all; their fields would look emptied.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from handoff_pipeline.halo.book import SINCE, Book
from handoff_pipeline.halo.configuration import Reports, configured, csv, listed, named_ids
from handoff_pipeline.halo.errors import IncompletePull
from handoff_pipeline.halo.paging import outcome_of, read_list
from handoff_pipeline.halo.resume import read_resumable
from handoff_pipeline.halo.source import Outcome, Source, fewest_pages
from handoff_pipeline.halo.sweep import Sweeper

CHANGE_REQUEST = "change_request"
DEPENDANTS = MappingProxyType({"project": "ticket_detail", "change_request": "ticket_detail", "opportunity": "attachment"})
"""Which reading takes its subjects from tonight's rows of a list."""


async def read_listed(source: Source, server_time: datetime, reports: Reports) -> Outcome:
    """Reads a paged entity: whole without a cursor, else what changed since then and the overlap before, and sweeps its ids where asked.

    Raises:
        IncompletePull: the configuration that it depends on is not there, or the list or its sweep does not balance.
    """
    entity, plan = source.entity, source.plan
    parameters: dict[str, str | int] = dict(entity.parameters)
    notes: list[str] = []
    if entity.name == CHANGE_REQUEST:
        if not plan.change_type_names:
            return Outcome(0, 0, is_full=False, detail="the policy names no ticket type for change requests", requests_minimum=0)
        types, missing = named_ids(configured(reports, "ticket_type"), plan.change_type_names)
        if not types:
            raise IncompletePull(
                f"no ticket type of the tenant is named {listed(missing)}.", "Correct ticket_types.change_request in handoff.yaml."
            )
        parameters["requesttype"] = csv(types)
        notes += [f"no ticket type named {listed(missing)}"] * bool(missing)
    if entity.is_ticket:
        fields, missing = named_ids(configured(reports, "field_info"), plan.custom_field_names)
        if fields:
            parameters["include_custom_fields"] = csv(fields)
        notes += [f"no custom field named {listed(missing)}"] * bool(missing)
    since = _since(source, server_time)
    outcome = await (_read_whole(source, parameters) if since is None else _read_changes(source, parameters, since))
    return replace(outcome, detail="; ".join([*notes, *filter(None, [outcome.detail])]) or None)


def _since(source: Source, server_time: datetime) -> datetime | None:
    """From when on changes are asked for; None for everything.

    A reading that takes its subjects from this list and has fallen behind (it was partly read, then the request budget was spent) needs the
    rows since its own last complete pull once more.
    """
    entity, plan = source.entity, source.plan
    cursor = plan.cursors.get(entity.name) if entity.has_cursor else None
    dependant = DEPENDANTS.get(entity.name)
    if cursor is not None and dependant is not None and plan.asked.get(dependant):
        behind = plan.cursors.get(dependant)
        cursor = None if behind is None else min(cursor, behind)
    return None if cursor is None else min(cursor, server_time) - timedelta(minutes=source.settings.overlap_minutes)


async def _read_whole(source: Source, parameters: dict[str, str | int]) -> Outcome:
    """The whole list. For an entity that is swept it is a sweep as well."""
    if not source.entity.is_swept:
        return outcome_of(await read_list(source, parameters, source.keep, source.inbox.discard), is_full=True)
    book, is_resumed = await read_resumable(source, parameters)
    if is_resumed:
        # Every record that the sweep shows has been read in these runs: a whole reading, so that the next one may be of changes alone.
        return replace(await _swept(source, parameters, book, known=frozenset()), is_full=not book.without_key)
    sweeper = Sweeper(source, parameters, book)
    if book.moved and len(book.done) > 1:
        # The counts and the first page have shown that nothing shifted (`book`); where ids come alone they show it for every row.
        await sweeper.find_missed(parameters)
    outcome = outcome_of(book, is_full=True)
    if not outcome.is_full:
        return outcome
    gone = source.plan.known_ids.get(source.entity.name, frozenset()) - frozenset(book.ids)
    proven, note = await sweeper.listed_deleted(gone, min(book.ids, default=None))
    return replace(outcome, listed_deleted=proven, detail="; ".join(filter(None, [outcome.detail, note])) or None)


async def _read_changes(source: Source, parameters: dict[str, str | int], since: datetime) -> Outcome:
    """What changed since then; where the entity is swept tonight, every id as well."""
    # Typed bool in the specification, takes a moment (H: TopLeft, in this very format).
    filtered = {**parameters, SINCE: f"{since:%Y-%m-%dT%H:%M:%S.%fZ}"}
    book = await read_list(source, filtered, source.keep, source.inbox.discard)
    if book.moved and len(book.done) > 1 and not await Sweeper(source, parameters, book).find_missed(filtered):
        whole = outcome_of(await read_list(source, parameters, source.keep, source.inbox.discard), is_full=True)
        return replace(whole, detail="; ".join(filter(None, [whole.detail, "rows moved while changes were read: read whole"])))
    if source.entity.is_swept and source.entity.name in source.plan.sweep:
        return await _swept(source, parameters, book, source.plan.known_ids.get(source.entity.name, frozenset()))
    return outcome_of(book, is_full=False)


async def _swept(source: Source, parameters: dict[str, str | int], book: Book, known: frozenset[int]) -> Outcome:
    """The reading with its sweep; or the whole list, where HaloPSA does not give its ids by themselves."""
    sweeper = Sweeper(source, parameters, book)
    present = await sweeper.sweep(known)
    if present is None:
        whole = outcome_of(await read_list(source, parameters, source.keep, source.inbox.discard), is_full=True)
        return replace(whole, detail="; ".join(filter(None, [whole.detail, "ids are not given alone: swept by reading the whole list"])))
    proven, note = await sweeper.listed_deleted(
        source.plan.known_ids.get(source.entity.name, frozenset()) - present, min(present, default=None)
    )
    outcome = outcome_of(book, is_full=False)
    return replace(
        outcome,
        # Rows read by their ids are in the files too, so they are among the rows that the landing must find.
        rows_expected=None if sweeper.reread else outcome.rows_expected,
        detail="; ".join(filter(None, [outcome.detail, sweeper.note, note])) or None,
        present=sweeper.write(present),
        listed_deleted=proven,
        requests_minimum=fewest_pages(book.rows_seen - sweeper.reread) + 1 + (fewest_pages(sweeper.reread) if sweeper.reread else 0),
    )

"""Goes on with a first load whose run had spent its budget of requests: the pages read are kept with a note, the next run reads the rest.

How a page is read is `book`'s. The one thing to know: between the two runs rows have changed, shifted and gone, so a resumed list does not
balance by counting. It is whole when (1) every page has been read, (2) what changed since the first run began has been read, and (3) a
sweep of ids finds no record that was not read. Only lists with `lastupdatefromdate` and ids can do that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from handoff_pipeline.halo.book import SINCE, Book
from handoff_pipeline.halo.configuration import rows_in
from handoff_pipeline.halo.errors import BudgetSpent
from handoff_pipeline.halo.inbox import RESUME
from handoff_pipeline.halo.paging import read_list
from handoff_pipeline.halo.source import Source
from handoff_pipeline.halo.sweep import Sweeper

OLDEST = timedelta(days=7)
"""After that the list is read anew: too much has shifted."""


@dataclass(frozen=True)
class Note:
    """How far a reading came. `pages` is page number -> shape; `parameters` must be the same again."""

    tenant: str
    started: datetime
    parameters: dict[str, str | int]
    size: int
    pages: dict[int, str]

    def to_bytes(self) -> bytes:
        """As JSON."""
        return orjson.dumps(
            {
                "tenant": self.tenant,
                "started": self.started.isoformat(),
                "parameters": self.parameters,
                "size": self.size,
                "pages": {str(number): shape for number, shape in sorted(self.pages.items())},
            }
        )

    @staticmethod
    def from_bytes(text: bytes) -> Note | None:
        """The note; None where it cannot be read, for instance because another version wrote it."""
        try:
            found = orjson.loads(text)
            pages = {int(number): str(shape) for number, shape in found["pages"].items()}
            started = datetime.fromisoformat(found["started"]).astimezone(UTC)
            return Note(str(found["tenant"]), started, dict(found["parameters"]), int(found["size"]), pages)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None


async def read_resumable(source: Source, parameters: dict[str, str | int]) -> tuple[Book, bool]:
    """The whole list; whether a part of it is an earlier run's, so that a sweep has to follow.

    Raises:
        BudgetSpent: the rest is for the next run; what was read is in the inbox with a note. Otherwise as `read_list`.
    """
    note = _note(source, parameters)
    kept = None if note is None else _kept(source, parameters, note)
    books: list[Book] = []
    started = source.client.server_time() if note is None or kept is None else note.started
    try:
        if kept is not None:
            books.append(kept)
            return await _go_on(source, parameters, started, books), True
        return await read_list(source, parameters, source.keep, source.inbox.discard, books=books), False
    except BudgetSpent:
        _leave(source, parameters, started, books[-1])
        raise


def _leave(source: Source, parameters: dict[str, str | int], started: datetime, book: Book) -> None:
    """Leaves a note of the pages that were read."""
    if book.done and book.size:
        note = Note(source.settings.tenant_name, started, parameters, book.size, book.done)
        source.inbox.write_aside(RESUME, note.to_bytes())


def _note(source: Source, parameters: dict[str, str | int]) -> Note | None:
    """The note of an earlier run, if this run asks the same of the same tenant; otherwise its files are dropped."""
    text = source.inbox.read_aside(RESUME)
    note = None if text is None else Note.from_bytes(text)
    if (
        note is not None
        and (note.tenant, note.parameters) == (source.settings.tenant_name, parameters)
        and timedelta(0) <= source.client.server_time() - note.started <= OLDEST
        and source.inbox.keep_only({f"{number:05d}.json": shape for number, shape in note.pages.items()})
    ):
        return note
    source.inbox.discard()
    return None


def _kept(source: Source, parameters: dict[str, str | int], note: Note) -> Book | None:
    """The pages of the earlier run, counted; None, and they are dropped, where one of them is torn: a power cut may do that."""
    book = Book(source.entity.key, source=source, on_page=source.keep, parameters=dict(parameters), size=note.size)
    book.done = dict(note.pages)
    try:
        for file in source.inbox.files:
            book.take(list(rows_in([file])))
    except (ValueError, KeyError, TypeError, AttributeError):
        source.inbox.discard()
        return None
    return book


async def _go_on(source: Source, parameters: dict[str, str | int], started: datetime, books: list[Book]) -> Book:
    """The pages that lack, then what changed since the first run began; or the whole list, where those moved and ids do not come alone."""
    book = books[-1]
    await book.read_lacking()
    # What follows may use up this run's budget too; the pages are not read a third time then.
    _leave(source, parameters, started, book)
    since = started - timedelta(minutes=source.settings.overlap_minutes)
    filtered = {**parameters, SINCE: f"{since:%Y-%m-%dT%H:%M:%S.%fZ}"}
    changed = await read_list(source, filtered, source.keep, lambda: source.inbox.drop_named("changed-"), prefix="changed-")
    # A row that slid past would not be missed by the sweep, since an earlier run has read it as it was then.
    if changed.moved and len(changed.done) > 1 and not await Sweeper(source, parameters, changed).find_missed(filtered):
        return await read_list(source, parameters, source.keep, source.inbox.discard, books=books)
    book.keys.update(changed.keys)
    book.without_key += changed.without_key
    return book

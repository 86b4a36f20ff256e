"""What an endpoint is, and the shapes in which every endpoint answers: envelopes, bare arrays, single records.

No resource is named here; each room of resources has its own module of endpoints. Envelope keys are those of section 2.2
of the reference. The one thing to know: `None` from a reader means that there is no such record, bytes are a file's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from handoff_pipeline.simulator import listing
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.dressing import dress
from handoff_pipeline.simulator.indexed import Indexed
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.store import Snapshot

Params = Mapping[str, str]
Payload = dict[str, Any] | list[Row]
Pick = Callable[[Snapshot], Indexed]
Lister = Callable[[Snapshot, Params, Quirks], Payload]
# What cuts a page out of a list and says nothing about the list.
UNASKED = listing.PAGING | {"count"}
Reader = Callable[[Snapshot, Params, Quirks, int], Row | bytes | None]


@dataclass(frozen=True)
class Endpoint:
    """One path: its spelling, the resource that a scope must cover (None: any token), its list and its single record."""

    path: str
    resource: str | None
    lists: Lister
    reads: Reader | None = None


def envelope(key: str, page: listing.Page, quirks: Quirks) -> Payload:
    """Wrap a page under its key, with the record count and, when truly paged, the page's place."""
    answer: dict[str, Any] = {"record_count": page.record_count, key: [dress(row, quirks) for row in page.rows]}
    if page.page_no is not None:
        answer |= {"page_no": page.page_no, "page_size": page.page_size}
    return answer


def bare(rows: Iterable[Row], quirks: Quirks) -> Payload:
    """Give rows as an array without an envelope."""
    return [dress(row, quirks) for row in rows]


def found(snapshot: Snapshot, pick: Pick, params: Params, choose: Callable[[], list[Row]]) -> list[Row]:
    """Give what `choose` chooses, in the order asked for; it is done once for all pages of a query. `pick` names the list."""
    query = frozenset(item for item in params.items() if item[0] not in UNASKED)
    return snapshot.kept((pick, query), lambda: listing.ordered(choose(), params))


def single(pick: Pick) -> Reader:
    """Give the reader of one record by its `id`."""

    def reads(snapshot: Snapshot, _params: Params, quirks: Quirks, number: int) -> Row | None:
        row = pick(snapshot).first("id", number)
        return None if row is None else dress(row, quirks)

    return reads


def whole(path: str, pick: Pick, resource: str | None = None) -> Endpoint:
    """Give the endpoint of a set-up list: it does not page and repeats itself for every page asked."""
    return Endpoint(path, resource, lambda snapshot, _params, quirks: bare(pick(snapshot), quirks), single(pick))


def without(row: Row, *names: str) -> Row:
    """Give the row without some fields, as a list leaves them out."""
    return {key: value for key, value in row.items() if key not in names}

"""What a pull is asked for and what it brings back: plain frozen records, shared with the warehouse.

No behaviour and no HTTP. The one thing to know: files are named only for a complete entity; of an incomplete one nothing is left in the
inbox, so nothing of it can be landed by mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from handoff_pipeline.halo.entities import ENTITIES

State = Literal["complete", "incomplete", "not_permitted"]


@dataclass(frozen=True)
class PullPlan:
    """What the pipeline knows before a pull.

    Attributes:
        as_of: The night's moment, aware UTC.
        cursors: Entity -> server time of its last complete pull; absent or None means everything.
        known_orders: Sales order id -> its `last_update_time` as text, as landed last.
        project_ids: Project ids; their approvals are asked for one by one in the approvals mode "per_handoff" (no figure rests on others).
        custom_field_names: Custom fields to ask for on ticket lists (CFxxx); empty means every field of the tenant. Ticket rows that did
            not change keep the fields of their last pull: drop the three ticket cursors when this set grows.
        change_type_names: Names of the ticket types that are change requests; drop the cursor of change_request when this set grows.
        project_type_names: Names of the ticket types that are projects; their details are read (tasks have none of interest).
        won_status_names: Statuses of won opportunities; the attachments of those are read.
        accepted_quotation_statuses: Numbers of the quotation statuses that mean accepted; the signed documents of those are read.
        documents_since: Attachments are asked for deals won and quotations accepted since this day; None: for all of them.
        sweep: Entities whose ids are swept tonight.
        known_ids: Swept entity -> ids that the warehouse holds and believes to exist. An id that is present and not known is read.
        doubtful_ids: Swept entity -> ids that were absent at the last complete sweep, or are held to be deleted. One that is present
            again is read, because its changes in between were not seen.
        asked: Entity read record by record ("ticket_detail", "attachment") -> subject -> text of the subject's last change when it was
            read. Subjects are ticket ids for details, "opportunity:<id>" and "quotation:<id>" for attachments.
        only: Entities to ask for, with what they depend on; empty means all. The others are not in the report.
    """

    as_of: datetime
    cursors: Mapping[str, datetime | None] = field(default_factory=dict)
    known_orders: Mapping[int, str] = field(default_factory=dict)
    project_ids: frozenset[int] = frozenset()
    custom_field_names: frozenset[str] = frozenset()
    change_type_names: frozenset[str] = frozenset()
    project_type_names: frozenset[str] = frozenset()
    won_status_names: frozenset[str] = frozenset()
    accepted_quotation_statuses: frozenset[int] = frozenset()
    documents_since: date | None = None
    sweep: frozenset[str] = frozenset()
    known_ids: Mapping[str, frozenset[int]] = field(default_factory=dict)
    doubtful_ids: Mapping[str, frozenset[int]] = field(default_factory=dict)
    asked: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    only: frozenset[str] = frozenset()


@dataclass(frozen=True)
class InboxFile:
    """One answer's bytes. `shape`: "array" (bare array of rows), "object" (the file is one row) or the envelope key that holds the rows."""

    path: Path
    shape: str


@dataclass(frozen=True)
class EntityReport:
    """How the pull of one entity went.

    Attributes:
        entity: Its name.
        state: "complete" only when its completeness rule balanced (see `entities`).
        files: Files to land, in order; answers without rows leave no file.
        rows_seen: Distinct rows in the files; rows without a key are counted one by one.
        rows_expected: How many the server said there are; None where it says no number.
        requests: Requests sent for it, retries included.
        cursor_utc: The cursor to keep: the server's time at the start for a complete pull, the old one otherwise.
        detail: What a person should know, in words; None when there is nothing.
        is_full: The files hold every row that the entity has now, so a row that is absent is gone. False when a row came without a key:
            it may be the one that seems to be absent.
        covered: Of an entity that is never read from its beginning: between which dates `is_full` holds; None where it holds of all rows.
        present: After a complete sweep, a file in the inbox with a JSON array of every id that HaloPSA shows; None where there was no
            complete sweep tonight. Orders have it from their list; for any other entity that is not swept, `is_full` says the same of its
            landed rows.
        listed_deleted: Ids of known records that HaloPSA itself lists as deleted: proof of a deletion, where a mere absence is none.
        asked: Subjects that were read one by one tonight -> text of their last change; to be remembered with the landing.
        requests_minimum: The fewest requests that could have brought this, knowing in advance what there is; None where nobody can say.
        may_land: Files of an entity that is not complete may be landed all the same, since each row is whole by itself (details, orders):
            what was read is kept and the next run goes on from there.
    """

    entity: str
    state: State
    files: tuple[InboxFile, ...]
    rows_seen: int
    rows_expected: int | None
    requests: int
    cursor_utc: datetime | None
    detail: str | None
    is_full: bool
    covered: tuple[datetime, datetime] | None = None
    present: Path | None = None
    listed_deleted: frozenset[int] = frozenset()
    asked: Mapping[str, str] = field(default_factory=dict)
    requests_minimum: int | None = None
    may_land: bool = False


@dataclass(frozen=True)
class PullReport:
    """How a whole pull went. `requests` counts everything sent, the token included; `server_time_utc` is the server's time at the start.

    `limit_note` says, in words, that HaloPSA refused requests earlier than the configured limit explains; None where it did not.
    """

    entities: Mapping[str, EntityReport]
    requests: int
    requests_by_endpoint: Mapping[str, int]
    server_time_utc: datetime
    limit_note: str | None = None

    @property
    def lacking(self) -> tuple[str, ...]:
        """Entities that are not complete and without which tonight's figures rest on older data."""
        return tuple(name for name, report in self.entities.items() if report.state != "complete" and ENTITIES[name].is_required)

"""What a raw row's key is, per HaloPSA entity, what of a record never changes, and which tables the raw layer has.

How rows are read is pages.py's, how they are compared versions.py's.
The one thing to know: HaloPSA's ids are unique per entity only, some only together with a second field; a lookup's rows do not even
say which list they belong to, so the page file's name does.
"""

from __future__ import annotations

from typing import Final

LOOKUP: Final = "lookup"
LOOKUP_FIELD: Final = "lookupid"

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "opportunity": ("id",),
    "project": ("id",),
    "change_request": ("id",),
    "quotation": ("id",),
    "sales_order": ("id",),
    "action": ("ticket_id", "id"),
    "approval": ("ticket_id", "seq"),
    "appointment": ("id",),
    "client": ("id",),
    "agent": ("id",),
    "ticket_type": ("id",),
    "status": ("id",),
    "field_info": ("id",),
    LOOKUP: (LOOKUP_FIELD, "id"),
    "team": ("id",),
    "site": ("id",),
    "ticket_detail": ("id",),
    "milestone": ("id",),
    "attachment": ("id",),
    "invoice": ("id",),
    "contract": ("id",),
    "timesheet": ("agent_id", "date"),
    "budget": ("ticket_id", "id"),
    "agent_cost": ("agent_id", "start_date"),
    "audit": ("id",),
}
"""Entity to the fields that are unique together; the row key is their values, joined by a colon."""

LAST_CHANGE: Final = ("last_update", "lastupdate", "last_update_time", "last_updated")
"""Fields that tell a record's last change; HaloPSA spells the first both ways (H: TopLeft), quotations, orders and actions their own."""

BORN: Final[dict[str, str]] = {
    **dict.fromkeys(("opportunity", "project", "change_request"), "dateoccurred"),
    **dict.fromkeys(("client", "site"), "datecreated"),
    "action": "actiondatecreated",
}
"""Entity to the field that stays the same for as long as the record lives: the same id with another value is another record. Lists of
tickets do not carry `datecreated` (H: Faults_List), so `dateoccurred` stands for it."""

DATED: Final = ("actionarrivaldate", "datetime", "actiondatecreated")
"""Dates of a time entry. Which of them HaloPSA's `startdate` limits is not documented, so a period covers an entry whose dates all lie in
it."""

SCHEMA: Final = (
    (
        "create table if not exists raw.batch (batch_no bigint not null, run_id varchar not null, as_of_utc timestamp not null,"
        " landed_at_utc timestamp not null)"
    ),
    (
        "create table if not exists raw.load_batch (batch_no bigint not null, entity varchar not null, state varchar not null,"
        " rows_seen bigint not null, rows_expected bigint, rows_changed bigint not null, rows_deleted bigint not null,"
        " rows_quarantined bigint not null, rows_duplicate bigint not null, requests bigint not null, is_full boolean not null,"
        " detail varchar)"
    ),
    "create table if not exists raw.cursor (entity varchar primary key, cursor_utc timestamp not null)",
    (
        "create table if not exists raw.sweep (batch_no bigint not null, entity varchar not null, rows_known bigint not null,"
        " rows_missing bigint not null, rows_unproven bigint not null, rows_deleted bigint not null, is_quarantined boolean not null)"
    ),
    (
        "create table if not exists raw.missing (entity varchar not null, row_key varchar not null, sweeps bigint not null,"
        " since_batch bigint not null, is_proven boolean not null)"
    ),
    "create table if not exists raw.asked (entity varchar not null, subject varchar not null, last_change varchar not null)",
    (
        "create table if not exists raw.field_contract (entity varchar not null, meaning varchar not null, name varchar not null,"
        " field_id varchar, type varchar, since_batch bigint not null)"
    ),
    *(
        f"create table if not exists raw.{entity} (batch_no bigint not null, row_key varchar not null, content_hash varchar not null,"
        " payload varchar not null, is_deleted boolean not null)"
        for entity in KEYS
    ),
)
"""The raw layer's tables, made before the first landing so that every model finds its source."""

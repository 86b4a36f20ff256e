"""What a raw row's key is, per HaloPSA entity, and which table holds the entity's versions.

How rows are read and compared is land.py's.
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
}
"""Entity to the fields that are unique together; the row key is their values, joined by a colon."""

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
    *(
        f"create table if not exists raw.{entity} (batch_no bigint not null, row_key varchar not null, content_hash varchar not null,"
        " payload varchar not null, is_deleted boolean not null)"
        for entity in KEYS
    ),
)
"""The raw layer's tables, made before the first landing so that every model finds its source."""

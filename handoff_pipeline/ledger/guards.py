"""The triggers by which the ledger's own database refuses edits past the product: whether they stand as the migrations make them.

What the audit chain says is audit_verify's. The one thing to know: whoever may drop a trigger may make it again. That they stand now says
nothing of what was done before, and that one is missing says nothing of who took it away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"
DIGITS: Final = 12
_QUERIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        SQLITE: "select name, sql from sqlite_master where type = 'trigger'",
        # With the function's body, and whether it is switched off.
        POSTGRESQL: """
            select t.tgname, pg_get_triggerdef(t.oid, true) || ' ' || t.tgenabled::text || ' ' || p.prosrc
            from pg_trigger as t
            inner join pg_class as c on t.tgrelid = c.oid
            inner join pg_proc as p on t.tgfoid = p.oid
            where not t.tgisinternal and c.relnamespace = current_schema()::regnamespace
        """,
    }
)
EXPECTED: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        SQLITE: MappingProxyType(
            {
                "acknowledgement_keeps_delete": "cb626ed75774",
                "acknowledgement_keeps_replace": "4d1e15e6e6aa",
                "acknowledgement_keeps_update": "c83617b116ad",
                "audit_head_keeps_delete": "26ab9d4acef4",
                "audit_head_keeps_replace": "d4121e25621c",
                "audit_head_keeps_update": "e420403ce7ee",
                "audit_keeps_delete": "ee70e40c95ea",
                "audit_keeps_order": "96fd43b63845",
                "audit_keeps_update": "01db3d61a5ef",
                "baseline_keeps_delete": "d5dc63f8ad42",
                "baseline_keeps_replace": "b3f0c8826efd",
                "baseline_keeps_update": "d33f4179cabc",
                "intent_event_keeps_delete": "73ef137f6956",
                "intent_event_keeps_replace": "5e72ed0515f9",
                "intent_event_keeps_update": "238db273d790",
                "outbox_keeps_content": "6c426f2dda81",
                "outbox_keeps_delete": "d28818d40ba7",
                "outbox_keeps_replace": "2dea0dc26c9d",
                "policy_document_keeps_delete": "876d9eea8e8a",
                "policy_document_keeps_replace": "2462b60e9ec5",
                "policy_document_keeps_update": "84b7666f7a41",
                "snooze_keeps_delete": "123f0594e9b8",
                "snooze_keeps_replace": "16e0079ad826",
                "snooze_keeps_update": "7ed455f8ccaf",
            }
        ),
        POSTGRESQL: MappingProxyType(
            {
                "acknowledgement_keeps_all": "e805a6107a3b",
                "acknowledgement_keeps_rows": "196fc19e9875",
                "audit_head_keeps_all": "3aab087b1bba",
                "audit_head_keeps_rows": "0dfeae94730f",
                "audit_keeps_all": "a8a79ac24345",
                "audit_keeps_order": "7c4f6f463b9a",
                "audit_keeps_rows": "ef88f198bb41",
                "baseline_keeps_all": "97a36fa8dede",
                "baseline_keeps_rows": "24795b1f5892",
                "intent_event_keeps_all": "ff7df67038fb",
                "intent_event_keeps_rows": "d3e6cc22ea6c",
                "outbox_keeps_all": "e19d3e112048",
                "outbox_keeps_content": "9e6665c8f061",
                "outbox_keeps_delete": "6397dcf3fa4e",
                "policy_document_keeps_all": "73877bb001be",
                "policy_document_keeps_rows": "d03c0f52b46d",
                "snooze_keeps_all": "f5243e0728de",
                "snooze_keeps_rows": "6f9532c89dae",
            }
        ),
    }
)
"""Database to trigger to the first digits of the SHA-256 of its definition. A test holds them equal to what the migrations make."""


def standing(connection: Connection) -> dict[str, str]:
    """Every trigger of the ledger's database, as `EXPECTED` has them."""
    rows = connection.exec_driver_sql(_QUERIES[connection.dialect.name])
    return {str(name): _digest(str(definition)) for name, definition in rows}


def changed(connection: Connection) -> tuple[str, ...]:
    """In words, each trigger that does not stand as the migrations make it; empty where all do."""
    expected, found = EXPECTED[connection.dialect.name], standing(connection)
    return (
        *(f"{name} is missing" for name in sorted(expected.keys() - found.keys())),
        *(f"{name} is not as the product makes it" for name in sorted(expected.keys() & found.keys()) if expected[name] != found[name]),
        *(f"{name} is none of the product's" for name in sorted(found.keys() - expected.keys())),
    )


def _digest(definition: str) -> str:
    return hashlib.sha256(" ".join(definition.split()).encode()).hexdigest()[:DIGITS]

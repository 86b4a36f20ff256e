"""What the ledger's tests of action are made of: one tenant, one Tuesday, and records with sound hashes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from handoff_pipeline.ledger import ApprovalRequest, AuditKeys, Intent, Override, canonical, intent_id_of, sha256_of

AT = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ON_SQLITE = pytest.mark.parametrize("place", ["sqlite"], indirect=True)
"""For what is said in SQLite's own words; test_postgresql says it to PostgreSQL."""
KEY = AuditKeys(SecretStr("k" * 32))


def an_intent(dedupe_key: str = "owner|7|signed_scope", **changes: Any) -> Intent:
    content = canonical({"card": "owner_card", "to": 17, "key": dedupe_key})
    values: dict[str, Any] = {
        "intent_id": intent_id_of("acme", dedupe_key),
        "dedupe_key": dedupe_key,
        "target": "teams",
        "action": "owner_card",
        "action_class": "automatic",
        "handoff_id": 7,
        "project_id": None,
        "requested_by": 0,
        "content": content,
        "content_hash": sha256_of(content),
        "precondition": "{}",
        "precondition_hash": sha256_of("{}"),
        "shown": f"Card to agent 17 ({sha256_of(content)[:16]})",
        "amount_base": None,
        "proposed_at": AT,
        "expires_at": AT + timedelta(days=2),
    }
    return Intent(**values | changes)


def an_approval(approval_id: str = "a1", **changes: Any) -> ApprovalRequest:
    intent = an_intent()
    request = ApprovalRequest(
        approval_id=approval_id,
        kind="intent",
        subject_id=intent.intent_id,
        handoff_id=7,
        project_id=None,
        role="delivery_lead",
        approver_id=21,
        content_hash=intent.content_hash,
        precondition_hash=intent.precondition_hash,
        requested_at=AT,
        expires_at=AT + timedelta(days=1),
    )
    return replace(request, **changes)


def an_override(override_id: str = "o1", **changes: Any) -> Override:
    override = Override(
        override_id=override_id,
        handoff_id=7,
        item="signed_scope",
        control_id="HC-3",
        reason="the customer signs on Friday",
        compensating_control="kickoff only after the signature",
        amount_base=None,
        requested_by=17,
        requested_at=AT,
        expires_at=AT + timedelta(days=14),
    )
    return replace(override, **changes)

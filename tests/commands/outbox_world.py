"""An outbox for the commands of action: a ledger in the home, two agents and one open gap as published, a policy that may be changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from handoff_pipeline.ledger import AuditKeys, Intent, Ledger, RoleHeld, canonical, sha256_of
from tests.ledger.acting import AT, HOUR, an_intent

JO, KIM, LEE = 12, 13, 14
KEY = "1042:signed_scope"
GAP_ID = "1042|signed_scope|2026-08-28T10:00:00"
OS_USER = "operator"


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """The ledger of the home, on a Tuesday at nine."""
    monkeypatch.setenv("HANDOFF_AS_OF", AT.isoformat())
    monkeypatch.setenv("HANDOFF_HALO_URL", "https://acme.halopsa.com")
    monkeypatch.setattr("handoff_pipeline.commands.at_hand.os_user", lambda: OS_USER)
    for module in ("outbox", "outbox_settle", "approve", "kill_switch"):
        monkeypatch.setattr(f"handoff_pipeline.commands.{module}.os_user", lambda: OS_USER)
    where = tmp_path / "home" / "ledger" / "ledger.sqlite"
    where.parent.mkdir(parents=True, exist_ok=True)
    with Ledger.open(where, AuditKeys()) as opened:
        yield opened


@pytest.fixture
def people(publish: Callable[..., None]) -> Callable[..., None]:
    """Three agents as published; gives back how to publish more."""
    for key, (number, name, active) in enumerate(((JO, "Jo Field", True), (KIM, "Kim Vale", True), (LEE, "Lee Park", False)), start=1):
        publish("dim_agent", agent_key=key, halo_agent_id=number, agent_name=name, team="North", is_active=active)
    return publish


@pytest.fixture
def gap(people: Callable[..., None]) -> Callable[..., None]:
    """One open gap of Jo's; gives back how to publish more."""
    people(
        "dim_handoff", handoff_key=7, handoff_id=1042, title="Managed workplace", source_url="https://acme.halopsa.com/opportunity?id=1042"
    )
    people("dim_checklist_item", item_key=3, item="signed_scope", title="Signed scope of work", control_ids="HC-1")
    people("fact_gap", gap_key=99, handoff_key=7, item_key=3, owner_agent_key=1, state="open", detected_at_utc="2026-08-28 10:00:00")
    return people


@pytest.fixture
def policy(tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change sections of the example policy."""

    def change(**sections: Any) -> None:
        document = yaml.safe_load((checkout / "handoff.yaml").read_text("utf-8"))
        for name, values in sections.items():
            document[name] = {**document.get(name, {}), **values}
        (tmp_path / "policy.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
        monkeypatch.setenv("HANDOFF_POLICY_FILE", str(tmp_path / "policy.yaml"))

    return change


@pytest.fixture
def acting(policy: Callable[..., None]) -> None:
    """A policy in a phase that acts for all handoffs."""
    roles = ("sales_manager", "project_manager", "service_delivery_lead", "finance")
    policy(
        rollout={"phase": "operate", "moved_by": "Jo Field", "moved_on": "2026-08-01"},
        approvals={"roles": {role: {"agents": ["Jo Field"]} for role in roles}},
        remediation={"last_resort": "Jo Field"},
    )


def a_move(key: str = "move", **changes: Any) -> Intent:
    """A change of status, which one person approves."""
    content, seen = canonical({"ticket_id": 1042, "status_id": 9}), canonical({"status_id": 2})
    values = {
        "target": "halopsa",
        "action": "halo_status",
        "action_class": "one_approver",
        "handoff_id": 1042,
        "content": content,
        "content_hash": sha256_of(content),
        "precondition": seen,
        "precondition_hash": sha256_of(seen),
        "shown": f"Move deal 1042 to On hold [{sha256_of(content)[:16]}]",
        "amount_base": Decimal(9_000),
    }
    return an_intent(key, **{**values, **changes})


def a_note(key: str = "note", **changes: Any) -> Intent:
    """A note, which is automatic."""
    content = canonical({"ticket_id": 1042, "note": "The scope is not signed."})
    values = {"content": content, "content_hash": sha256_of(content), "shown": f"Note on deal 1042 [{sha256_of(content)[:16]}]"}
    return an_intent(key, **{"target": "halopsa", "action": "halo_note", "handoff_id": 1042, **values, **changes})


def confirm(ledger: Ledger, intent: Intent, at: datetime = AT) -> None:
    """Take a proposed intent to its good end."""
    ledger.intents.approve(intent.intent_id, at)
    ledger.intents.claim(intent.intent_id, "run-1", at)
    ledger.intents.sent(intent.intent_id, at, far_ref="1042/7")
    ledger.intents.settle(intent.intent_id, "confirmed", at)


def doubt(ledger: Ledger, intent: Intent, at: datetime = AT) -> None:
    """Take a proposed intent to where nobody knows."""
    ledger.intents.approve(intent.intent_id, at)
    ledger.intents.claim(intent.intent_id, "run-1", at)
    ledger.intents.settle(intent.intent_id, "uncertain", at, "no answer")


def hold(ledger: Ledger, role: str, *agents: int) -> None:
    """Let agents hold a role."""
    for agent in agents:
        ledger.people.give_role(RoleHeld(agent, role, AT - HOUR, None, "the policy"))

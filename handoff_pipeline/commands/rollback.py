"""`handoff rollback INTENT`: plans the writes that take a confirmed one back, shows them with their requests, and proposes them.

Which writes these are is governance's (rollback). The one thing to know: nothing is sent from here; what is proposed is approved like the
write that it takes back, and holds that write's result as its precondition, so what somebody changed since stays.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from handoff_pipeline.clock import clock_for
from handoff_pipeline.commands.at_hand import By, IntentId, Reason, Yes, agent_named, intent_named, may_write, open_ledger, people_published
from handoff_pipeline.commands.outbox_show import payload
from handoff_pipeline.commands.screen import Json, emit, out, plain
from handoff_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from handoff_pipeline.ledger import Intent
    from handoff_pipeline.policy import Policy

EXAMPLES = """Examples:\n
handoff rollback 5c0ffee01234 --by "Jo Field" --reason "the wrong deal was blocked"\n
handoff rollback 5c0ffee01234 --by 12 --reason "the wrong deal was blocked" --yes --json
"""


def rollback(intent: IntentId, by: By, reason: Reason, yes: Yes = False, as_json: Json = False) -> None:
    """Take a confirmed write at HaloPSA back: shows the compensating writes, and proposes them once you agree.

    Who asks for it may not approve it.
    """
    from handoff_pipeline.governance.rollback import rollback as planned
    from handoff_pipeline.policy import load_policy

    settings = load_settings()
    policy, asker = load_policy(settings.policy_file), agent_named(people_published(settings), by)
    with open_ledger(settings) as ledger:
        found = intent_named(ledger, intent)
        now = clock_for(settings.as_of).now()
        writes = planned(found, settings.tenant_name, policy, asker, reason, now, ledger.intents.all())
        requests = [_request(settings, policy, each) for each in writes]
        if not as_json:
            for write, request in zip(writes, requests, strict=True):
                _show(write, request)
        is_written = may_write("Propose these?", yes=yes, as_json=as_json)
        new = ledger.intents.propose(writes) if is_written else 0
    if as_json:
        shown = [{"intent": payload(each), "request": request} for each, request in zip(writes, requests, strict=True)]
        emit({"written": is_written, "new": new, "writes": shown})
    elif new:
        out().print(
            plain(f"Proposed: {new}. `handoff approve list` shows who is asked; the delivery sends what is approved."), soft_wrap=True
        )
    else:
        out().print(
            plain("They had been proposed before; nothing was added. `handoff outbox list` shows how far they are."), soft_wrap=True
        )


def _request(settings: Settings, policy: Policy, intent: Intent) -> dict[str, Any] | None:
    """The exact request, without a credential; None where no tenant is named."""
    from handoff_pipeline.channels.halo_gateway import HaloPlanner
    from handoff_pipeline.channels.halo_writes import HaloForms

    if settings.halo_url is None:
        return None
    return {**asdict(HaloPlanner(settings.halo_url, HaloForms.of(policy)).plan(intent))}


def _show(write: Intent, request: dict[str, Any] | None) -> None:
    console = out()
    console.print(plain(f"{write.action} ({write.action_class}): {write.shown}", "bold"), soft_wrap=True)
    console.print(plain(f"  only if the record still holds: {write.precondition}"), soft_wrap=True)
    if request is None:
        console.print(plain(f"  content: {write.content}"), soft_wrap=True)
        return
    console.print(plain(f"  {request['method']} {request['url']}"), soft_wrap=True)
    body = request["body"]
    console.print(plain(f"  {body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)}"), soft_wrap=True)

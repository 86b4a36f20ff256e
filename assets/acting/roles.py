"""Who holds which role, in the ledger: spans that follow the policy and the agents of the last night.

What a role may do is the policy's. The one thing to know: an approval is judged by who held the role when it was given and when it is used,
so a role that somebody loses ends here at once, and is never taken out of the past.
"""

from __future__ import annotations

from datetime import datetime

from handoff_pipeline.governance.owners import holders_of
from handoff_pipeline.governance.remediation_rows import People
from handoff_pipeline.ledger import Ledger, RoleHeld
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.people import ROLES


def keep_roles(ledger: Ledger, people: People, policy: Policy, now: datetime) -> int:
    """Begin and end spans so that they say what the policy says now; returns how many changed."""
    changed = 0
    spans = ledger.people.roles()
    for role in ROLES:
        wanted = holders_of(role, people, policy)
        held = {span.agent_id for span in spans if span.role == role and span.from_at <= now and (not span.until_at or span.until_at > now)}
        for agent in sorted(wanted - held):
            changed += ledger.people.give_role(RoleHeld(agent, role, now, None, f"policy {policy.version}"))
        for agent in sorted(held - wanted):
            changed += ledger.people.end_role(agent, role, now)
    return changed

"""What a night published of acting, with HaloPSA's own ids in the place of keys: the rows that a quarter's truth is compared with.

What they should be is quarter_truth's. The one thing to know: every column that a fact has besides its keys and links is here.
"""

from __future__ import annotations

from typing import Final

PUBLISHED: Final = {
    "gap": """
        select
            h.handoff_id, i.item, g.is_hard, g.state, g.detected_at_utc, g.resolved_at_utc, g.due_at_utc, g.acknowledged_at_utc,
            g.within_sla, g.open_hours, a.halo_agent_id as owner_id, g.first_escalated_at_utc, g.escalation_level
        from fact_gap as g
        inner join dim_handoff as h on g.handoff_key = h.handoff_key
        inner join dim_checklist_item as i on g.item_key = i.item_key
        left join dim_agent as a on g.owner_agent_key = a.agent_key
        order by h.handoff_id, i.item, g.detected_at_utc
    """,
    "bypass": """
        select b.kind, h.handoff_id, p.project_id, a.halo_agent_id as agent_id, b.happened_at_utc, b.detected_at_utc, b.state
        from fact_bypass as b
        left join dim_handoff as h on b.handoff_key = h.handoff_key
        left join dim_project as p on b.project_key = p.project_key
        left join dim_agent as a on b.agent_key = a.agent_key
        order by b.kind, h.handoff_id, p.project_id
    """,
    "override": """
        select
            h.handoff_id, i.item, o.control_id, o.reason, o.compensating_control, o.amount_base, r.halo_agent_id as requested_by,
            a.halo_agent_id as approved_by, s.halo_agent_id as second_approver, o.requested_at_utc, o.approved_at_utc, o.expires_at_utc,
            o.state
        from fact_override as o
        left join dim_handoff as h on o.handoff_key = h.handoff_key
        left join dim_checklist_item as i on o.item_key = i.item_key
        left join dim_agent as r on o.requested_by_key = r.agent_key
        left join dim_agent as a on o.approved_by_key = a.agent_key
        left join dim_agent as s on o.second_approver_key = s.agent_key
        order by h.handoff_id, o.requested_at_utc
    """,
    "feedback": """
        select h.handoff_id, i.item, f.kind, a.halo_agent_id as reported_by, f.reported_at_utc, f.note, f.disposition
        from fact_feedback as f
        left join dim_handoff as h on f.handoff_key = h.handoff_key
        left join dim_checklist_item as i on f.item_key = i.item_key
        left join dim_agent as a on f.reported_by_key = a.agent_key
        order by h.handoff_id, f.reported_at_utc
    """,
    "delivery": """
        select
            d.intent_id, h.handoff_id, d.target, d.action, d.action_class, d.state, d.attempts, d.proposed_at_utc, d.approved_at_utc,
            d.sent_at_utc, d.settled_at_utc, d.is_shadow
        from fact_delivery as d
        left join dim_handoff as h on d.handoff_key = h.handoff_key
        order by d.intent_id
    """,
    "approval": """
        select
            p.kind, h.handoff_id, j.project_id, a.halo_agent_id as approver_id, p.requested_at_utc, p.decided_at_utc, p.result, p.channel,
            p.is_weak
        from fact_approval as p
        left join dim_handoff as h on p.handoff_key = h.handoff_key
        left join dim_project as j on p.project_key = j.project_key
        left join dim_agent as a on p.approver_key = a.agent_key
        order by p.kind, h.handoff_id, p.requested_at_utc, a.halo_agent_id
    """,
}
"""Fact to the query of its rows."""

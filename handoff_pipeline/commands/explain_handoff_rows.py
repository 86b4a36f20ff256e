"""What `handoff explain handoff` reads of one won deal. Published tables only.

How it is shown is explain_handoff's and explain_handoff_show's.
The one thing to know: a deal is found by HaloPSA's id of its opportunity, and row 0 is never a deal.
"""

from __future__ import annotations

from typing import Any, Final

from handoff_pipeline.commands.explain_counts import OF_HANDOFF, restated
from handoff_pipeline.commands.published import Published
from handoff_pipeline.errors import HandoffError

HANDOFF: Final = """
    select
        h.handoff_id, h.title, h.deal_state, h.stage, h.deal_type, h.is_historic, c.client_name, s.agent_name as sales_agent, f.sales_team,
        f.won_at_utc, f.first_won_at_utc, f.score_at_won, f.score_at_signoff, f.score_latest, f.history_basis, f.policy_version,
        f.hard_gaps, f.open_gaps,
        f.signoff_state, f.signed_off_at_utc, b.agent_name as signed_off_by, f.kickoff_state, f.kickoff_committed_date, f.commit_basis,
        f.kickoff_scheduled_at_utc, f.kickoff_actual_at_utc, f.days_to_kickoff, f.kickoff_delay_days, f.client_hold_days,
        f.kickoff_without_signoff,
        f.currency, f.currency_state, f.sold_basis, f.sold_revenue, f.sold_cost, f.sold_hours, f.sold_margin_pct, f.margin_floor_pct,
        f.below_margin_floor, h.source_url,
        (select t.base_currency from dim_tenant as t where t.tenant_key <> 0 limit 1) as base_currency
    from dim_handoff as h
    inner join fact_handoff as f on f.handoff_key = h.handoff_key
    left join dim_client as c on c.client_key = f.client_key
    left join dim_agent as s on s.agent_key = f.sales_agent_key
    left join dim_agent as b on b.agent_key = f.signed_off_by_key and f.signed_off_by_key <> 0
    where h.handoff_id = $handoff_id and h.handoff_key <> 0
"""

CHECKS: Final = """
    select k.stage, i.item, i.title, i.is_hard, k.weight, k.result, k.quality, k.is_waived, k.reason, k.evidence_url
    from fact_handoff_check as k
    inner join dim_handoff as h on h.handoff_key = k.handoff_key
    inner join dim_checklist_item as i on i.item_key = k.item_key
    where h.handoff_id = $handoff_id and h.handoff_key <> 0
    order by case k.stage when 'won' then 1 when 'signoff' then 2 else 3 end, k.weight desc, i.item
"""

GAPS: Final = """
    select i.title, g.gap_key, i.item, g.state, g.is_hard, g.open_hours, g.detected_at_utc, g.resolved_at_utc, a.agent_name as owner
    from fact_gap as g
    inner join dim_handoff as h on h.handoff_key = g.handoff_key
    inner join dim_checklist_item as i on i.item_key = g.item_key
    left join dim_agent as a on a.agent_key = g.owner_agent_key
    where h.handoff_id = $handoff_id and h.handoff_key <> 0
    order by g.detected_at_utc, i.item
"""

PROJECTS: Final = """
    select
        p.project_id, p.project_name, p.project_state, p.is_first, p.logged_hours, p.baseline_hours, m.margin_state, m.sold_margin_pct,
        m.forecast_margin_pct, m.erosion_pp, m.as_of_date, p.source_url
    from dim_project as p
    inner join dim_handoff as h on h.handoff_key = p.handoff_key
    left join (
        select * from fact_project_margin qualify row_number() over (partition by project_key, handoff_key order by as_of_date desc) = 1
    ) as m on m.project_key = p.project_key and m.handoff_key = p.handoff_key
    where h.handoff_id = $handoff_id and h.handoff_key <> 0
    order by p.is_first desc, p.project_id
"""

APPROVALS: Final = """
    select a.kind, a.result, p.agent_name as approver, a.requested_at_utc, a.decided_at_utc, a.channel, a.is_weak, a.source_url
    from fact_approval as a
    inner join dim_handoff as h on h.handoff_key = a.handoff_key
    left join dim_agent as p on p.agent_key = a.approver_key
    where h.handoff_id = $handoff_id and h.handoff_key <> 0
    order by a.requested_at_utc, a.approval_key
"""

BRIDGES: Final = """
    select p.project_id, p.project_name, m.as_of_date, m.is_delivered, m.bridge_hours, m.bridge_rate, m.bridge_third_party,
        m.bridge_discount, m.bridge_unapproved_change, m.bridge_approved_change, m.bridge_unexplained, m.erosion_amount_base, m.erosion_pp,
        m.sold_margin_pct, m.forecast_margin_pct, m.margin_state
    from fact_project_margin as m
    inner join dim_handoff as h on h.handoff_key = m.handoff_key
    inner join dim_project as p on p.project_key = m.project_key
    where h.handoff_id = $handoff_id and h.handoff_key <> 0 and m.project_key <> 0
    qualify row_number() over (partition by m.project_key order by m.as_of_date desc) = 1
    order by p.project_id
"""

PAGES: Final = """
    select h.source_url from dim_handoff as h where h.handoff_id = $handoff_id and h.handoff_key <> 0
    union
    select p.source_url from dim_project as p
    inner join dim_handoff as h on h.handoff_key = p.handoff_key and h.handoff_key <> 0
    where h.handoff_id = $handoff_id
    union
    select c.source_url from fact_change_request as c
    inner join dim_handoff as h on h.handoff_key = c.handoff_key and h.handoff_key <> 0
    where h.handoff_id = $handoff_id
"""


def explained(published: Published, handoff_id: int) -> dict[str, Any]:
    """Everything that is published of one handoff.

    `handoff`, `checks`, `gaps`, `projects`, `approvals`, `bridges`; `counts` says where it and all that belongs to it count in the KPIs,
    and `restatements` which published figures one of its records alone has moved.

    Raises:
        HandoffError: no won opportunity has that id.
    """
    found = published.rows(HANDOFF, handoff_id=handoff_id)
    if not found:
        raise HandoffError(
            f"No handoff has the id {handoff_id}.",
            "Give the id of an opportunity that was won; deals that were never won are not handoffs.",
        )
    pages = [row["source_url"] for row in published.rows(PAGES, handoff_id=handoff_id)]
    return {
        "handoff": found[0],
        "checks": published.rows(CHECKS, handoff_id=handoff_id),
        "gaps": published.rows(GAPS, handoff_id=handoff_id),
        "projects": published.rows(PROJECTS, handoff_id=handoff_id),
        "approvals": published.rows(APPROVALS, handoff_id=handoff_id),
        "bridges": published.rows(BRIDGES, handoff_id=handoff_id),
        "counts": published.rows(OF_HANDOFF, handoff_id=handoff_id),
        "restatements": restated(published, pages),
    }

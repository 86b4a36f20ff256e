"""What `handoff explain project` reads of one project. Published tables only.

How it is shown is explain_project's.
The one thing to know: margin rows stand on Sundays, so the newest one is as of the end of the running week.
"""

from __future__ import annotations

from typing import Any, Final

from handoff_pipeline.commands.explain_counts import OF_PROJECT, restated
from handoff_pipeline.commands.published import Published
from handoff_pipeline.errors import HandoffError

PROJECT: Final = """
    select
        p.project_key, p.project_id, p.project_name, p.project_state, p.origin, p.is_first, p.created_at_utc, p.closed_at_utc,
        p.cancelled_at_utc, p.baseline_hours, p.logged_hours, p.source_url, c.client_name,
        nullif(h.handoff_id, 0) as handoff_id, case when h.handoff_key <> 0 then h.title end as handoff,
        case when h.handoff_key <> 0 then h.deal_state end as deal_state, f.kickoff_actual_at_utc, f.sold_hours,
        (select t.base_currency from dim_tenant as t where t.tenant_key <> 0 limit 1) as base_currency
    from dim_project as p
    left join dim_client as c on c.client_key = p.client_key
    left join dim_handoff as h on h.handoff_key = p.handoff_key
    left join fact_handoff as f on f.handoff_key = p.handoff_key and f.handoff_key <> 0
    where p.project_id = $project_id and p.project_key <> 0
"""

MARGINS: Final = """
    select
        p.project_id, p.project_name, m.as_of_date, m.is_delivered, m.is_active, m.logged_hours_week, m.margin_state, m.sold_revenue_base,
        m.sold_cost_base, m.sold_margin_pct, m.rebased_margin_pct, m.forecast_revenue_base, m.forecast_cost_base, m.forecast_margin_pct,
        m.erosion_pp, m.erosion_amount_base, m.erosion_rebased_pp, m.uncosted_hours, m.bridge_hours, m.bridge_rate, m.bridge_third_party,
        m.bridge_discount, m.bridge_unapproved_change, m.bridge_approved_change, m.bridge_unexplained
    from fact_project_margin as m
    inner join dim_project as p on p.project_key = m.project_key
    where p.project_id = $project_id and m.project_key <> 0
    order by m.as_of_date
"""

CHANGES: Final = """
    select
        c.change_id, c.state, c.origin, c.link_kind, c.raised_at_utc, c.decided_at_utc, c.logged_hours, c.cost_base, c.price, c.currency,
        c.price_base, c.is_billed, c.source_url
    from fact_change_request as c
    inner join dim_project as p on p.project_key = c.project_key
    where p.project_id = $project_id and p.project_key <> 0
    order by c.raised_at_utc, c.change_id
"""

# The newest week that has a figure, not the newest in which this project has hours: what was billed since is unbilled no more.
UNBILLED: Final = """
    select
        coalesce(sum(m.numerator), 0)::double as hours,
        count(*) filter (where not m.is_counted) as entries_unknown,
        (select max(w.week_start) from kpi_weekly as w) as week_start
    from kpi_member as m
    inner join dim_metric as k on k.metric_key = m.metric_key
    inner join dim_project as p on p.project_key = m.project_key and p.project_key <> 0
    where
        k.metric = 'unbilled_scope_hours'
        and p.project_id = $project_id
        and m.week_start = (select max(w.week_start) from kpi_weekly as w)
"""


def explained(published: Published, project_id: int) -> dict[str, Any]:
    """Everything that is published of one project: `project`, `margins` by week, `changes`, `unbilled`, `counts` and `restatements`.

    Raises:
        HandoffError: no project has that id.
    """
    found = published.rows(PROJECT, project_id=project_id)
    if not found:
        raise HandoffError(
            f"No project has the id {project_id}.", "Give the id of a project's ticket; `handoff explain handoff ID` lists a deal's."
        )
    changes = published.rows(CHANGES, project_id=project_id)
    return {
        "project": found[0],
        "margins": published.rows(MARGINS, project_id=project_id),
        "changes": changes,
        "unbilled": published.rows(UNBILLED, project_id=project_id)[0],
        "counts": published.rows(OF_PROJECT, project_id=project_id),
        "restatements": restated(published, [found[0]["source_url"], *(row["source_url"] for row in changes)]),
    }

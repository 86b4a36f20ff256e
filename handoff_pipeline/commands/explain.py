"""`handoff explain handoff ID`: one won deal from its score down to the fields in HaloPSA. From published tables only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from handoff_pipeline.commands.screen import Json, emit, out, plain, table
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import load_settings

if TYPE_CHECKING:
    from handoff_pipeline.commands.published import Published

EXAMPLES = """Examples:\n
handoff explain handoff 1042\n
handoff explain handoff 1042 --json"""

HANDOFF = """
    select
        h.handoff_id, h.title, h.deal_state, h.stage, h.deal_type, h.is_historic, c.client_name, s.agent_name as sales_agent, f.sales_team,
        f.won_at_utc, f.first_won_at_utc, f.score_at_won, f.score_at_signoff, f.score_latest, f.history_basis, f.policy_version,
        f.hard_gaps, f.open_gaps,
        f.signoff_state, f.signed_off_at_utc, b.agent_name as signed_off_by, f.kickoff_state, f.kickoff_committed_date, f.commit_basis,
        f.kickoff_scheduled_at_utc, f.kickoff_actual_at_utc, f.days_to_kickoff, f.kickoff_delay_days, f.kickoff_without_signoff,
        f.currency, f.currency_state, f.sold_basis, f.sold_revenue, f.sold_cost, f.sold_hours, f.sold_margin_pct, f.margin_floor_pct,
        f.below_margin_floor, h.source_url
    from dim_handoff as h
    inner join fact_handoff as f on f.handoff_key = h.handoff_key
    left join dim_client as c on c.client_key = f.client_key
    left join dim_agent as s on s.agent_key = f.sales_agent_key
    left join dim_agent as b on b.agent_key = f.signed_off_by_key and f.signed_off_by_key <> 0
    where h.handoff_id = $handoff_id and h.handoff_key <> 0
"""

CHECKS = """
    select k.stage, i.item, i.title, i.is_hard, k.weight, k.result, k.quality, k.is_waived, k.reason, k.evidence_url
    from fact_handoff_check as k
    inner join dim_handoff as h on h.handoff_key = k.handoff_key
    inner join dim_checklist_item as i on i.item_key = k.item_key
    where h.handoff_id = $handoff_id and h.handoff_key <> 0
    order by case k.stage when 'won' then 1 when 'signoff' then 2 else 3 end, k.weight desc, i.item
"""

GAPS = """
    select i.title, g.state, g.is_hard, g.detected_at_utc, g.resolved_at_utc, a.agent_name as owner
    from fact_gap as g
    inner join dim_handoff as h on h.handoff_key = g.handoff_key
    inner join dim_checklist_item as i on i.item_key = g.item_key
    left join dim_agent as a on a.agent_key = g.owner_agent_key
    where h.handoff_id = $handoff_id and h.handoff_key <> 0
    order by g.detected_at_utc, i.item
"""

PROJECTS = """
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

STAGES = (("won", "At the win", "score_at_won"), ("signoff", "At the sign-off", "score_at_signoff"), ("latest", "Now", "score_latest"))


def handoff(
    handoff_id: Annotated[int, typer.Argument(metavar="ID", help="The opportunity's id in HaloPSA.")],
    as_json: Json = False,
) -> None:
    """Explain a handoff: its score at each stage with every checked item, its gaps, kickoff, margin and links."""
    from handoff_pipeline.commands.published import Published

    explanation = explained(Published.of(load_settings()), handoff_id)
    if as_json:
        emit(explanation)
    else:
        show(explanation, out())


def explained(published: Published, handoff_id: int) -> dict[str, Any]:
    """Everything that is published of one handoff: `handoff`, `checks`, `gaps` and `projects`.

    Raises:
        HandoffError: no won opportunity has that id.
    """
    found = published.rows(HANDOFF, handoff_id=handoff_id)
    if not found:
        raise HandoffError(
            f"No handoff has the id {handoff_id}.",
            "Give the id of an opportunity that was won; deals that were never won are not handoffs.",
        )
    return {
        "handoff": found[0],
        "checks": published.rows(CHECKS, handoff_id=handoff_id),
        "gaps": published.rows(GAPS, handoff_id=handoff_id),
        "projects": published.rows(PROJECTS, handoff_id=handoff_id),
    }


def show(explanation: Mapping[str, Any], console: Console) -> None:
    """Print an explanation for a person."""
    deal = explanation["handoff"]
    console.print(plain(f"{deal['handoff_id']}  {deal['title']}", "bold"), soft_wrap=True)
    for label, value in (
        ("Client", deal["client_name"]),
        ("Sold by", f"{shown(deal['sales_agent'])} ({shown(deal['sales_team'])})"),
        ("Deal", f"{deal['deal_state']}, stage {deal['stage']}{', historic' if deal['is_historic'] else ''}"),
        ("Won", f"{deal['won_at_utc']} UTC{_first_won(deal)}"),
        ("Sign-off", f"{deal['signoff_state']} {_signed(deal)}"),
        ("Kickoff", kickoff_line(deal)),
        ("Sold", sold_line(deal)),
        ("Judged by", f"policy {deal['policy_version']}, history {deal['history_basis']}"),
        ("HaloPSA", deal["source_url"]),
    ):
        console.print(plain(f"  {label:<10} {shown(value)}"), soft_wrap=True)
    for stage, title, column in STAGES:
        checks = [check for check in explanation["checks"] if check["stage"] == stage]
        if checks:
            console.print()
            console.print(_checks(f"{title}: score {number(deal[column], 1)}", checks))
    _show_gaps(explanation["gaps"], console)
    _show_projects(explanation["projects"], console)


def _checks(title: str, checks: Sequence[Mapping[str, Any]]) -> Any:
    rows = [
        (
            f"{check['title']}{' (hard)' if check['is_hard'] else ''}",
            f"{check['result']}{' (waived)' if check['is_waived'] else ''}",
            number(check["quality"], 1),
            number(check["weight"], 0),
            check["reason"],
            check["evidence_url"],
        )
        for check in checks
    ]
    return table(title, ("item", "result", "quality", "weight", "reason", "evidence"), rows, right=("quality", "weight"))


def _show_gaps(gaps: Sequence[Mapping[str, Any]], console: Console) -> None:
    if not gaps:
        return
    console.print()
    rows = [
        (gap["title"], gap["state"], "hard" if gap["is_hard"] else "", shown(gap["detected_at_utc"]), shown(gap["owner"])) for gap in gaps
    ]
    console.print(table("Gaps", ("item", "state", "kind", "opened (UTC)", "owner"), rows))


def _show_projects(projects: Sequence[Mapping[str, Any]], console: Console) -> None:
    if not projects:
        return
    console.print()
    rows = [
        (
            project["project_id"],
            project["project_name"],
            project["project_state"],
            number(project["logged_hours"], 1),
            shown(project["margin_state"]),
            number(project["sold_margin_pct"], 1),
            number(project["forecast_margin_pct"], 1),
            number(project["erosion_pp"], 1),
        )
        for project in projects
    ]
    columns = ("project", "name", "state", "hours", "margin", "sold %", "now %", "erosion pp")
    console.print(table("Projects", columns, rows, right=("hours", "sold %", "now %", "erosion pp")))


def _signed(deal: Mapping[str, Any]) -> str:
    return f"by {shown(deal['signed_off_by'])} at {deal['signed_off_at_utc']} UTC" if deal["signed_off_at_utc"] else ""


def _first_won(deal: Mapping[str, Any]) -> str:
    return "" if deal["first_won_at_utc"] == deal["won_at_utc"] else f", first on {deal['first_won_at_utc']} UTC"


def kickoff_line(deal: Mapping[str, Any]) -> str:
    """When the kickoff was promised (and on what basis), planned and held."""
    parts = [deal["kickoff_state"], f"committed {shown(deal['kickoff_committed_date'])} ({deal['commit_basis']})"]
    if deal["kickoff_scheduled_at_utc"]:
        parts.append(f"planned {deal['kickoff_scheduled_at_utc']} UTC")
    if deal["kickoff_actual_at_utc"]:
        parts.append(f"held {deal['kickoff_actual_at_utc']} UTC{_late(deal['kickoff_delay_days'])}")
    if deal["kickoff_without_signoff"]:
        parts.append("WITHOUT a valid sign-off")
    return "; ".join(parts)


def _late(days: int | None) -> str:
    if days is None:
        return ""
    if days == 0:
        return ", on the committed day"
    return f", {abs(days)} day{'' if abs(days) == 1 else 's'} {'after' if days > 0 else 'before'} the commitment"


def sold_line(deal: Mapping[str, Any]) -> str:
    """What was sold, with its margin against the floor; says so where that cannot be known."""
    if deal["sold_revenue"] is None:
        return f"unknown (basis {deal['sold_basis']})"
    margin = f"margin {number(deal['sold_margin_pct'], 1)} % against a floor of {number(deal['margin_floor_pct'], 1)} %"
    below = ", BELOW the floor" if deal["below_margin_floor"] else ""
    return f"{number(deal['sold_revenue'], 2)} {deal['currency']}, {margin}{below} (basis {deal['sold_basis']})"


def number(value: Any, places: int) -> str:
    """A number with so many places and thousands separated; a dash where there is none."""
    return "–" if value is None else f"{value:,.{places}f}"


def shown(value: object) -> str:
    """The value, or a dash where there is none."""
    return "–" if value is None or value == "" else str(value)

"""How a handoff is shown: who, when and what was sold, its checks at each stage, its gaps, approvals and projects, and where it counts.

What is read is explain_handoff_rows'.
The one thing to know: all text from HaloPSA is shown as text; nothing in it is read as markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from handoff_pipeline.commands.amounts import number, shown
from handoff_pipeline.commands.explain_counts import show_bridge, show_counts, show_restatements
from handoff_pipeline.commands.explain_words import heading, rows, say
from handoff_pipeline.commands.screen import plain, table

STAGES = (("won", "At the win", "score_at_won"), ("signoff", "At the sign-off", "score_at_signoff"), ("latest", "Now", "score_latest"))


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
    show_checks(deal, explanation["checks"], console)
    _show_gaps(explanation["gaps"], console)
    _show_approvals(explanation["approvals"], console)
    _show_projects(explanation["projects"], console)
    for bridge in explanation["bridges"]:
        show_bridge(bridge, deal["base_currency"], console)
    show_counts(explanation["counts"], console)
    show_restatements(explanation["restatements"], console)


def show_checks(deal: Mapping[str, Any], checks: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print the items with how they stood at each stage, and why each shortfall was one."""
    seen = [(stage, title, deal[column]) for stage, title, column in STAGES if any(check["stage"] == stage for check in checks)]
    if not seen:
        return
    heading(console, " · ".join(f"{title}: score {number(score, 1)}" for _, title, score in seen))
    by_item: dict[str, dict[str, Mapping[str, Any]]] = {}
    for check in checks:
        by_item.setdefault(check["item"], {})[check["stage"]] = check
    cells = [
        (_item(stages), number(_any(stages)["weight"], 0), *(_result(stages.get(stage)) for stage, _, _ in seen))
        for stages in by_item.values()
    ]
    rows(console, ("item", "weight", *(title.lower() for _, title, _ in seen)), cells, right=("weight",))
    for stages in by_item.values():
        for reason, when in _reasons(stages).items():
            say(console, "", f"{_any(stages)['title']} ({', '.join(when)}): {reason}")


def _any(stages: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    return next(iter(stages.values()))


def _item(stages: Mapping[str, Mapping[str, Any]]) -> str:
    check = _any(stages)
    return f"{check['title']}{' (hard)' if check['is_hard'] else ''}"


def _result(check: Mapping[str, Any] | None) -> str:
    if check is None:
        return ""
    return f"{check['result'].replace('_', ' ')}{' (waived)' if check['is_waived'] else ''}"


def _reasons(stages: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Each reason of a shortfall once, with the stages that it was given at."""
    found: dict[str, list[str]] = {}
    for stage, title, _ in STAGES:
        check = stages.get(stage)
        if check is not None and check["result"] in {"missing", "partial"}:
            found.setdefault(check["reason"], []).append(title.lower())
    return found


def _show_gaps(gaps: Sequence[Mapping[str, Any]], console: Console) -> None:
    if not gaps:
        return
    console.print()
    rows = [
        (
            gap["title"],
            gap["state"],
            "hard" if gap["is_hard"] else "",
            shown(gap["detected_at_utc"]),
            number(gap["open_hours"], 1),
            shown(gap["owner"]),
        )
        for gap in gaps
    ]
    console.print(table("Gaps", ("item", "state", "kind", "opened (UTC)", "hours", "owner"), rows, right=("hours",)))


def _show_approvals(approvals: Sequence[Mapping[str, Any]], console: Console) -> None:
    if not approvals:
        return
    console.print()
    rows = [
        (
            each["kind"],
            shown(each["approver"]),
            shown(each["requested_at_utc"]),
            f"{each['result']}{', weak proof' if each['is_weak'] else ''}",
            shown(each["decided_at_utc"]),
        )
        for each in approvals
    ]
    console.print(table("Approvals asked", ("kind", "of", "asked (UTC)", "result", "decided (UTC)"), rows))


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
    if deal["client_hold_days"]:
        parts.append(f"{deal['client_hold_days']} days on hold for the client (not subtracted)")
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

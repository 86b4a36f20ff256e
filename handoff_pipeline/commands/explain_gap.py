"""`handoff explain gap KEY` or `HANDOFF:ITEM`: one shortfall, since when, who has to close it, and what closes it. Published tables only.

The one thing to know: an item may have been short more than once; the newest gap is explained and the others are named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console

from handoff_pipeline.commands.amounts import number, shown
from handoff_pipeline.commands.screen import Json, emit, out, plain
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import load_settings

if TYPE_CHECKING:
    from handoff_pipeline.commands.published import Published

EXAMPLES = """Examples:\n
handoff explain gap 1042:signed_scope\n
handoff explain gap 2206431645419300 --json"""

GAPS: Final = """
    select
        g.gap_key, h.handoff_id, h.title as handoff, h.deal_state, c.client_name, i.item, i.title, i.mode, i.control_ids, i.is_retired,
        g.is_hard, g.state, g.detected_at_utc, g.resolved_at_utc, a.agent_name as owner, g.due_at_utc, g.acknowledged_at_utc,
        g.first_escalated_at_utc, g.escalation_level, g.open_hours, g.within_sla, g.source_url
    from fact_gap as g
    inner join dim_handoff as h on h.handoff_key = g.handoff_key
    inner join dim_checklist_item as i on i.item_key = g.item_key
    left join dim_client as c on c.client_key = g.client_key
    left join dim_agent as a on a.agent_key = g.owner_agent_key
    where {chosen}
    order by g.detected_at_utc desc, g.gap_key
"""
BY_KEY: Final = GAPS.format(chosen="g.gap_key = $gap_key")
OF_HANDOFF: Final = GAPS.format(chosen="h.handoff_id = $handoff_id and h.handoff_key <> 0")

CHECKS: Final = """
    select k.stage, k.result, k.quality, k.is_waived, k.reason, k.evidence_url, k.policy_version, k.checked_at_utc
    from fact_handoff_check as k
    inner join dim_handoff as h on h.handoff_key = k.handoff_key
    inner join dim_checklist_item as i on i.item_key = k.item_key
    where h.handoff_id = $handoff_id and h.handoff_key <> 0 and i.item = $item
    order by case k.stage when 'won' then 1 when 'signoff' then 2 else 3 end
"""
STAGES: Final = {"won": "at the win", "signoff": "at the sign-off", "latest": "now"}
LARGEST: Final = 2**63 - 1


def gap(
    which: Annotated[str, typer.Argument(metavar="KEY|HANDOFF:ITEM", help="The gap's key, or the opportunity's id and the item's id.")],
    as_json: Json = False,
) -> None:
    """Explain a gap: how its item was judged at each stage, who owns it, since when it is open, when it is due and what closes it."""
    from handoff_pipeline.commands.published import Published

    explanation = explained(Published.of(load_settings()), which)
    if as_json:
        emit(explanation)
    else:
        show(explanation, out())


def explained(published: Published, which: str) -> dict[str, Any]:
    """Everything that is published of one gap: itself (`gap`), and of its item `checks`, `others`, `exceptions`, `feedback`, `counts`.

    Raises:
        HandoffError: there is no such gap; names those that the handoff has.
    """
    from handoff_pipeline.commands.explain_counts import OF_GAP
    from handoff_pipeline.commands.explain_gap_people import said_of

    found = gaps_named(published, which.strip())
    gap_row = found[0]
    return {
        "gap": gap_row,
        "checks": published.rows(CHECKS, handoff_id=gap_row["handoff_id"], item=gap_row["item"]),
        "others": [{"gap_key": row["gap_key"], "state": row["state"], "detected_at_utc": row["detected_at_utc"]} for row in found[1:]],
        "counts": published.rows(OF_GAP, gap_key=gap_row["gap_key"]),
        **said_of(published, gap_row["handoff_id"], gap_row["item"]),
    }


def gaps_named(published: Published, which: str) -> list[dict[str, Any]]:
    """The gaps of a key, or of a handoff's item, the newest first; at least one.

    Raises:
        HandoffError: there is none; names those that the handoff has.
    """
    number_part, colon, item = which.partition(":")
    if not number_part.isascii() or not number_part.isdigit() or int(number_part) > LARGEST or (colon and not item):
        raise HandoffError(
            f"{which!r} names no gap.", "Give its key, or HANDOFF:ITEM as 1042:signed_scope; `handoff explain handoff` lists them."
        )
    if not colon:
        found = published.rows(BY_KEY, gap_key=int(number_part))
        if not found:
            raise HandoffError(f"No gap has the key {number_part}.", "Give HANDOFF:ITEM instead, for example 1042:signed_scope.")
        return found
    every = published.rows(OF_HANDOFF, handoff_id=int(number_part))
    found = [row for row in every if row["item"] == item]
    if not found:
        items = ", ".join(dict.fromkeys(row["item"] for row in every))
        fix = f"Its gaps: {items}." if items else "It has never had a gap, or is no handoff: `handoff explain handoff` tells."
        raise HandoffError(f"Handoff {number_part} has no gap in {item!r}.", fix)
    return found


def show(explanation: Mapping[str, Any], console: Console) -> None:
    """Print an explanation for a person."""
    from handoff_pipeline.commands.explain_counts import show_counts
    from handoff_pipeline.commands.explain_gap_people import show_said
    from handoff_pipeline.commands.explain_words import heading, rows, say

    row = explanation["gap"]
    console.print(plain(f"{row['title']} · handoff {row['handoff_id']}  {row['handoff']}", "bold"), soft_wrap=True)
    hard = "hard: it caps the score" if row["is_hard"] else "not hard"
    controls = f", controls {row['control_ids']}" if row["control_ids"] else ""
    for label, value in (
        ("State", f"{row['state'].replace('_', ' ')}; {hard}; mode {row['mode']}{controls}"),
        ("Client", row["client_name"]),
        ("Owner", row["owner"]),
        ("Open", f"{number(row['open_hours'], 1)} business hours, since {row['detected_at_utc']} UTC{_until(row)}"),
        ("Due", _due(row)),
        ("Closes it", closing(row, explanation["checks"])),
        ("HaloPSA", row["source_url"]),
    ):
        say(console, label, value)
    heading(console, "How the item was judged")
    cells = [
        (
            STAGES[check["stage"]],
            f"{check['result'].replace('_', ' ')}{' (waived)' if check['is_waived'] else ''}",
            number(check["quality"], 1),
            f"{check['checked_at_utc']} UTC",
            check["policy_version"],
        )
        for check in explanation["checks"]
    ]
    rows(console, ("when", "result", "quality", "stands since", "policy"), cells, right=("quality",))
    reasons: dict[str, list[str]] = {}
    for check in explanation["checks"]:
        reasons.setdefault(f"{check['reason']}{_elsewhere(check, row)}", []).append(STAGES[check["stage"]])
    for reason, when in reasons.items():
        say(console, "", f"{', '.join(when)}: {reason}")
    if explanation["others"]:
        heading(console, "The same item was short before")
        rows(
            console,
            ("key", "state", "opened (UTC)"),
            [(each["gap_key"], each["state"], each["detected_at_utc"]) for each in explanation["others"]],
        )
    show_said(explanation, console)
    show_counts(explanation["counts"], console)


def _until(row: Mapping[str, Any]) -> str:
    return f" until {row['resolved_at_utc']} UTC" if row["resolved_at_utc"] else ""


def _due(row: Mapping[str, Any]) -> str:
    kept = {True: ", kept", False: ", NOT kept", None: ""}[row["within_sla"]]
    due = f"{row['due_at_utc']} UTC{kept}" if row["due_at_utc"] else "no time is set"
    escalated = (
        f"; escalated {row['first_escalated_at_utc']} UTC to level {row['escalation_level']}" if row["first_escalated_at_utc"] else ""
    )
    acknowledged = f", acknowledged {row['acknowledged_at_utc']} UTC" if row["acknowledged_at_utc"] else ""
    return f"{due}{escalated}{acknowledged}"


def _elsewhere(check: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """The evidence's address, where it is not the deal's own page."""
    return f" Evidence: {check['evidence_url']}" if check["evidence_url"] and check["evidence_url"] != row["source_url"] else ""


def closing(row: Mapping[str, Any], checks: list[Mapping[str, Any]]) -> str:
    """What closes the gap, or how it ended."""
    ended = {
        "resolved": "closed: the item was met",
        "moot": "nothing any more: the deal is not won, or the item no longer applies",
        "waived": "waived; it opens again when the waiver ends",
    }
    if row["state"] in ended:
        return ended[row["state"]]
    now = next((check for check in checks if check["stage"] == "latest"), None)
    return f"the first night on which the item is met. Now: {shown(now['reason'] if now else None)}"

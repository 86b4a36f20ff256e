"""`handoff override`: asks for an exception from a control, with what stands in for it and an end, lists what was asked, and closes one.

Who approves and what an answer is worth is governance's (overriding). The one thing to know: asking grants nothing. Two people answer at
HaloPSA, neither of them the one who asked, and the exception ends by itself.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from handoff_pipeline.clock import clock_for
from handoff_pipeline.commands.at_hand import By, Reason, Yes, agent_named, may_write, open_ledger, people_published
from handoff_pipeline.commands.screen import Json, emit, out, plain, table
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from handoff_pipeline.ledger import Override
    from handoff_pipeline.policy import Policy

EXAMPLES = """Examples:\n
handoff override request 1042:signed_scope --by 12 --until 2026-12-18 --reason "signed on Friday" --instead "no kickoff before"\n
handoff override list\n
handoff override close 1042:signed_scope --by 12
"""
REQUEST_EXAMPLES = """Examples:\n
handoff override request 1042:signed_scope --by 12 --until 2026-12-18 --reason "the client signs on Friday" --instead "no kickoff before"\n
handoff override request 1042:signed_scope --by 12 --until 2026-12-18 --reason "..." --instead "..." --control HC-3 --yes --json
"""
LIST_EXAMPLES = """Examples:\n
handoff override list\n
handoff override list --all --json
"""
CLOSE_EXAMPLES = """Examples:\n
handoff override close 1042:signed_scope --by 12\n
handoff override close 1042:signed_scope --by "Jo Field" --yes --json
"""
GRANTED: Final = frozenset({"approved", "expired"})
HANDOFF: Final = """
    select h.handoff_id, h.title, h.source_url, f.sold_revenue_base, s.halo_agent_id as seller_id
    from dim_handoff as h
    left join fact_handoff as f on f.handoff_key = h.handoff_key
    left join dim_agent as s on s.agent_key = f.sales_agent_key and s.agent_key <> 0
    where h.handoff_id = $handoff_id and h.handoff_key <> 0
"""


def request(
    which: Annotated[
        str, typer.Argument(metavar="HANDOFF:ITEM", help="The opportunity's id and the checklist item, as 1042:signed_scope.")
    ],
    by: By,
    until: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last local day on which it holds.")],
    reason: Reason,
    instead: Annotated[str, typer.Option("--instead", help="The compensating control: what is done in the item's place.")],
    control: Annotated[str | None, typer.Option("--control", help="The control, where the item serves several.")] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Ask for an exception from a checklist item; two people are then asked at HaloPSA."""
    from handoff_pipeline.policy import load_policy

    settings = load_settings()
    policy, asker = load_policy(settings.policy_file), agent_named(people_published(settings), by)
    asked = _asked(settings, policy, which, control, asker, until, reason, instead)
    if not as_json:
        _show(asked)
    is_written = may_write("Ask for it?", yes=yes, as_json=as_json)
    if is_written:
        with open_ledger(settings) as ledger:
            ledger.people.request_override(asked)
    if as_json:
        emit({"written": is_written, "override": asdict(asked)})
    else:
        asks = "The job `approve` asks two people at HaloPSA: `handoff approve list`."
        waits = f"In phase {policy.rollout.phase} nothing is written to HaloPSA, so nobody is asked before the pilot."
        out().print(plain(f"Asked for; nothing is granted yet. {asks if policy.rollout.is_acting else waits}"), soft_wrap=True)


def show_all(
    every: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    as_json: Json = False,
) -> None:
    """List exceptions that are asked for, hold, or have run out and are not closed, with what stands in for the control and their end."""
    with open_ledger(load_settings()) as ledger:
        found = [one for one in ledger.people.overrides() if every or one.state == "requested" or _is_granted(one)]
    if as_json:
        emit({"overrides": [asdict(one) for one in found]})
        return
    if not found:
        out().print(plain("No exception is asked for or holds."))
        return
    cells = [
        (
            one.handoff_id,
            one.item,
            one.control_id,
            one.state,
            one.requested_by,
            f"{one.expires_at:%Y-%m-%d %H:%M}",
            one.reason,
            one.compensating_control,
        )
        for one in found
    ]
    columns = ("handoff", "item", "control", "state", "asked by", "ends (UTC)", "reason", "instead")
    out().print(table("Exceptions", columns, cells, right=("handoff", "asked by")))


def close(
    which: Annotated[
        str, typer.Argument(metavar="HANDOFF:ITEM", help="The opportunity's id and the checklist item, as 1042:signed_scope.")
    ],
    by: By,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Close an exception that was granted: it is needed no more, or somebody has seen to what it covered after it ran out."""
    settings = load_settings()
    closer, now = agent_named(people_published(settings), by), clock_for(settings.as_of).now()
    with open_ledger(settings) as ledger:
        found = [one for one in ledger.people.overrides() if f"{one.handoff_id}:{one.item}" == which.strip() and _is_granted(one)]
        if not found:
            raise HandoffError(f"No granted exception of {which!r} is open.", "`handoff override list` shows them.")
        if not as_json:
            for one in found:
                ends = f"{'ended' if one.expires_at <= now else 'ends'} {one.expires_at:%Y-%m-%d %H:%M} UTC"
                out().print(plain(f"{one.handoff_id}:{one.item}, {ends}: {one.reason}"), soft_wrap=True)
        is_written = may_write("Close it? Where the item is still not met, its gap is open again.", yes=yes, as_json=as_json)
        if is_written:
            for one in found:
                ledger.people.decide_override(one.override_id, "closed", now, by=closer)
    if as_json:
        emit({"written": is_written, "closed": [one.override_id for one in found]})


def _is_granted(override: Override) -> bool:
    """Whether it was approved and nobody has closed it; what ran out unanswered never was."""
    return override.approved_at is not None and override.state in GRANTED


def _asked(
    settings: Settings, policy: Policy, which: str, control: str | None, asker: int, until: datetime, reason: str, instead: str
) -> Override:
    """The request as a record.

    Raises:
        HandoffError: no such handoff, item or control; no reason, nothing instead, or an end that is over.
    """
    from handoff_pipeline.governance.overriding import override_id_of
    from handoff_pipeline.ledger import Override

    row, item = _handoff(settings, which)
    control_id = _control(policy, item, control)
    for words, name in ((reason, "--reason"), (instead, "--instead")):
        if not words.strip():
            raise HandoffError(f"{name} is empty.", "Say it in a sentence: the approvers read it.")
    now, calendar = clock_for(settings.as_of).now(), policy.business_calendar
    ends = calendar.utc(until.date() + timedelta(days=1)).replace(tzinfo=UTC)
    if ends <= now:
        raise HandoffError(f"--until {until:%Y-%m-%d} is over.", f"Name today ({calendar.local_day(now)}) or a later day.")
    amount = row["sold_revenue_base"]
    return Override(
        override_id=override_id_of(row["handoff_id"], item, control_id, asker, now),
        handoff_id=row["handoff_id"],
        item=item,
        control_id=control_id,
        reason=reason.strip(),
        compensating_control=instead.strip(),
        amount_base=None if amount is None else Decimal(str(amount)),
        requested_by=asker,
        requested_at=now,
        expires_at=ends,
        source_url=row["source_url"],
        seller_id=row["seller_id"] or 0,
    )


def _handoff(settings: Settings, which: str) -> tuple[dict[str, Any], str]:
    from handoff_pipeline.commands.published import Published

    number, _, item = which.strip().partition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 19 and item):
        raise HandoffError(f"{which!r} names no handoff and item.", "Give HANDOFF:ITEM as 1042:signed_scope.")
    rows = Published.of(settings).rows(HANDOFF, handoff_id=int(number))
    if not rows:
        raise HandoffError(f"No handoff {number} is published.", "Give the id of a won opportunity; `handoff explain handoff` shows one.")
    return rows[0], item


def _control(policy: Policy, item: str, control: str | None) -> str:
    """The control that the item serves; empty where it serves none."""
    known = {one.id: one.control_ids for one in policy.checklist.items}
    for overlay in policy.overlays.values():
        for changed in overlay.items:
            known.setdefault(changed.id, changed.control_ids or [])
    if item not in known:
        raise HandoffError(f"There is no checklist item {item!r}.", f"Known are {', '.join(sorted(known))}.")
    serves = known[item]
    if control is not None and control not in serves:
        raise HandoffError(
            f"{item} does not serve the control {control!r}.", f"It serves {', '.join(serves) or 'none: leave --control out'}."
        )
    if control is None and len(serves) > 1:
        raise HandoffError(f"{item} serves {len(serves)} controls.", f"Say which with --control: {', '.join(serves)}.")
    return control or next(iter(serves), "")


def _show(asked: Override) -> None:
    console = out()
    console.print(plain(f"Exception from {asked.item} on handoff {asked.handoff_id}", "bold"), soft_wrap=True)
    for label, value in (
        ("Control", asked.control_id or "none"),
        ("Reason", asked.reason),
        ("Instead", asked.compensating_control),
        ("Ends", f"{asked.expires_at:%Y-%m-%d %H:%M} UTC"),
        ("Amount", asked.amount_base if asked.amount_base is not None else "not known"),
        ("Asked for by", f"agent {asked.requested_by}, who may not approve it"),
    ):
        console.print(plain(f"  {label}: {value}"), soft_wrap=True)

"""`handoff snooze` and `handoff appeal`: a person's word on one gap: later, or none.

What follows from it is governance's, and the same words can be said in a note at HaloPSA (docs/policy.md). The one thing to know: neither
changes a result: a gap that is put off stays open and in the figures, and an appeal is judged by people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from handoff_pipeline.clock import clock_for
from handoff_pipeline.commands.at_hand import By, Reason, Yes, agent_named, may_write, need_reason, open_ledger, people_published
from handoff_pipeline.commands.screen import Json, emit, out, plain
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from handoff_pipeline.governance.remediation_rows import GapRow
    from handoff_pipeline.ledger import Snooze
    from handoff_pipeline.policy import Policy

SNOOZE_EXAMPLES = """Examples:\n
handoff snooze 1042:signed_scope --until 2026-12-04 --by "Jo Field" --reason "the client signs on Thursday"\n
handoff snooze 2206431645419300 --until 2026-12-04 --by 12 --reason "on leave" --yes --json
"""
APPEAL_EXAMPLES = """Examples:\n
handoff appeal 1042:signed_scope --by "Jo Field" --reason "the scope is in the quotation's appendix"\n
handoff appeal 1042:signed_scope --by 12 --reason "the scope is in the appendix" --yes --json
"""
OPEN: Final = frozenset({"open", "waiver_expired"})

Gap = Annotated[str, typer.Argument(metavar="GAP", help="The gap's key, or HANDOFF:ITEM as 1042:signed_scope.")]
Until = Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last local day on which the gap is left alone.")]


def snooze(gap: Gap, until: Until, by: By, reason: Reason, yes: Yes = False, as_json: Json = False) -> None:
    """Put a gap off until the end of a day: no cards and no escalation till then. It stays open and is counted."""
    from handoff_pipeline.ledger import Snooze
    from handoff_pipeline.policy import load_policy

    settings = load_settings()
    policy, row, agent = load_policy(settings.policy_file), _open_gap(settings, gap), agent_named(people_published(settings), by)
    now = clock_for(settings.as_of).now()
    need_reason(reason)
    put_off = Snooze(_gap_row(row).gap_id, _end(policy, until, now), reason.strip(), agent, now)
    with open_ledger(settings) as ledger:
        left_alone_until = _effective(policy, _gap_row(row), [*ledger.people.snoozes(), put_off], now)
        if not as_json:
            _show(row)
            words = f"  left alone until {left_alone_until:%Y-%m-%d %H:%M} UTC, says agent {agent}: {put_off.reason}"
            out().print(plain(words), soft_wrap=True)
        is_written = may_write("Put it off?", yes=yes, as_json=as_json)
        if is_written:
            ledger.people.snooze(put_off)
    _told({"written": is_written, "snooze": asdict(put_off)}, "Put off. The digest counts it under 'Put off'.", as_json=as_json)


def appeal(gap: Gap, by: By, reason: Reason, yes: Yes = False, as_json: Json = False) -> None:
    """Say that a gap is none (a false positive): kept as feedback on the item, for the people who own the policy."""
    from handoff_pipeline.governance.appeals import feedback_of

    settings = load_settings()
    row, agent = _open_gap(settings, gap), agent_named(people_published(settings), by)
    need_reason(reason)
    now = clock_for(settings.as_of).now()
    feedback = feedback_of(_gap_row(row), agent, now, reason.strip(), f"command_line/{now:%Y-%m-%dT%H:%M:%S}")
    if not as_json:
        _show(row)
        out().print(plain(f"  is none, says agent {agent}: {feedback.note}"), soft_wrap=True)
    is_written = may_write("Keep this appeal?", yes=yes, as_json=as_json)
    if is_written:
        with open_ledger(settings) as ledger:
            ledger.people.report(feedback)
    words = "Kept as feedback. The gap stays open and due until the item is met, waived, or the policy changes."
    _told({"written": is_written, "feedback": asdict(feedback)}, words, as_json=as_json)


def _open_gap(settings: Settings, which: str) -> dict[str, Any]:
    """The newest gap of that name.

    Raises:
        HandoffError: there is none, or it is closed.
    """
    from handoff_pipeline.commands.explain_gap import gaps_named
    from handoff_pipeline.commands.published import Published

    row: dict[str, Any] = gaps_named(Published.of(settings), which.strip())[0]
    if row["state"] not in OPEN:
        raise HandoffError(
            f"This gap is {row['state']} already.", f"`handoff explain gap {which}` tells how it ended; nothing is left to say."
        )
    return row


def _end(policy: Policy, until: datetime, now: datetime) -> datetime:
    """The end of that local day, as a note at HaloPSA would mean it.

    Raises:
        HandoffError: the day is over, or further off than the policy allows.
    """
    calendar, most = policy.business_calendar, policy.remediation.snooze.maximum_days
    today = calendar.local_day(now)
    days = (until.date() - today).days
    if not 0 <= days <= most:
        raise HandoffError(
            f"--until {until:%Y-%m-%d} is {'in the past' if days < 0 else f'{days} days off'}.",
            f"Name a day from {today} to {today + timedelta(days=most)}: a gap is put off for {most} days at most (remediation.snooze).",
        )
    return calendar.utc(until.date() + timedelta(days=1)).replace(tzinfo=UTC)


def _effective(policy: Policy, gap: GapRow, snoozes: Sequence[Snooze], now: datetime) -> datetime:
    """Until when the gap is left alone with all that was said of it: the days that the policy allows count from the first time.

    Raises:
        HandoffError: they are over.
    """
    from handoff_pipeline.governance.remediation_rows import RemediationState
    from handoff_pipeline.governance.sla import answers_of

    until = answers_of([gap], RemediationState(snoozes=snoozes)).snoozed_until(gap, policy, now)
    if until is None or until <= now:
        most = policy.remediation.snooze.maximum_days
        raise HandoffError(
            f"This gap was put off before, and the {most} days from then are over.",
            "Have it closed, or ask for an exception: `handoff override request`.",
        )
    return until


def _gap_row(row: dict[str, Any]) -> GapRow:
    from handoff_pipeline.governance.remediation_rows import GapRow, gap_id_of

    detected = row["detected_at_utc"].replace(tzinfo=UTC)
    return GapRow(
        gap_id=gap_id_of(row["handoff_id"], row["item"], detected), handoff_id=row["handoff_id"], item=row["item"], title=row["title"],
        is_hard=bool(row["is_hard"]), mode=row["mode"], state=row["state"], reason="", fix="", detected_at=detected,
    )  # fmt: skip


def _show(row: dict[str, Any]) -> None:
    title = f"{row['title']} · handoff {row['handoff_id']}  {row['handoff']}"
    out().print(plain(title, "bold"), soft_wrap=True)
    out().print(plain(f"  {row['state']} since {row['detected_at_utc']} UTC, owner {row['owner'] or 'nobody'}"), soft_wrap=True)


def _told(payload: dict[str, Any], words: str, *, as_json: bool) -> None:
    if as_json:
        emit(payload)
    else:
        out().print(plain(words), soft_wrap=True)

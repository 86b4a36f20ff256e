"""Digests: the week's on Monday with owners and what changed, and a short one on other working days on which something happened. Pure.

Cards for single persons are elsewhere; how a card looks is the channel's. The one thing to know: a digest is read by a whole channel, so it
names clients and handoff numbers and no deal's title, and each uncertain delivery stands in one digest, the next one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from handoff_pipeline.channels.card_content import Content, Fact, Head, Row
from handoff_pipeline.governance.acknowledging import Misread
from handoff_pipeline.governance.bypassing import Bypass
from handoff_pipeline.governance.card_words import channel_of, counted, cut, document
from handoff_pipeline.governance.catching_up import ARRIVED, CATCH_UP, LOOK_BACK
from handoff_pipeline.governance.digest_rows import changed_rows, gap_facts, owner_rows, some
from handoff_pipeline.governance.proposals import Proposal, expiry, is_shadow, keyed
from handoff_pipeline.governance.situation import Situation, Standing
from handoff_pipeline.governance.writeback import strongest_mode
from handoff_pipeline.ledger.intent_states import State
from handoff_pipeline.ledger.records_action import AuditHead, Intent
from handoff_pipeline.policy.calendar import WEEKDAYS

MOST_LOST: Final = 15
"""Deliveries to look at that have a row of their own; further ones are counted, so that an outage leaves room for the rest."""
_WEEK: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)
_SAID_OF_LOST: Final[Mapping[State, str]] = {
    "uncertain": "may have arrived",
    "failed": "did not arrive",
    "conflict": "was not written: the record had changed",
    "expired": "was not approved or sent in time",
}


@dataclass(frozen=True, kw_only=True)
class News:
    """What a digest tells besides gaps: bypasses, notes that were not understood, and the audit chain's head to keep off this host."""

    bypasses: Sequence[Bypass] = ()
    misread: Sequence[Misread] = ()
    head: AuditHead | None = None


NO_NEWS: Final = News()


def digests(situation: Situation, news: News) -> Iterator[Proposal]:
    """The week's digest from its weekday and hour on; on another working day, from that hour on, a short one if something happened."""
    local = situation.now.astimezone(situation.calendar.time_zone)
    settings = situation.policy.teams.digest
    day = local.date()
    monday = day - timedelta(days=day.weekday())
    due_on = monday + timedelta(days=WEEKDAYS.index(settings.weekday))
    week = day.isocalendar()
    is_past_hour = situation.now >= situation.calendar.utc(day, time(settings.hour)).replace(tzinfo=UTC)
    weekly = f"digest|{week.year}-W{week.week:02}"
    if day > due_on or (day == due_on and is_past_hour):
        yield from _digest(situation, news, weekly, f"Week {week.week}", _WEEK, is_weekly=True)
    if day != due_on and is_past_hour and situation.calendar.is_business_day(day):
        yield from _digest(situation, news, f"digest|{day:%Y-%m-%d}", f"{day:%A}", _DAY, is_weekly=False)


def audit_heads(situation: Situation, head: AuditHead | None) -> Iterator[Proposal]:
    """The audit chain's head, once a local day, off this host. It tells nothing of a customer, so it goes out in every phase."""
    if head is None:
        return
    day, begin = situation.calendar.local_day(situation.now), situation.may_be_told_at
    key = f"audit_head|{day:%Y-%m-%d}"
    if key in situation.state.by_key:
        return
    content = Content(
        card="digest", title="Head of the audit chain", head=Head(seq=head.seq, row_hash=head.row_hash),
        summary="Keep this card: with it `handoff audit verify --head` finds out whether later rows were cut off.",
        channel=channel_of(situation.policy, "digest"),
    )  # fmt: skip
    yield Proposal(
        dedupe_key=key, target="teams", action="audit_head", effect="alert", mode="shadow", is_shadow=False, handoff_id=None,
        content=content.document(), shown=f"Head of the audit chain, row {head.seq}", not_before=begin,
        expires_at=expiry(begin, situation.policy),
    )  # fmt: skip


def _digest(situation: Situation, news: News, base: str, name: str, span: timedelta, *, is_weekly: bool) -> Iterator[Proposal]:
    mode = strongest_mode(situation.policy)
    shadow = is_shadow(situation.policy, mode, True, "digest")
    key = keyed(base, shadow)
    if key in situation.state.by_key:
        return
    since = _since(situation, shadow, span)
    gaps = [one for one in situation.gaps if is_shadow(situation.policy, one.gap.mode, one.gap.in_pilot, "digest") is shadow]
    lost = _lost(situation, shadow)
    rows = _rows(situation, news, gaps, lost, since, is_weekly=is_weekly)
    if not rows and not is_weekly:
        return
    content = Content(
        card="digest", title=f"{name}: {counted(sum(one.gap.is_open for one in gaps), 'open gap')}",
        facts=_facts(situation, gaps, since), channel=channel_of(situation.policy, "digest"),
    )  # fmt: skip
    begin = situation.may_be_told_at
    yield Proposal(
        dedupe_key=key, target="teams", action="digest", effect="digest", mode=mode, is_shadow=shadow, handoff_id=None,
        content=document(content, rows), shown=f"Digest: {content.title}", not_before=begin, expires_at=expiry(begin, situation.policy),
    )  # fmt: skip


def _since(situation: Situation, shadow: bool, span: timedelta) -> datetime:
    """What changed is counted from a week or a day ago, or from the last digest of that lane where that is longer ago."""
    told = max((one.proposed_at for one in _earlier(situation, shadow)), default=None)
    if told is None:
        # None was ever taken: from what the first one would have told, as far as that is news.
        first = min((one.proposed_at for one in _regular(situation, shadow)), default=situation.now)
        told = max(first - span, situation.now - LOOK_BACK)
    return min(situation.now - span, told)


def _regular(situation: Situation, shadow: bool) -> list[Intent]:
    """Digests of that lane so far, but for those that only caught up after an outage."""
    return [
        one for one in situation.state.intents
        if one.action == "digest" and one.is_shadow is shadow and not one.dedupe_key.startswith(CATCH_UP)
    ]  # fmt: skip


def _earlier(situation: Situation, shadow: bool) -> list[Intent]:
    """Those of them that were taken, or were recorded. One that may have come counts as none."""
    return [one for one in _regular(situation, shadow) if shadow or one.state in ARRIVED]


def _facts(situation: Situation, gaps: list[Standing], since: datetime) -> tuple[Fact, ...]:
    intents = situation.state.intents
    waiting = sum(one.state == "proposed" and one.action_class != "automatic" and not one.is_shadow for one in intents)
    unknown = sum(one.state == "uncertain" for one in intents)
    return (*gap_facts(situation, gaps, since), *some("Waiting for an approver", waiting), *some("Deliveries of unknown end", unknown))


def _rows(situation: Situation, news: News, gaps: list[Standing], lost: list[Intent], since: datetime, *, is_weekly: bool) -> list[Row]:
    rows = [_lost_row(one) for one in lost[:MOST_LOST]]
    rows += [_further_row(len(lost) - MOST_LOST)] if len(lost) > MOST_LOST else []
    rows += [_bypass_row(one) for one in sorted(news.bypasses, key=lambda each: each.sort_key) if one.detected_at > since]
    rows += owner_rows(situation, gaps) if is_weekly else []
    rows += changed_rows(situation, gaps, since)
    rows += [_misread_row(one) for one in sorted(news.misread, key=lambda each: (each.handoff_id, each.far_ref)) if one.at > since]
    return rows


def _lost(situation: Situation, shadow: bool) -> list[Intent]:
    """Deliveries that nobody knows the end of, or that did not come about, and that no digest has named so far."""
    last = max((one.proposed_at for one in _earlier(situation, shadow)), default=datetime.min.replace(tzinfo=UTC))
    found = [one for one in situation.state.intents if _is_lost(one) and not one.is_shadow and _ended(one) > last]
    return sorted(found, key=lambda one: (one.state != "uncertain", _ended(one), one.intent_id))


def _is_lost(one: Intent) -> bool:
    return one.state in _SAID_OF_LOST and (one.state != "expired" or one.target == "halopsa")


def _ended(one: Intent) -> datetime:
    return one.settled_at or one.sent_at or one.claimed_at or one.proposed_at


def _lost_row(one: Intent) -> Row:
    subject = f" on handoff {one.handoff_id}" if one.handoff_id is not None else ""
    return Row(
        title=f"{one.action.replace('_', ' ')}{subject}: {_SAID_OF_LOST[one.state]}", detail=f"Intent {one.intent_id[:12]}",
        weight="warning", group="Deliveries to look at", url=one.source_url or "", fix=f"handoff outbox show {one.intent_id[:12]}",
    )  # fmt: skip


def _further_row(number: int) -> Row:
    return Row(
        title=f"{counted(number, 'further delivery', 'further deliveries')}", weight="warning", group="Deliveries to look at",
        fix="handoff outbox list --state uncertain --state failed --state conflict",
    )  # fmt: skip


def _bypass_row(one: Bypass) -> Row:
    subject = f"handoff {one.handoff_id}" if one.handoff_id is not None else f"project {one.project_id}"
    return Row(
        title=cut(one.detail, 200),
        detail=subject,
        weight="attention",
        group="Gone round the checklist",
        owner=one.agent_id or 0,
        url=one.source_url,
    )


def _misread_row(one: Misread) -> Row:
    return Row(title=one.why, detail=f"Note {one.far_ref}", weight="warning", group="Notes that were not understood", owner=one.agent_id)

"""Teams away for days: what must hold of the digest that catches up, for any gaps, answers of Teams and length of the outage."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from handoff_pipeline.channels.card_content import Content, read
from handoff_pipeline.governance.catching_up import CATCH_UP
from handoff_pipeline.governance.proposals import as_intent
from handoff_pipeline.governance.remediation import decide, withdraw
from handoff_pipeline.governance.remediation_rows import GapRow, RemediationState
from handoff_pipeline.ledger.intent_states import State
from handoff_pipeline.ledger.records_action import Intent
from tests.governance.remediation_world import ALICE, BEN, MONDAY, PEOPLE, TENANT, at, closed, gap, kept, policy

OPERATE = policy("operate")
LONDON = ZoneInfo("Europe/London")
ENDED = {"refused", "expired"}


class World:
    """Gaps, an outbox in memory, and a Teams that answers as it is told; decisions and deliveries come every few hours."""

    def __init__(self, gaps: list[GapRow]) -> None:
        self.gaps, self.state, self.sent = gaps, RemediationState(), list[Intent]()

    def until(self, now: datetime) -> list[GapRow]:
        """The gaps as a build at that moment shows them."""
        seen = [one for one in self.gaps if one.detected_at <= now]
        return [one if one.resolved_at is None or one.resolved_at <= now else replace(one, state="open", resolved_at=None) for one in seen]

    def step(self, now: datetime, answer: str) -> list[Intent]:
        """Decide, take back, expire, and deliver what is due; returns what Teams took. An unknown end stops the run."""
        gaps = self.until(now)
        new = [replace(as_intent(one, TENANT, OPERATE, now), state="approved") for one in decide(gaps, PEOPLE, self.state, OPERATE, now)]
        self._keep([*self.state.intents, *new])
        gone = {one.intent_id: one.detail for one in withdraw(gaps, PEOPLE, self.state, OPERATE, now)}
        self._keep([self._ended(one, gone, now) for one in self.state.intents])
        due = [one for one in self.state.intents if one.state == "approved" and one.target == "teams" and _is_due(one, now)]
        if answer == "dark":
            self._settle({one.intent_id: "uncertain" for one in due[:1]}, now)
            return []
        if answer == "down":
            return []
        self._settle({one.intent_id: "accepted" for one in due}, now)
        self.sent += due
        return due

    def _keep(self, intents: list[Intent]) -> None:
        self.state = replace(self.state, intents=intents)

    def _ended(self, one: Intent, gone: dict[str, str], now: datetime) -> Intent:
        if one.intent_id in gone:
            return replace(one, state="refused", settled_at=now, detail=gone[one.intent_id])
        over = one.state == "approved" and one.target == "teams" and one.expires_at <= now
        return replace(one, state="expired", settled_at=now) if over else one

    def _settle(self, ends: dict[str, State], now: datetime) -> None:
        self._keep([replace(one, state=ends[one.intent_id], sent_at=now, claimed_at=now) if one.intent_id in ends else one
                    for one in self.state.intents])  # fmt: skip

    def of(self, *actions: str) -> list[Intent]:
        return [one for one in self.state.intents if one.action in actions]


def _is_due(one: Intent, now: datetime) -> bool:
    return one.next_try_at is None or one.next_try_at <= now


def day_of(moment: datetime) -> str:
    local = moment.astimezone(LONDON)
    return f"{local:%a} {local.day} {local:%b}"


def words_of(one: Intent) -> tuple[str, str]:
    """In which row's group, or heading, a card is to be named, and in which words."""
    if one.action == "daily_card":
        return "Day's lists that were not sent", day_of(one.next_try_at or one.proposed_at)
    if one.action == "digest":
        return "Digests that were not sent", f"{read(one.content).title} Of {day_of(one.proposed_at)}"
    name = {"owner_card": "owner card", "closure_card": "closure card"}.get(one.action)
    level = f"escalation level {one.dedupe_key.split('|')[4]}" if one.action == "escalation_card" else ""
    return f"Harbour Dental · #{one.handoff_id}", f"{name or level} of {day_of(one.proposed_at)}"


def is_named(one: Intent, digests: list[Content]) -> bool:
    group, words = words_of(one)
    return any(row.group == group and words in f"{row.title} {row.detail}" for digest in digests for row in digest.rows)


def caught_up(world: World) -> list[Content]:
    return [read(one.content) for one in world.sent if one.dedupe_key.startswith(CATCH_UP)]


def must_be_named(one: Intent) -> bool:
    """What nobody was told and somebody must be: it ran out of time, or was folded; what became untrue or was said later is neither."""
    if one.dedupe_key.startswith(CATCH_UP) or one.action == "audit_head" or one.target != "teams":
        return False
    return one.state == "expired" or (one.state == "refused" and str(one.detail).startswith("Waited too long"))


@st.composite
def weeks(draw):
    """Up to five gaps over a week, some of which are closed, and an outage of some days with answers of its own."""
    rows = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        begin = MONDAY - timedelta(hours=6) + timedelta(hours=draw(st.integers(0, 96)))
        row = gap(number, draw(st.sampled_from(["signed_scope", "dependencies"])), begin.replace(tzinfo=None).isoformat(),
                  seller_id=draw(st.sampled_from([ALICE, BEN])))  # fmt: skip
        stays = draw(st.integers(0, 90))
        rows.append(closed(row, (begin + timedelta(hours=stays)).replace(tzinfo=None).isoformat()) if stays > 20 else row)
    begin = MONDAY + timedelta(hours=draw(st.integers(0, 48)))
    end = begin + timedelta(hours=draw(st.integers(12, 200)))
    return rows, begin, end, draw(st.lists(st.sampled_from(["down", "down", "dark"]), min_size=3, max_size=9))


def played(week) -> tuple[World, list[list[Intent]]]:
    """Fourteen days, a decision every three hours; what arrived at each step after the outage."""
    rows, begin, end, answers = week
    world, after = World(rows), []
    for number in range(14 * 8):
        now = MONDAY + timedelta(hours=3 * number + 1)
        arrived = world.step(now, answers[number % len(answers)] if begin <= now < end else "ok")
        assert sum(one.dedupe_key.startswith(CATCH_UP) and one.state == "approved" for one in world.state.intents) <= 1
        if now >= end:
            after.append(arrived)
    return world, after


FEW = settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.generate, Phase.shrink))


@FEW
@given(weeks())
def test_every_card_of_an_outage_ends_and_what_was_never_sent_stands_in_a_digest_that_was(week):
    world, after = played(week)
    cards = [one for one in world.state.intents if one.target == "teams" and one.proposed_at < MONDAY + timedelta(days=11)]
    assert not [one for one in cards if one.state == "approved"]
    digests = caught_up(world)
    assert [words_of(one) for one in cards if must_be_named(one) and not is_named(one, digests)] == []
    # One digest for it all, unless its own end is unknown too.
    firsts = [sum(one.dedupe_key.startswith(CATCH_UP) for one in arrived) for arrived in after]
    assert max(firsts, default=0) <= 1
    # Nothing is sent twice, and nothing that a digest was sent for.
    assert max(Counter(one.intent_id for one in world.sent).values(), default=0) <= 1
    assert not {one.intent_id for one in world.sent} & {one.intent_id for one in world.state.intents if one.state in ENDED}


def a_week_of_silence(answer: str = "down") -> World:
    """A hard gap each morning, one of them closed on Thursday; Teams is gone from Monday evening to the Monday after."""
    gaps = [gap(number, detected=f"2026-11-{22 + number}T02:00:00") for number in range(1, 6)]
    gaps[0] = closed(gaps[0], "2026-11-26T02:00:00")
    world = World(gaps)
    for hour in range(7 * 24):
        now = MONDAY + timedelta(hours=hour)
        world.step(now, "ok" if hour < 4 else answer if hour % 8 == 0 else "down")
    return world


def test_after_a_week_one_digest_arrives_with_what_is_fresh_and_nothing_else():
    world = a_week_of_silence()
    arrived = world.step(at("2026-11-30T09:00:00"), "ok")
    assert Counter(one.action for one in arrived) == {"digest": 2, "daily_card": 1, "escalation_card": 3}
    assert min(one.proposed_at for one in arrived) > at("2026-11-27T14:00:00")
    (caught,) = [read(one.content) for one in arrived if one.dedupe_key.startswith(CATCH_UP)]
    assert caught.title.endswith("cards could not be sent")
    assert all(is_named(one, [caught]) for one in world.state.intents if must_be_named(one))
    closed_row = next(row for row in caught.rows if row.group == "Harbour Dental · #1")
    assert (closed_row.weight, closed_row.detail[:27]) == ("good", "Closed meanwhile. Not sent:")
    assert "closure card of Thu 26 Nov" in closed_row.detail


def test_a_level_that_was_overtaken_stands_in_the_row_of_its_gap():
    world = a_week_of_silence()
    (caught,) = [read(one.content) for one in world.step(at("2026-11-30T09:00:00"), "ok") if one.dedupe_key.startswith(CATCH_UP)]
    row = next(row for row in caught.rows if row.group == "Harbour Dental · #2")
    assert "escalation level 1 of" in row.detail
    assert "escalation level 2 of" in row.detail
    assert (row.owner, row.due is not None) == (BEN, True)


def test_a_level_that_a_higher_one_has_overtaken_is_folded_however_patient_the_policy_is():
    patient, gaps, state = policy("operate", teams={"fold_after_hours": 400}), [gap(1)], RemediationState()
    for moment in (at("2026-11-23T17:10:00"), at("2026-11-24T17:10:00"), at("2026-11-24T18:10:00")):
        state = kept(state, decide(gaps, PEOPLE, state, patient, moment), moment, patient)
    folded = {one.intent_id for one in withdraw(gaps, PEOPLE, state, patient, moment)}
    escalations = {one.dedupe_key.split("|")[4] for one in state.intents if one.action == "escalation_card" and one.intent_id in folded}
    (digest,) = [read(one.content) for one in state.intents if one.dedupe_key.startswith(CATCH_UP)]
    assert (escalations, [row.detail for row in digest.rows]) == ({"1"}, ["Not sent: escalation level 1 of Mon 23 Nov."])


def test_a_digest_of_which_nobody_knows_names_nothing_so_the_next_one_names_it_all_again():
    world = a_week_of_silence()
    morning = at("2026-11-30T09:00:00")
    world.state = replace(
        world.state, intents=[one for one in world.state.intents if not (one.state == "approved" and one.action != "digest")]
    )
    world.step(morning, "down")
    lost = next(one for one in world.state.intents if one.dedupe_key.startswith(CATCH_UP) and one.state == "approved")
    world._settle({lost.intent_id: "uncertain"}, morning)
    (again,) = [one for one in world.step(at("2026-12-01T09:00:00"), "ok") if one.dedupe_key.startswith(CATCH_UP)]
    groups = {row.group for row in read(lost.content).rows}
    assert groups <= {row.group for row in read(again.content).rows}
    assert not [one for one in world.step(at("2026-12-02T09:00:00"), "ok") if one.dedupe_key.startswith(CATCH_UP)]


def test_what_came_uncertain_in_the_week_stands_in_the_digests_until_one_was_taken():
    world = a_week_of_silence("dark")
    lost = [one for one in world.state.intents if one.state == "uncertain"]
    arrived = world.step(at("2026-11-30T09:00:00"), "ok")
    weekly = next(read(one.content) for one in arrived if one.dedupe_key.startswith("digest|2026-W"))
    named = {row.detail for row in weekly.rows if row.group == "Deliveries to look at"}
    further = [row.title for row in weekly.rows if "further" in row.title]
    assert len(lost) > 3
    assert named - {""} <= {f"Intent {one.intent_id[:12]}" for one in lost}
    assert len(named - {""}) == len(lost) or further == [f"{len(lost) - 15} further deliveries"]


def of_day(state: RemediationState, key: str) -> Intent:
    return state.by_key[f"digest|{key}"]


def test_of_digests_that_wait_only_the_last_is_sent_and_it_tells_what_the_others_would_have():
    patient, gaps, state = policy("operate", teams={"fold_after_hours": 400}), list[GapRow](), RemediationState()
    for number in (24, 25):
        moment = at(f"2026-11-{number}T08:10:00")
        gaps.append(gap(number, "dependencies", f"2026-11-{number}T02:00:00"))
        state = kept(state, decide(gaps, PEOPLE, state, patient, moment), moment, patient)
    taken = {one.intent_id: one.detail for one in withdraw(gaps, PEOPLE, state, patient, at("2026-11-25T08:10:00"))}
    first, last, weekly = of_day(state, "2026-11-24"), of_day(state, "2026-11-25"), of_day(state, "2026-W48")
    assert taken[first.intent_id] == f"Superseded by {last.intent_id}."
    assert not {last.intent_id, weekly.intent_id} & set(taken)
    assert [row.detail[-3:] for row in read(last.content).rows if row.group == "New"] == ["#24", "#25"]


def test_what_a_digest_told_that_may_never_have_come_is_told_again():
    state = kept(RemediationState(), decide([gap(1)], PEOPLE, RemediationState(), OPERATE, MONDAY), MONDAY, OPERATE, "accepted")
    lost = replace(state.by_key[f"owner|{gap(1).gap_id}"], state="uncertain", settled_at=MONDAY + timedelta(hours=1))
    state = replace(state, intents=[lost if one.intent_id == lost.intent_id else one for one in state.intents])
    days = [at(f"2026-11-{number}T08:10:00") for number in (24, 25, 26)]
    ends: tuple[State, ...] = ("uncertain", "accepted", "accepted")
    for moment, end in zip(days, ends, strict=True):
        state = kept(state, decide([gap(1)], PEOPLE, state, OPERATE, moment), moment, OPERATE, end)
    named = [{row.detail for row in read(one.content).rows} for one in state.intents if one.dedupe_key.startswith("digest|2026-11-")]
    assert [f"Intent {lost.intent_id[:12]}" in rows for rows in named] == [True, True, *[False] * (len(named) - 2)]

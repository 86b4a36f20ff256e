"""Teams is away for a week: nothing is lost, nothing is sent twice, HaloPSA is served all the same, and one digest comes after it."""

from __future__ import annotations

import json
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import duckdb
import pytest
from pydantic import SecretStr

from assets.acting import work
from handoff_pipeline.channels.card_content import read
from handoff_pipeline.definitions import run_acting
from handoff_pipeline.governance.catching_up import CATCH_UP
from handoff_pipeline.ledger import Intent, Ledger
from handoff_pipeline.ledger.intent_states import FINAL
from handoff_pipeline.ledger.records_action import IntentEvent
from handoff_pipeline.policy import load_policy
from handoff_pipeline.simulator.teams import SIGNATURE
from handoff_pipeline.simulator.teams_faults import TeamsFault
from handoff_pipeline.warehouse.home import Home
from tests.assets.acting_home import ActingHome, acting_home, publish

pytestmark = pytest.mark.timeout(300)
MONDAY = datetime(2026, 7, 13, 0, 30, tzinfo=UTC)
"""London is an hour ahead; Teams is gone from Monday afternoon to the Monday after."""
GONE, BACK = MONDAY.replace(hour=13), MONDAY.replace(day=20, hour=8, minute=15)
HOURS = (6, 9, 12, 15, 18, 22)
"""UTC hours of the rounds on a day: before opening, in the office's hours, and at night."""
TROUBLES: tuple[TeamsFault | Literal["refused"], ...] = (
    "refused",
    "unavailable_503",
    "server_error_500",
    "limited_429",
    "reset_after_taking",
    "bad_gateway_502",
    "unauthorized_401",
)
"""What Teams is like on each day of the week."""
AN_HOUR = 4
"""Cards that a channel gets within an hour, by the policy of this home."""


@dataclass
class Week:
    """The installation after the week, with what was seen on the way."""

    home: ActingHome
    intents: list[Intent]
    events: list[IntentEvent]
    writes: dict[str, int] = field(default_factory=dict)
    """Day to what HaloPSA was written on it."""
    arrived: list[list[dict[str, Any]]] = field(default_factory=list)
    """The cards of each round after Teams came back."""
    posts: int = 0
    """Requests that reached Teams while it was away."""

    def of(self, *states: str) -> list[Intent]:
        return [one for one in self.intents if not one.is_shadow and one.target == "teams" and one.state in states]


def plant(home: ActingHome, day: datetime) -> None:
    """What a night publishes: a gap more on each morning, and on Thursday the first of them closed."""
    publish(home, home.deals, run_id=f"night-{day:%d}", as_of_utc=day, published_at_utc=day)
    with duckdb.connect(str(Home.of(home.settings).published_file)) as conn:
        conn.execute("delete from fact_gap")
        for number, deal in enumerate(home.deals):
            detected = MONDAY.replace(tzinfo=None) + timedelta(days=2 * number)
            closed = number == 0 and day.day >= 16
            if detected <= day.replace(tzinfo=None):
                conn.execute(
                    "insert into fact_gap (gap_key, handoff_key, item_key, client_key, is_hard, state, detected_at_utc, resolved_at_utc, "
                    "source_url) values (?, ?, 1, 1, true, ?, ?, ?, 'https://halo.example')",
                    [deal, deal, "resolved" if closed else "open", detected, datetime(2026, 7, 16) if closed else None],
                )
        conn.execute("update fact_handoff set score_latest = ?", [50.0 + day.day])


def round_at(home: ActingHome, moment: datetime) -> None:
    """One hourly round: answers, decisions, delivery."""
    told = work.Told()
    with work.installation(home.at(moment), f"run-{moment:%d%H%M}") as at:
        work.approve(at, told)
        work.work_on_gaps(at, told)
        work.deliver(at, told)


def trouble_of(home: ActingHome, moment: datetime, taken: str) -> None:
    """Teams as it is at a moment of the week: nobody listens, or a fault for every message."""
    trouble: TeamsFault | Literal["refused", ""] = TROUBLES[(moment - GONE).days] if GONE <= moment < BACK else ""
    home.settings = home.settings.model_copy(update={"teams_webhook": SecretStr(closed_port() if trouble == "refused" else taken)})
    if trouble == "" or trouble == "refused":
        home.teams.switches.off()
    else:
        home.teams.switches.on(trouble)


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}/x?sig={SIGNATURE}"


@pytest.fixture(scope="module")
def week(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    """Eight days with six rounds each; after the return three rounds of the real job, then one more that finds nothing to do."""
    with acting_home(checkout, tmp_path_factory.mktemp("week"), "operate") as home:
        policy = home.settings.policy_file
        policy.write_text(policy.read_text("utf-8").replace("cards_per_hour: 60", f"cards_per_hour: {AN_HOUR}"), "utf-8")
        assert load_policy(policy).teams.cards_per_hour == AN_HOUR
        before = 0
        taken, done = home.settings.teams_webhook.get_secret_value(), Week(home, [], [])
        for number in range(7):
            day = MONDAY + timedelta(days=number)
            plant(home, day)
            written = len(home.sim.writes)
            for hour in HOURS:
                moment = day.replace(hour=hour, minute=10)
                trouble_of(home, moment, taken)
                round_at(home, moment)
                if moment < GONE:
                    before = len(home.teams.posts)
            done.writes[f"{day:%a}"] = len(home.sim.writes) - written
        done.posts = len(home.teams.posts) - before
        plant(home, BACK.replace(hour=0, minute=30))
        round_at(home, BACK.replace(hour=6, minute=10))
        trouble_of(home, BACK, taken)
        for number in range(4):
            seen = len(home.teams.channel)
            ran = run_acting(home.at(BACK + timedelta(hours=number, minutes=5)), "hourly")
            assert ran.ok, ran.message
            done.arrived.append(home.teams.channel[seen:])
        with Ledger.open(Home.of(home.settings).ledger_file) as ledger:
            done.intents, done.events = ledger.intents.all(), ledger.intents.events()
        yield done


def test_nothing_of_the_week_is_forgotten(week):
    """Every card has ended, with words for it, but for what is too new or is for a person."""
    cards = [one for one in week.intents if one.target == "teams" and not one.is_shadow]
    assert {one.action for one in cards} >= {"owner_card", "daily_card", "escalation_card", "digest", "audit_head"}
    open_ones = [one for one in cards if one.state not in FINAL and one.state != "uncertain"]
    assert open_ones == []
    unexplained = [one.dedupe_key for one in cards if one.state in {"refused", "failed", "uncertain"} and not one.detail]
    assert unexplained == []


def test_one_digest_comes_and_no_flood(week):
    returned = [card for some in week.arrived for card in some]
    titles = [card["fallbackText"] for card in returned]
    assert sum(title.endswith("could not be sent") for title in titles) == 1
    missed = [one for one in week.of("refused", "expired") if one.action != "audit_head"]
    assert len(missed) > 2 * len(returned)


def test_the_digest_names_every_card_that_was_not_sent(week):
    (digest,) = [one for one in week.of("accepted") if one.dedupe_key.startswith(CATCH_UP)]
    rows = read(digest.content).rows
    named = {int(row.group.rpartition("#")[2]): row.detail for row in rows if "#" in row.group}
    folded = [one for one in week.of("refused", "expired") if one.action in {"owner_card", "escalation_card", "closure_card"}]
    told_untrue = [one for one in folded if "was closed or put off" in str(one.detail)]
    words = {"owner_card": "owner card", "escalation_card": "escalation level", "closure_card": "closure card"}
    for one in folded:
        if one not in told_untrue:
            assert words[one.action] in named[one.handoff_id], one.dedupe_key
            assert f"{one.proposed_at.day} Jul" in named[one.handoff_id], one.dedupe_key
    lists = " ".join(row.title for row in rows if row.group == "Day's lists that were not sent")
    assert [one.dedupe_key for one in week.of("expired") if one.action == "daily_card" and f"{one.expires_at.day} Jul" not in lists] == []
    digests = [one for one in week.of("refused", "expired") if one.action == "digest" and not one.dedupe_key.startswith(CATCH_UP)]
    titles = " ".join(row.title for row in rows if row.group == "Digests that were not sent")
    later = [one for one in digests if str(one.detail).startswith("Superseded by")]
    assert [one.dedupe_key for one in digests if one not in later and read(one.content).title not in titles] == []


def test_the_return_keeps_to_the_bounds_of_a_run_and_of_an_hour(week):
    assert [len(some) for some in week.arrived] == [AN_HOUR, 1, 0, 0]
    assert week.arrived[1][0]["fallbackText"].endswith("open gaps")


def test_nothing_is_sent_twice(week):
    shown = [card["body"][-1]["text"] for card in week.home.teams.channel]
    references = [text for text in shown if "reference" in text]
    assert len(references) == len(set(references)) == len(week.home.teams.channel)
    claims = Counter(one.intent_id for one in week.events if one.to_state == "sent")
    assert max(claims.values()) == 1


def test_the_week_costs_teams_some_requests_and_people_some_cards_of_unknown_end(week):
    """A channel that is down is left alone: not a request for each card and round."""
    assert len(week.of("uncertain")) < 12
    assert week.posts < 7 * len(HOURS)


def test_what_nobody_knows_of_stands_in_a_digest_that_was_taken_for_a_person(week):
    lost = {one.intent_id[:12] for one in week.of("uncertain")}
    told = [row.detail for one in week.of("accepted") if one.action == "digest" for row in read(one.content).rows]
    assert lost
    assert {f"Intent {one}" for one in lost} <= set(told)


def test_halopsa_is_written_meanwhile(week):
    assert [day for day in ("Tue", "Wed", "Thu", "Fri") if week.writes[day] == 0] == []
    notes = [
        one for one in week.intents if one.target == "halopsa" and one.action in {"halo_note", "halo_score_fields"} and not one.is_shadow
    ]
    assert {one.state for one in notes} <= {"confirmed", "refused"}
    assert json.loads(notes[-1].content)


def test_people_are_told_in_working_hours(week):
    calendar = load_policy(week.home.settings.policy_file).business_calendar
    told = [one for one in week.of("accepted") if one.action not in {"audit_head", "heartbeat", "alert_card"}]
    assert [one.dedupe_key for one in told if one.sent_at is None or not calendar.is_working(one.sent_at)] == []

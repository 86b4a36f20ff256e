"""A quarter in which people act, night by night and hour by hour: what is published of it equals what the script and the simulators say.

`make test` plays six nights and four working days of seven deals in mode enforce. `.ci/run` plays every story of the script in each of the
three modes, condensed: all deals are won within three days, and 27 nights (in shadow 14) with four hours of each working day follow, in
which every mishap happens once. `HANDOFF_QUARTER_WEEKS=13 pytest -m campaign tests/end_to_end/test_quarter.py` plays 13 weeks with 52 deals
and every office hour, about a quarter of an hour a mode. A night is the graph's own assets without Dagster's runs (bare_night), and the
jobs' steps are called as the jobs call them; whole nights and jobs with Dagster are test_acting_nights'. Every night of a span is played,
weekends and holidays too; hours outside the office are not, nor those of a weekend. Exceptions are asked for on the command line. In warn
nobody is asked about anything but exceptions, so approvals of intents are reached in enforce alone; in shadow nothing is, but `proposed`.
The one thing to know: the truth is made of the simulators' records and the script alone.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import get_args

import pytest

from handoff_pipeline.ledger.intent_states import STATES
from tests.end_to_end.quarter import Mode, Quarter
from tests.end_to_end.quarter_checks import ABOUT_US, of_deliveries, of_escalations, of_facts, of_records, of_the_ledger
from tests.end_to_end.quarter_plan import CONDENSED, FIRST_DAYS, Played, whole

WEEKS = int(os.environ.get("HANDOFF_QUARTER_WEEKS", "0"))
"""Read here, because tests run without the settings of whoever runs them."""
MODES: tuple[Mode, ...] = get_args(Mode)
GAP_STATES = {"open", "resolved", "waived", "waiver_expired", "moot"}
RECORDED = ("delivery", "gap", "approval", "override", "bypass")
RESULTS = {"pending", "accepted", "rejected", "expired", "void"}
pytestmark = pytest.mark.timeout(7200 if WEEKS else 1500)
campaign = pytest.mark.campaign


@pytest.fixture(scope="module")
def week(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The week of `make test`."""
    return Played(checkout, tmp_path_factory.mktemp("week"), FIRST_DAYS)


@pytest.fixture(scope="module")
def whole_quarter(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The quarter of `.ci/run`, in each mode."""
    return Played(checkout, tmp_path_factory.mktemp("quarter"), whole(WEEKS) if WEEKS else CONDENSED)


@pytest.fixture(
    params=[pytest.param("week", id="a_week"), *(pytest.param(mode, marks=campaign) for mode in MODES)],
)
def quarter(request: pytest.FixtureRequest) -> Quarter:
    """Each quarter, played once."""
    mode = request.param
    played: Played = request.getfixturevalue("week" if mode == "week" else "whole_quarter")
    return played.of("enforce" if mode == "week" else mode)


def test_gaps_bypasses_overrides_and_feedback_are_those_of_the_script_on_every_night(quarter: Quarter) -> None:
    wrong = {night: of_facts(quarter, night) for night in quarter.log.nights}
    assert {night: each for night, each in wrong.items() if each} == {}


def test_what_is_said_to_be_delivered_arrived_once_and_nothing_else_did(quarter: Quarter) -> None:
    wrong = {night: of_deliveries(quarter, night) for night in quarter.log.nights}
    assert {night: each for night, each in wrong.items() if each} == {}


def test_escalations_are_the_cards_that_people_saw_and_begin_at_the_deadline(quarter: Quarter) -> None:
    wrong = {night: of_escalations(quarter, night) for night in quarter.log.nights}
    assert {night: each for night, each in wrong.items() if each} == {}


def test_at_the_end_every_record_shows_its_gaps_and_no_block_is_forgotten(quarter: Quarter) -> None:
    assert of_records(quarter) == []


def test_the_ledger_moves_on_by_its_table_and_forgets_nothing(quarter: Quarter) -> None:
    assert of_the_ledger(quarter) == []


def test_the_audit_chain_holds_at_the_end(quarter: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    quarter.command("audit", "verify")
    assert "tamper" not in capsys.readouterr().err.lower()


def test_the_week_has_gaps_words_exceptions_and_blocks_to_compare(week: Played) -> None:
    last = max(week.of("enforce").published)
    rows = week.of("enforce").published[last]
    assert all(rows[name] for name in ("gap", "bypass", "override", "feedback"))
    assert {"halo_note", "halo_score_fields", "halo_blocking", "daily_card"} <= {row["action"] for row in rows["delivery"]}


@campaign
def test_every_state_of_outbox_gap_and_approval_is_reached(whole_quarter: Played) -> None:
    quarters = [whole_quarter.of(mode) for mode in MODES]
    reached: set[str] = set()
    for each in quarters:
        with each.ledger() as ledger:
            reached |= {event.to_state for event in ledger.intents.events()}
    assert reached == set(STATES)
    rows = {name: list(chain.from_iterable(one[name] for each in quarters for one in each.published.values())) for name in RECORDED}
    assert {row["state"] for row in rows["delivery"]} == set(STATES)
    assert {row["state"] for row in rows["gap"]} == GAP_STATES
    assert {row["result"] for row in rows["approval"] if row["kind"] == "intent"} == RESULTS
    assert {row["kind"] for row in rows["approval"]} == {"signoff", "intent", "override"}
    assert {row["state"] for row in rows["override"]} == {"requested", "approved", "refused", "expired"}
    assert {row["state"] for row in rows["bypass"]} == {"open", "explained", "corrected"}


@campaign
def test_shadow_writes_nothing_and_sends_no_card_about_a_customer(whole_quarter: Played) -> None:
    quarter = whole_quarter.of("shadow")
    assert quarter.sim.writes == []
    assert {request.endpoint for request in quarter.sim.requests if request.method != "GET"} == {"/auth/token"}
    actions = {one.intent_id[:12]: one.action for one in quarter.intents()}
    about = Counter(next(action for reference, action in actions.items() if reference in str(post.body)) for post in quarter.teams.posts)
    assert set(about) <= ABOUT_US


@campaign
@pytest.mark.parametrize("action", ["owner_card", "halo_note", "halo_score_fields"])
def test_shadow_says_what_warn_then_did(whole_quarter: Played, action: str) -> None:
    assert first_of(whole_quarter.of("shadow"), action) == first_of(whole_quarter.of("warn"), action)


@campaign
def test_shadow_says_what_enforce_then_blocked(whole_quarter: Played) -> None:
    assert first_of(whole_quarter.of("shadow"), "halo_blocking") == first_of(whole_quarter.of("enforce"), "halo_blocking")


def first_of(quarter: Quarter, action: str) -> dict[tuple[int | None, str], dict[str, object]]:
    """What was decided first of an action for each handoff, and for each gap where it is about one."""
    found: dict[tuple[int | None, str], dict[str, object]] = {}
    for one in quarter.intents():
        gap = "|".join(one.dedupe_key.removeprefix("shadow|").split("|")[1:]) if action in {"owner_card", "halo_blocking"} else ""
        if one.action == action and one.rollback_of is None:
            found.setdefault((one.handoff_id, gap), json.loads(one.content))
    return found

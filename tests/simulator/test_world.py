"""The seeded world: equal every time, sized for the demo, and with every planted case in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from handoff_pipeline.simulator import build_world
from tests.simulator.planted import PLANTED
from tests.simulator.seen import Seen
from tests.simulator.tenant import DEMO_MOMENT, demo_world


@pytest.fixture(scope="module")
def seen() -> Seen:
    return Seen(demo_world(), DEMO_MOMENT)


@pytest.mark.parametrize("case", PLANTED)
def test_every_planted_case_is_in_the_demo_world(seen: Seen, case: str) -> None:
    assert PLANTED[case](seen) > 0


def test_two_builds_are_equal() -> None:
    assert build_world(seed=11, deals=40) == build_world(seed=11, deals=40)


def test_another_seed_gives_another_world() -> None:
    assert build_world(seed=11, deals=40) != build_world(seed=12, deals=40)


def test_about_two_thirds_of_the_deals_are_won_and_a_sixth_is_lost() -> None:
    deals = demo_world().deals
    outcomes = [deal.status.steps[1][1] if len(deal.status.steps) > 1 else "open" for deal in deals]
    assert len(deals) == 120
    assert 0.65 <= outcomes.count("won") / 120 <= 0.70
    assert 0.12 <= outcomes.count("lost") / 120 <= 0.18


@pytest.mark.parametrize("month", range(4, 13))
def test_there_are_wins_in_the_past_and_in_the_future_whatever_the_month(month: int) -> None:
    wins = [since for deal in demo_world().deals for since, status in deal.status.steps if status == "won"]
    first = datetime(2026, month, 1, tzinfo=UTC)
    assert sum(win < first for win in wins) >= 10
    assert sum(win >= first for win in wins) >= 2


def test_a_full_load_of_the_demo_is_affordable(seen: Seen) -> None:
    assert 55 <= len(demo_world().orders) <= 65
    assert len(seen.orders) <= 65
    assert len(seen.deals) <= 200
    assert sum(1 + len(project.tasks) for project in seen.projects) <= 300
    assert seen.now - min(entry.worked_at for entry in seen.entries) <= timedelta(days=9 * 31)


def test_ticket_ids_are_one_row_of_unique_numbers() -> None:
    truth = demo_world()
    ids = [deal.deal_id for deal in truth.deals] + [change.change_id for change in truth.changes]
    for project in truth.projects:
        ids += [project.project_id, *(task.task_id for task in project.tasks)]
    assert len(ids) == len(set(ids))


def test_action_ids_are_unique_within_their_ticket_only() -> None:
    entries = demo_world().time_entries
    assert len({(entry.ticket_id, entry.action_id) for entry in entries}) == len(entries)
    assert len({entry.action_id for entry in entries}) < len(entries)


def test_approval_numbers_are_unique_within_their_project() -> None:
    signoffs = demo_world().signoffs
    assert len({(signoff.project_id, signoff.seq) for signoff in signoffs}) == len(signoffs)


def test_timelines_ascend_strictly_and_keep_whole_seconds() -> None:
    for deal in demo_world().deals:
        texts = (deal.signed_scope_link, deal.delivery_assumptions, deal.dependencies, deal.acceptance_criteria)
        for steps in (deal.status.steps, deal.kickoff_committed.steps, *(text.steps for text in texts)):
            assert all(before < after for (before, _), (after, _) in pairwise(steps))
            assert all(since.microsecond == 0 for since, _ in steps)


def test_nothing_happens_to_a_project_before_it_exists_or_after_it_ended() -> None:
    born = {project.project_id: project.created_at for project in demo_world().projects}
    for project in demo_world().projects:
        ended = project.closed_at or project.cancelled_at
        assert ended is None or ended > project.created_at
        assert all(task.created_at > project.created_at for task in project.tasks)
        assert all(until is None or until > since for since, until in project.holds)
    assert all(meeting.created_at >= born[meeting.project_id] for meeting in demo_world().appointments)
    assert all(signoff.requested_at >= born[signoff.project_id] for signoff in demo_world().signoffs)


def test_hours_are_plausible_days_of_work() -> None:
    assert all(Decimal(0) < entry.hours <= 10 and entry.logged_at > entry.worked_at for entry in demo_world().time_entries)


def test_a_large_world_keeps_the_shares_of_the_small_one() -> None:
    large = build_world(deals=1000)
    won = sum(any(status == "won" for _, status in deal.status.steps) for deal in large.deals)
    assert 0.65 <= won / 1000 <= 0.72
    assert len({client.name for client in large.clients}) == len(large.clients) >= 25


def test_a_world_without_change_requests_would_be_noticed(seen: Seen) -> None:
    emptied = Seen(replace(seen.truth, changes=()), seen.now)
    assert PLANTED["change approved"](emptied) == 0

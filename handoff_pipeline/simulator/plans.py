"""How projects were planned, and how some changes are linked to them: made after the world, from a source of chance of its own.

Nothing that the world holds already is drawn again or altered, so a world's deals, hours and outcomes are those of before.
The one thing to know: budgets follow the labour that was sold, but not always exactly, and many projects have none.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random

from handoff_pipeline.simulator.deck import Deck, after, working
from handoff_pipeline.simulator.pricing import LABOUR
from handoff_pipeline.simulator.truth import ChangeRequest, Milestone, Project, ProjectBudget, Quote, Truth

CARDS = {
    "budgets": {"none": 9, "as_sold": 6, "replanned": 3, "topped_up": 2},
    "milestones": {"none": 3, "planned": 2},
}
FIRST_BUDGET, FIRST_MILESTONE = 4001, 5001
SOME_HOURS = Decimal(24)
HALF = Decimal("0.5")
STONES = ("Kickoff", "Design agreed", "Cut-over", "Handover")
KICKOFF = STONES[0]
USUAL_LENGTH = timedelta(days=60)
# One parented change in so many is linked a second time, in either way; both links name the project of its parent.
RELATED_EVERY, CREATED_EVERY = 9, 13


def plan(truth: Truth, seed: int) -> Truth:
    """Give the truth with budgets and milestones on some projects, and about half of the parentless changes linked to a project."""
    rng = Random(f"{seed}:planning")
    decks = {name: Deck(rng, cards) for name, cards in CARDS.items()}
    budget_ids, stone_ids = count(FIRST_BUDGET), count(FIRST_MILESTONE)
    sold, held = _sold_hours(truth), _kickoffs(truth)
    projects = []
    for project in truth.projects:
        budgets = _budgets(rng, project, decks["budgets"].draw(), sold.get(project.project_id, {}), budget_ids)
        stones = _milestones(project, held.get(project.project_id), stone_ids) if decks["milestones"].draw() == "planned" else ()
        projects.append(replace(project, budgets=budgets, milestones=stones))
    return replace(truth, projects=tuple(projects), changes=_linked(truth))


def project_of(truth: Truth) -> dict[int, Project]:
    """Give the project of every ticket that a change may hang on: the project itself and its tasks."""
    return {number: project for project in truth.projects for number in (project.project_id, *(task.task_id for task in project.tasks))}


def _linked(truth: Truth) -> tuple[ChangeRequest, ...]:
    homes = project_of(truth)
    links: dict[int, ChangeRequest] = {}
    parented = [change for change in truth.changes if change.parent_id is not None]
    for at, change in enumerate(parented, start=1):
        if at % RELATED_EVERY == 0 or at % CREATED_EVERY == 0:
            parent = homes[change.parent_id or 0].project_id
            links[change.change_id] = replace(
                change,
                related_project_id=parent if at % RELATED_EVERY == 0 else None,
                created_from_id=parent if at % CREATED_EVERY == 0 else None,
            )
    strays = [change for change in truth.changes if change.parent_id is None]
    there = _Born(truth)
    found = [(change, home) for change in strays if (home := there.latest(change)) is not None]
    # Those whose client has a project come first: a link between two clients is the rarer slip.
    found.sort(key=lambda each: each[0].client_id != each[1].client_id)
    for at, (change, home) in enumerate(found[: len(strays) // 2]):
        is_related = at % 2 == 0
        links[change.change_id] = replace(
            change,
            related_project_id=home.project_id if is_related else None,
            created_from_id=None if is_related else home.project_id,
        )
    return tuple(links.get(change.change_id, change) for change in truth.changes)


class _Born:
    """Projects in the order of their making, all of them and by client."""

    def __init__(self, truth: Truth) -> None:
        self._all = sorted(truth.projects, key=lambda project: (project.created_at, project.project_id))
        self._own: defaultdict[int, list[Project]] = defaultdict(list)
        for project in self._all:
            self._own[project.client_id].append(project)

    def latest(self, change: ChangeRequest) -> Project | None:
        """Give the latest project that was there when the change was raised, of its client if there is one."""
        for projects in (self._own.get(change.client_id, []), self._all):
            position = bisect_right(projects, change.raised_at, key=lambda project: project.created_at)
            if position:
                return projects[position - 1]
        return None


def _sold_hours(truth: Truth) -> dict[int, dict[str, tuple[Decimal, Decimal]]]:
    """Give labour by project: name -> (hours, price), the deal's own split evenly over its projects that were not cancelled."""
    quotes: dict[int, Quote] = {quote.deal_id: quote for quote in truth.quotes if quote.accepted_at is not None}
    alive: defaultdict[int, int] = defaultdict(int)
    for project in truth.projects:
        if project.deal_id is not None and project.cancelled_at is None:
            alive[project.deal_id] += 1
    sold = {}
    labour = {item for item, _, _ in LABOUR}
    for project in truth.projects:
        quote = quotes.get(project.deal_id or 0)
        if quote is not None:
            share = max(1, alive[quote.deal_id])
            sold[project.project_id] = {
                line.name: (_half(line.budget_hours or line.quantity, Decimal(share)), line.unit_price)
                for line in quote.lines
                if line.item_id in labour
            }
    return sold


def _half(hours: Decimal, by: Decimal) -> Decimal:
    return max(HALF, (hours / by / HALF).to_integral_value() * HALF)


def _budgets(
    rng: Random, project: Project, card: str, sold: dict[str, tuple[Decimal, Decimal]], numbers: count[int]
) -> tuple[ProjectBudget, ...]:
    if card == "none":
        return ()
    given = sold or {LABOUR[0][1]: (SOME_HOURS, Decimal(LABOUR[0][2]))}
    factor = Decimal(rng.choice(("0.90", "1.10", "1.25"))) if card == "replanned" else Decimal(1)
    made = project.created_at + timedelta(minutes=10)
    budgets = [ProjectBudget(next(numbers), name, _half(hours * factor, Decimal(1)), rate, made) for name, (hours, rate) in given.items()]
    later = after(rng, project.created_at, 5, 15)
    if card == "topped_up" and later < (project.closed_at or project.cancelled_at or later + USUAL_LENGTH):
        name, (_, rate) = next(iter(given.items()))
        budgets.append(ProjectBudget(next(numbers), name, Decimal(8), rate, later))
    return tuple(budgets)


def _kickoffs(truth: Truth) -> dict[int, datetime]:
    """Give when each kickoff was known to be held: the meeting completed, else the day recorded."""
    held = {project.project_id: project.kickoff_recorded.steps[-1][0] for project in truth.projects if project.kickoff_recorded.steps}
    done = {meeting.project_id: meeting.completed_at for meeting in truth.appointments if meeting.kind == KICKOFF}
    return held | {project_id: at for project_id, at in done.items() if at is not None}


def _milestones(project: Project, held: datetime | None, numbers: count[int]) -> tuple[Milestone, ...]:
    """Plan the steps evenly from the kickoff to the end; a step is done when its project got so far, never after its end."""
    made = project.created_at + timedelta(minutes=20)
    begin = max(held or project.created_at + timedelta(days=10), made + timedelta(minutes=1))
    end = project.closed_at or begin + USUAL_LENGTH
    stop = project.closed_at or project.cancelled_at
    stones = []
    for at, name in enumerate(STONES):
        due = (begin + (end - begin) * at / (len(STONES) - 1)).replace(microsecond=0)
        is_done = held is not None and (name == KICKOFF or project.closed_at is not None) and (stop is None or due <= stop)
        stones.append(Milestone(next(numbers), name, at + 1, working(due.date()), made, due if is_done else None))
    return tuple(stones)

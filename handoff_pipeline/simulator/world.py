"""The seeded world: one simulated MSP's year, from deals to logged hours.

`build_world` only puts the makers in order and freezes what they made; the cards that decide what happens are in `draft`.
Equal arguments give equal worlds, on any machine: every draw comes from one `random.Random(seed)`, and what `plans`,
`office` and `charging` add afterwards from sources of their own, so that they alter nothing of what was drawn before.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import TypeVar, cast

from handoff_pipeline.simulator import charging, delivering, office, plans, pricing, selling, working
from handoff_pipeline.simulator.draft import DealDraft, Draft, Work
from handoff_pipeline.simulator.truth import Deal, DealStatus, TimeEntry, Timeline, Truth

T = TypeVar("T")
FIRST_TIME_ACTION = 2
STRAYS_PER_DEALS = 30


def build_world(seed: int = 7, deals: int = 120, start: date = date(2026, 1, 5), until: date = date(2026, 12, 31)) -> Truth:
    """Build the world of `deals` opportunities decided between `start` and `until`; the same arguments give an equal `Truth`."""
    draft = Draft(seed, deals, start, until)
    for position in range(deals):
        deal = selling.open_deal(draft, position, deals)
        if len(deal.status) > 1 and deal.status[1][1] == "won":
            _win(draft, deal)
        else:
            pricing.price_open_deal(draft, deal)
    for _ in range(max(3, deals // STRAYS_PER_DEALS)):
        made = delivering.unsold_project(draft)
        working.log_time(draft, made, working.USUAL_HOURS)
        working.raise_changes(draft, made)
        working.stray_change(draft)
    truth = Truth(
        tenant="demo",
        base_currency="GBP",
        time_zone="Europe/London",
        agents=draft.agents,
        clients=draft.clients,
        deals=tuple(_freeze(deal) for deal in draft.deals),
        quotes=tuple(draft.quotes),
        orders=tuple(draft.orders),
        projects=tuple(draft.projects),
        changes=tuple(draft.changes),
        signoffs=tuple(draft.signoffs),
        appointments=tuple(draft.appointments),
        time_entries=_number(draft.work),
    )
    return charging.charge(office.complete(plans.plan(truth, seed), seed, start), seed)


def _win(draft: Draft, deal: DealDraft) -> None:
    selling.fill_fields(draft, deal)
    planned = selling.commit_kickoff(draft, deal)
    card = draft.draw("project")
    order = pricing.price_won_deal(draft, deal, needs_order=card in {"order_line_only", "split"})
    for made in delivering.deliver(draft, deal, order, card, planned):
        working.log_time(draft, made, deal.sold_hours)
        working.raise_changes(draft, made)
    selling.live_on(draft, deal)


def _freeze(deal: DealDraft) -> Deal:
    def text(name: str) -> Timeline[str]:
        return _timeline(deal.texts.get(name, []))

    return Deal(
        deal_id=deal.deal_id,
        title=deal.title,
        client_id=deal.client_id,
        agent_id=deal.seller.agent_id,
        team=deal.seller.team,
        created_at=deal.created_at,
        status=cast("Timeline[DealStatus]", _timeline(deal.status)),
        deal_type=deal.deal_type,
        service_template=deal.service_template,
        signed_scope_link=text("signed_scope_link"),
        signed_scope_date=_timeline(deal.dates.get("signed_scope_date", [])),
        delivery_assumptions=text("delivery_assumptions"),
        dependencies=text("dependencies"),
        acceptance_criteria=text("acceptance_criteria"),
        kickoff_committed=_timeline(deal.dates.get("kickoff_committed", [])),
        merged_into=deal.merged_into,
        merged_at=deal.merged_at,
    )


def _timeline(steps: list[tuple[datetime, T]]) -> Timeline[T]:
    # HaloPSA keeps whole seconds; the truth does, too, so that both sides compare equal.
    return Timeline.of((since.replace(microsecond=0), value) for since, value in steps)


def _number(work: list[Work]) -> tuple[TimeEntry, ...]:
    """Number each ticket's entries in the order of logging; action 1 is the one that logged the ticket itself."""
    numbers: defaultdict[int, int] = defaultdict(lambda: FIRST_TIME_ACTION - 1)
    entries = []
    for done in sorted(work, key=lambda each: (each.logged_at, each.ticket_id, each.worked_at)):
        numbers[done.ticket_id] += 1
        entries.append(TimeEntry(done.ticket_id, numbers[done.ticket_id], done.agent_id, done.worked_at, done.logged_at, done.hours))
    return tuple(entries)

"""The planted cases of the demo's world: name -> how many there are at a moment.

Each is a plain question to the truth. `test_world` holds every one above zero, so that the oracle cannot lose a case
because somebody changed a deck of cards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from handoff_pipeline.simulator.truth import ChangeRequest, Deal, Quote
from tests.simulator.seen import Seen

LOCAL = ZoneInfo("Europe/London")
Question = Callable[[Seen], int]


def _count(things: Iterable[object]) -> int:
    return sum(1 for thing in things if thing)


def _status(seen: Seen, *wanted: str) -> int:
    return _count(tuple(s for at, s in deal.status.steps if at <= seen.now) == wanted for deal in seen.deals)


def _edits(deal: Deal) -> list[datetime]:
    return [since for since, _ in deal.delivery_assumptions.steps[1:]] + [since for since, _ in deal.kickoff_committed.steps[1:]]


def _edited_after_signoff(seen: Seen, *, before_kickoff: bool) -> int:
    accepted, held = seen.accepted_by_delivery(), seen.held()
    found = 0
    for project in seen.projects:
        deal, at, start = seen.deal_of.get(project.deal_id or 0), accepted.get(project.project_id), held.get(project.project_id)
        if deal is not None and at is not None and start is not None:
            found += any(at < edit <= seen.now and (edit < start) == before_kickoff for edit in _edits(deal))
    return found


def _quote_count(seen: Seen, question: Callable[[Quote], bool]) -> int:
    return _count(any(question(quote) for quote in seen.sold(deal)) for deal in seen.won)


def _late(text_since: datetime | None, win: datetime) -> bool:
    return text_since is not None and text_since > win


def _since(steps: tuple[tuple[datetime, object], ...]) -> datetime | None:
    return steps[0][0] if steps else None


def _copied(seen: Seen) -> int:
    words: Counter[str] = Counter(
        "".join(letter for letter in text.lower() if letter.isalnum())
        for deal in seen.won
        if (text := deal.delivery_assumptions.at(seen.now)) and text != "TBC"
    )
    return _count(number > 1 for number in words.values())


def _kickoff_rescheduled(seen: Seen) -> int:
    return _count(sum(1 for since, _ in meeting.starts.steps if since <= seen.now) > 1 for _, meeting in seen.meetings())


def _two_projects(seen: Seen) -> int:
    return _count(len([p for p in seen.by_deal.get(d, []) if p.project_id in linked]) > 1 for d, linked in seen.order_projects.items())


def _replaced(seen: Seen) -> int:
    return _count(
        len(projects) > 1
        and projects[0].cancelled_at is not None
        and projects[0].cancelled_at <= seen.now
        and projects[1].cancelled_at is None
        for projects in seen.by_deal.values()
    )


def _by_lines_only(seen: Seen) -> int:
    orphans = {project.project_id for project in seen.projects if project.deal_id is None}
    return _count(linked & orphans for linked in seen.order_projects.values())


def _changed(seen: Seen, question: Callable[[ChangeRequest], bool]) -> int:
    return _count(question(change) for change in seen.changes)


def _wrong_person(seen: Seen, *, is_seller: bool) -> int:
    wrong = [(p, s) for p, s in seen.decided("accepted") if seen.teams[s.agent_id] != "Projects"]
    return _count((seen.teams[signoff.agent_id].startswith("Sales")) == is_seller for _, signoff in wrong)


def _closed_weeks(seen: Seen) -> int:
    return len({p.closed_at.date().isocalendar()[:2] for p in seen.projects if p.closed_at is not None and p.closed_at <= seen.now}) // 5


def _on_hold(seen: Seen, *, is_over: bool) -> int:
    return _count(
        since <= seen.now and (until is not None and until <= seen.now) == is_over
        for project in seen.projects
        for since, until in project.holds
    )


def _committed(seen: Seen, question: Callable[[Deal, datetime], bool]) -> int:
    return _count(question(deal, seen.first_win(deal)) for deal in seen.won)


def _kickoffs_unsigned(seen: Seen) -> int:
    accepted = seen.accepted_by_delivery()
    return _count(pid not in accepted or accepted[pid] > start for pid, start in seen.held().items())


def _local_week_differs(seen: Seen) -> int:
    return _count(win.astimezone(LOCAL).isocalendar()[:2] != win.isocalendar()[:2] for win in map(seen.first_win, seen.won))


def _words(text: str | None) -> int:
    return len((text or "").split())


PLANTED: dict[str, Question] = {
    # Deals
    "still open": lambda seen: _status(seen, "open"),
    "won": lambda seen: _status(seen, "open", "won"),
    "lost": lambda seen: _status(seen, "open", "lost"),
    "reopened after the win": lambda seen: _status(seen, "open", "won", "open"),
    "won again": lambda seen: _status(seen, "open", "won", "open", "won"),
    "lost after the win": lambda seen: _status(seen, "open", "won", "lost"),
    "merged": lambda seen: _count(deal.merged_at is not None and deal.merged_at <= seen.now for deal in seen.won),
    "won before go-live": lambda seen: len(seen.won) - len(seen.live),
    "won since go-live": lambda seen: len(seen.live),
    "won on a Sunday that is Monday locally": _local_week_differs,
    "without a deal type": lambda seen: _count(deal.deal_type is None for deal in seen.won),
    "without a service template": lambda seen: _count(deal.service_template is None for deal in seen.won),
    "sold by a disabled agent": lambda seen: _count(
        any(a.agent_id == deal.agent_id and not a.is_active for a in seen.truth.agents) for deal in seen.won
    ),
    "of an inactive client": lambda seen: _count(
        any(c.client_id == deal.client_id and c.is_deleted for c in seen.truth.clients) for deal in seen.deals
    ),
    "with hostile text": lambda seen: _count(
        deal.title.startswith("=") or "<script>" in deal.title or '"' in deal.title for deal in seen.won
    ),
    # Handoff fields, of deals since go-live
    "no signed scope": lambda seen: _count(not deal.signed_scope_link.steps for deal in seen.live),
    "scope link without a date": lambda seen: _count(d.signed_scope_link.steps and not d.signed_scope_date.steps for d in seen.live),
    "assumptions are a placeholder": lambda seen: _count(d.delivery_assumptions.at(seen.now) == "TBC" for d in seen.live),
    "assumptions are too short": lambda seen: _count(0 < _words(d.delivery_assumptions.at(seen.now)) < 6 for d in seen.live),
    "no dependencies": lambda seen: _count(not deal.dependencies.steps for deal in seen.live),
    "criteria are a placeholder": lambda seen: _count((d.acceptance_criteria.at(seen.now) or "").startswith("To be") for d in seen.live),
    "scope filled days after the win": lambda seen: _count(_late(_since(d.signed_scope_link.steps), seen.first_win(d)) for d in seen.live),
    "assumptions filled days after the win": lambda seen: _count(
        _late(_since(d.delivery_assumptions.steps), seen.first_win(d)) for d in seen.live
    ),
    "everything blank": lambda seen: _count(not d.delivery_assumptions.steps and not d.acceptance_criteria.steps for d in seen.live),
    "assumptions copied from an earlier deal": _copied,
    # Money
    "recurring lines": lambda seen: _quote_count(seen, lambda q: any(line.billing_period > 0 for line in q.lines)),
    "an option taken and one not": lambda seen: _quote_count(
        seen, lambda q: {line.is_option_accepted for line in q.lines if line.is_optional} == {True, False}
    ),
    "group headings with a price": lambda seen: _quote_count(seen, lambda q: any(n.is_group_heading and n.unit_price for n in q.lines)),
    "discounts": lambda seen: _quote_count(seen, lambda q: any(line.discount_pct for line in q.lines)),
    "in EUR, with a rate": lambda seen: _quote_count(seen, lambda q: q.currency == "EUR"),
    "in EUR before the rate changed": lambda seen: _count(
        any(q.currency == "EUR" for q in seen.sold(deal)) and seen.first_win(deal).date() < date(2026, 4, 1) for deal in seen.won
    ),
    "in USD, without a rate": lambda seen: _quote_count(seen, lambda q: q.currency == "USD"),
    "a revision, both accepted": lambda seen: _quote_count(seen, lambda q: q.revised_from is not None),
    "a second quotation accepted after the win": lambda seen: _count(
        any(q.accepted_at is not None and seen.first_win(deal) < q.accepted_at <= seen.now for q in seen.quotes(deal)) for deal in seen.won
    ),
    "no labour lines": lambda seen: _quote_count(seen, lambda q: not any(line.item_id in {100, 101} for line in q.lines)),
    "labour without budget hours": lambda seen: _quote_count(
        seen, lambda q: any(line.item_id in {100, 101} and line.budget_hours is None for line in q.lines)
    ),
    "order without a quotation": lambda seen: _count(order.quote_id is None for order in seen.orders),
    "neither quotation nor order": lambda seen: _count(not seen.sold(d) and d.deal_id not in seen.order_projects for d in seen.won),
    "margin below 25 %": lambda seen: _count((margin := seen.margin(d)) is not None and margin < 25 for d in seen.live),
    # Projects
    "no project": lambda seen: _count(d.deal_id not in seen.by_deal and not seen.order_projects.get(d.deal_id) for d in seen.won),
    "two projects share an order": _two_projects,
    "order line without a project beside such with one": lambda seen: _count(
        len({line.project_id is None for line in order.lines if not line.is_group_heading}) > 1 for order in seen.orders
    ),
    "project linked by order lines only": _by_lines_only,
    "project without any opportunity": lambda seen: (
        _count(p.deal_id is None for p in seen.projects)
        - len({i for ids in seen.order_projects.values() for i in ids if i} & {p.project_id for p in seen.projects if p.deal_id is None})
    ),
    "cancelled project": lambda seen: _count(p.cancelled_at is not None and p.cancelled_at <= seen.now for p in seen.projects),
    "cancelled and replaced project": _replaced,
    "hold that is over": lambda seen: _on_hold(seen, is_over=True),
    "hold that goes on": lambda seen: _on_hold(seen, is_over=False),
    "closed in five weeks or more": _closed_weeks,
    "still open project": lambda seen: _count(p.closed_at is None and p.cancelled_at is None for p in seen.projects),
    # Kickoff
    "no committed date": lambda seen: _committed(seen, lambda deal, _: not deal.kickoff_committed.steps),
    "committed after the win": lambda seen: _committed(seen, lambda deal, win: _late(_since(deal.kickoff_committed.steps), win)),
    "committed date moved within a day of the win": lambda seen: _committed(
        seen, lambda deal, win: any(win < since < win + timedelta(days=1) for since, _ in deal.kickoff_committed.steps[1:])
    ),
    "committed date moved a week after the win": lambda seen: _committed(
        seen, lambda deal, win: any(since > win + timedelta(days=6) for since, _ in deal.kickoff_committed.steps[1:])
    ),
    "kickoff rescheduled": _kickoff_rescheduled,
    "kickoff planned, never completed": lambda seen: _count(
        meeting.completed_at is None and (start := meeting.starts.at(seen.now)) is not None and start < seen.now
        for _, meeting in seen.meetings()
    ),
    "kickoff planned ahead": lambda seen: _count((s := m.starts.at(seen.now)) is not None and s > seen.now for _, m in seen.meetings()),
    "kickoff only as a date": lambda seen: _count(
        p.kickoff_recorded.at(seen.now) is not None and p.project_id not in {q.project_id for q, _ in seen.meetings()}
        for p in seen.projects
    ),
    "kickoff before the win": lambda seen: _count(
        (start := seen.held().get(p.project_id)) is not None and p.deal_id is not None and start < seen.first_win(seen.deal_of[p.deal_id])
        for p in seen.projects
    ),
    "never started": lambda seen: _count(
        p.project_id not in seen.held() and p.created_at < seen.now - timedelta(days=60) and p.cancelled_at is None for p in seen.projects
    ),
    # Sign-off
    "accepted by delivery": lambda seen: len(seen.accepted_by_delivery()),
    "pending": lambda seen: _count(s.result == "pending" or (s.decided_at or seen.now) > seen.now for _, s in seen.signoffs()),
    "rejected": lambda seen: _count(seen.decided("rejected")),
    "rejected, then accepted": lambda seen: len({p.project_id for p, _ in seen.decided("rejected")} & seen.accepted_by_delivery().keys()),
    "accepted by the seller": lambda seen: _wrong_person(seen, is_seller=True),
    "accepted by somebody of another team": lambda seen: _wrong_person(seen, is_seller=False),
    "kickoff without a sign-off before": _kickoffs_unsigned,
    "accepted after the kickoff": lambda seen: _count(
        at > seen.held()[pid] + timedelta(hours=1) for pid, at in seen.accepted_by_delivery().items() if pid in seen.held()
    ),
    "edited after the sign-off, before the kickoff": lambda seen: _edited_after_signoff(seen, before_kickoff=True),
    "edited after the sign-off and the kickoff": lambda seen: _edited_after_signoff(seen, before_kickoff=False),
    # Changes and time
    "change approved": lambda seen: _changed(seen, lambda c: c.outcome == "approved" and (c.decided_at or seen.now) < seen.now),
    "change rejected": lambda seen: _changed(seen, lambda c: c.outcome == "rejected"),
    "change withdrawn": lambda seen: _changed(seen, lambda c: c.outcome == "withdrawn"),
    "change undecided": lambda seen: _changed(seen, lambda c: c.outcome == "raised"),
    "change of a sales gap": lambda seen: _changed(seen, lambda c: c.origin == "Sales gap"),
    "change of an origin that the policy does not map": lambda seen: _changed(seen, lambda c: c.origin == "Supplier delay"),
    "change without an origin": lambda seen: _changed(seen, lambda c: not c.origin),
    "change approved without a price": lambda seen: _changed(seen, lambda c: c.outcome == "approved" and c.price is None),
    "change without a parent": lambda seen: _changed(seen, lambda c: c.parent_id is None),
    "change on a task": lambda seen: _changed(seen, lambda c: c.parent_id in {t.task_id for p in seen.projects for t in p.tasks}),
    "time on a change": lambda seen: len({e.ticket_id for e in seen.entries} & {c.change_id for c in seen.changes}),
    "time on a project itself": lambda seen: len({e.ticket_id for e in seen.entries} & {p.project_id for p in seen.projects}),
    "time logged days late": lambda seen: _count(e.logged_at - e.worked_at > timedelta(days=1) for e in seen.entries),
    "time of a person without a cost price": lambda seen: _count(
        e.agent_id in {a.agent_id for a in seen.truth.agents if a.cost_price is None} for e in seen.entries
    ),
}

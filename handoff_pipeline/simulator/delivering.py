"""What delivery does with a won deal: projects, sign-off, kickoff, holds, the end, and which order lines name a project.

Time and change requests are in `working`. A project that nobody sold is made here as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from handoff_pipeline.simulator import names
from handoff_pipeline.simulator.deck import after, office_moment, working
from handoff_pipeline.simulator.draft import DealDraft, Draft
from handoff_pipeline.simulator.roster import SERVICE_DESK_AGENT
from handoff_pipeline.simulator.truth import Agent, Appointment, Order, Project, Signoff, SignoffResult, Task, Timeline

KICKOFF_LENGTH = timedelta(hours=1, minutes=15)
END_AFTER_ALL = timedelta(days=75)


@dataclass(frozen=True)
class Delivery:
    """One project with what the time and change makers must know of it. `started_at` is None where it never kicked off."""

    project: Project
    started_at: datetime | None
    ends_at: datetime


def deliver(draft: Draft, deal: DealDraft, order: Order | None, card: str, planned: date) -> list[Delivery]:
    """Make the projects of a won deal as its project card says, and give them; the deal's order learns of them."""
    if card == "none":
        return []
    linked = card != "order_line_only" or order is None
    deliveries = [_project(draft, deal, planned, is_parented=linked, kickoff_card=draft.draw("kickoff"))]
    if card == "replaced":
        deliveries = [_cancel_early(draft, deliveries[0])]
        deliveries.append(_project(draft, deal, planned + timedelta(days=14), is_parented=True, kickoff_card="on_time", delay_days=14))
    if card == "split":
        deliveries.append(_project(draft, deal, planned + timedelta(days=7), is_parented=True, kickoff_card="on_time"))
    if order is not None and (card in {"order_line_only", "split"} or draft.draw("order_links") == "linked"):
        alive = [made.project.project_id for made in deliveries if made.project.cancelled_at is None]
        draft.orders[-1] = _link_lines(order, alive or [made.project.project_id for made in deliveries])
    return deliveries


def unsold_project(draft: Draft) -> Delivery:
    """Make a project that comes from no opportunity."""
    rng = draft.rng
    client = rng.choice(draft.clients)
    span = (draft.until - draft.start).days - 30
    created = office_moment(rng, draft.start + timedelta(days=rng.randint(0, span)))
    noun = rng.choice(names.OTHER_NOUNS)
    project_id = next(draft.ticket_ids)
    kicked_off = after(rng, created, 5, 12)
    project = Project(
        project_id,
        None,
        client.client_id,
        rng.choice(draft.leads).agent_id,
        "Projects",
        f"{client.name}: {noun} (internal)",
        created,
        _tasks(draft, project_id, created),
        closed_at=after(rng, kicked_off, 30, 60),
        kickoff_recorded=Timeline(((kicked_off, kicked_off.date()),)),
    )
    draft.projects.append(project)
    return Delivery(project, kicked_off, project.closed_at or kicked_off)


def _project(draft: Draft, deal: DealDraft, planned: date, *, is_parented: bool, kickoff_card: str, delay_days: int = 0) -> Delivery:
    rng, win = draft.rng, deal.first_won_at
    if kickoff_card == "before_win":
        created = office_moment(rng, working(win.date() - timedelta(days=9)))
    else:
        created = after(rng, win, 1 + delay_days, 3 + delay_days)
    lead = rng.choice(draft.leads)
    project_id = next(draft.ticket_ids)
    project = Project(
        project_id,
        deal.deal_id if is_parented else None,
        deal.client_id,
        lead.agent_id,
        "Projects",
        deal.title,
        created,
        _tasks(draft, project_id, created),
    )
    held, recorded = _kickoff(draft, deal, project, kickoff_card, planned)
    project = replace(project, kickoff_recorded=recorded)
    project = _sign_off(draft, deal, project, lead, held)
    project, ends_at = _end(draft, project, held)
    draft.projects.append(project)
    return Delivery(project, held, ends_at)


def _tasks(draft: Draft, project_id: int, created: datetime) -> tuple[Task, ...]:
    wanted = draft.rng.randint(1, 3)
    return tuple(
        Task(next(draft.ticket_ids), project_id, title, created + timedelta(minutes=2 * at + 1))
        for at, title in enumerate(names.TASKS[:wanted])
    )


def _kickoff(draft: Draft, deal: DealDraft, project: Project, card: str, planned: date) -> tuple[datetime | None, Timeline[date]]:
    """Plan and hold the kickoff; gives when it was held and the project's date field."""
    rng, nothing = draft.rng, Timeline[date]()
    if card == "never_started":
        return None, nothing
    day = working(planned + timedelta(days=rng.choice((0, 0, 0, -1, 1)) if card in {"on_time", "both"} else 0))
    if card in {"late", "rescheduled"}:
        day = working(planned + timedelta(days=rng.randint(3, 16)))
    if card == "before_win":
        day = working(deal.first_won_at.date() - timedelta(days=4))
    starts_at = office_moment(rng, day).replace(minute=0, second=0)
    recorded = Timeline(((starts_at + timedelta(hours=5), starts_at.date()),))
    if card == "date_field_only":
        return starts_at, recorded
    made_at = min(after(rng, project.created_at, 0, 3), starts_at - timedelta(hours=1))
    steps = [(made_at, starts_at)]
    if card == "rescheduled":
        steps = [(made_at, starts_at - timedelta(days=7)), (starts_at - timedelta(days=7, hours=-2), starts_at)]
        steps[0] = (min(made_at, steps[0][1] - timedelta(hours=1)), steps[0][1])
    completed = None if card == "not_completed" else starts_at + KICKOFF_LENGTH
    draft.appointments.append(
        Appointment(
            next(draft.appointment_ids),
            project.project_id,
            project.agent_id,
            "Kickoff",
            max(steps[0][0], project.created_at),
            Timeline.of(steps),
            completed,
        )
    )
    if rng.random() < 0.3:
        visit = starts_at + timedelta(days=7)
        draft.appointments.append(
            Appointment(
                next(draft.appointment_ids), project.project_id, project.agent_id, "Site visit", made_at, Timeline(((made_at, visit),))
            )
        )
    return (None if card == "not_completed" else starts_at), (recorded if card == "both" else nothing)


def _sign_off(draft: Draft, deal: DealDraft, project: Project, lead: Agent, held: datetime | None) -> Project:
    """Ask for the sign-off and decide it as the card says; gives the project with feasibility and resource plan filled."""
    card, rng = draft.draw("signoff"), draft.rng
    if card == "none":
        return project
    asked = after(rng, project.created_at, 0, 1)
    decided = after(rng, asked, 0, 2)
    if card == "after_kickoff" and held is not None:
        asked, decided = after(rng, held, 1, 2), after(rng, held, 3, 5)
    others = [agent for agent in draft.leads if agent is not lead]

    def ask(agent_id: int, requested: datetime, result: SignoffResult, at: datetime | None) -> None:
        seq = draft.signoff_seq(project.project_id)
        draft.signoffs.append(Signoff(seq, project.project_id, agent_id, requested, result, at))

    filled = asked - timedelta(minutes=rng.randint(1, 9))
    if card == "pending":
        ask(lead.agent_id, asked, "pending", None)
    elif card == "rejected":
        ask(lead.agent_id, asked, "rejected", decided)
    elif card == "rejected_then_accepted":
        ask(lead.agent_id, asked, "rejected", decided)
        again = after(rng, decided, 1, 2)
        ask(lead.agent_id, again, "accepted", after(rng, again, 0, 1))
    elif card == "by_seller":
        ask(deal.seller.agent_id, asked, "accepted", decided)
    elif card == "by_service_desk":
        ask(SERVICE_DESK_AGENT, asked, "accepted", decided)
    else:
        ask(rng.choice(others).agent_id if rng.random() < 0.2 else lead.agent_id, asked, "accepted", decided)
    if card in {"edited_before_kickoff", "edited_after_kickoff"}:
        _edit_scope(draft, deal, decided, held, card)
    plan_filled = decided + timedelta(days=1) if card == "edited_after_kickoff" and held is None else filled
    return replace(
        project,
        feasibility=Timeline(((filled, rng.choice(names.FEASIBILITY)),)),
        resource_plan=Timeline(((plan_filled, rng.choice(names.RESOURCE_PLANS)),)),
    )


def _edit_scope(draft: Draft, deal: DealDraft, decided: datetime, held: datetime | None, card: str) -> None:
    edited = decided + timedelta(hours=3)
    if card == "edited_after_kickoff" and held is not None:
        edited = max(held, decided) + timedelta(days=2)
    steps = deal.texts.setdefault("delivery_assumptions", [])
    steps.append((max([edited, *(since + timedelta(hours=1) for since, _ in steps)]), "\n".join(draft.rng.sample(names.ASSUMPTIONS, 3))))


def _end(draft: Draft, project: Project, held: datetime | None) -> tuple[Project, datetime]:
    """Close, cancel or leave the project open, with its holds; gives it and when its work stops."""
    card, rng = draft.draw("project_end"), draft.rng
    begun = max(held or project.created_at, project.created_at)
    if card == "cancelled":
        cancelled = after(rng, begun, 6, 25)
        return replace(project, cancelled_at=cancelled), cancelled
    holds = _holds(draft, begun)
    if card == "still_open" or held is None:
        return replace(project, holds=holds), begun + END_AFTER_ALL
    closed = after(rng, begun, 24, 75)
    # A hold that nobody ended would go on past the close: work resumed a day before it.
    ended = tuple((since, until or closed - timedelta(days=1)) for since, until in holds if since < closed - timedelta(days=2))
    return replace(project, holds=tuple((since, min(until, closed)) for since, until in ended), closed_at=closed), closed


def _holds(draft: Draft, begun: datetime) -> tuple[tuple[datetime, datetime | None], ...]:
    card, rng = draft.draw("hold"), draft.rng
    if card == "none":
        return ()
    since = after(rng, begun, 2, 9)
    return ((since, None if card == "open_ended" else after(rng, since, 4, 15)),)


def _cancel_early(draft: Draft, made: Delivery) -> Delivery:
    """Cancel a project before its kickoff: another one takes its place."""
    cancelled = after(draft.rng, made.project.created_at, 4, 6)
    project = replace(made.project, cancelled_at=cancelled, closed_at=None, holds=(), kickoff_recorded=Timeline())
    draft.projects[-1] = project
    for at in range(len(draft.appointments) - 1, -1, -1):
        # The last project's meetings are the last ones made.
        if draft.appointments[at].project_id != project.project_id:
            break
        draft.appointments[at] = replace(draft.appointments[at], completed_at=None)
    return Delivery(project, None, cancelled)


def _link_lines(order: Order, project_ids: list[int]) -> Order:
    """Name the project on the order's lines; with two, lines alternate and the last line stays without one."""
    lines = []
    for at, line in enumerate(order.lines):
        is_left_over = len(project_ids) > 1 and at == len(order.lines) - 1
        named = None if line.is_group_heading or is_left_over else project_ids[at % len(project_ids)]
        lines.append(replace(line, project_id=named))
    return replace(order, lines=tuple(lines))

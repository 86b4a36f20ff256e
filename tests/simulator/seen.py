"""A truth as it is at a moment, with what the questions about planted cases share.

Plain look-ups over the truth; no product code, no HaloPSA shapes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from handoff_pipeline.simulator.truth import Appointment, Deal, Project, Quote, Signoff, Truth

GO_LIVE = datetime(2026, 6, 1, tzinfo=UTC)


class Seen:
    """The truth as it is at a moment, with what the questions below share."""

    def __init__(self, truth: Truth, now: datetime) -> None:
        self.truth, self.now = truth, now
        self.deals = [deal for deal in truth.deals if deal.created_at <= now]
        self.won = [deal for deal in self.deals if any(status == "won" and since <= now for since, status in deal.status.steps)]
        self.live = [deal for deal in self.won if self.first_win(deal) >= GO_LIVE]
        self.projects = [project for project in truth.projects if project.created_at <= now]
        self.by_deal: dict[int, list[Project]] = {}
        for project in self.projects:
            if project.deal_id is not None:
                self.by_deal.setdefault(project.deal_id, []).append(project)
        self.order_projects = {
            order.deal_id: {line.project_id for line in order.lines if line.project_id is not None}
            for order in truth.orders
            if order.created_at <= now
        }
        self.orders = [order for order in truth.orders if order.created_at <= now]
        self.changes = [change for change in truth.changes if change.raised_at <= now]
        self.entries = [entry for entry in truth.time_entries if entry.logged_at <= now]
        self.deal_of = {deal.deal_id: deal for deal in truth.deals}
        self.teams = {agent.agent_id: agent.team for agent in truth.agents}

    def first_win(self, deal: Deal) -> datetime:
        return next(since for since, status in deal.status.steps if status == "won")

    def quotes(self, deal: Deal) -> list[Quote]:
        return [quote for quote in self.truth.quotes if quote.deal_id == deal.deal_id and quote.created_at <= self.now]

    def sold(self, deal: Deal) -> list[Quote]:
        accepted = [q for q in self.quotes(deal) if q.accepted_at is not None and q.accepted_at <= self.first_win(deal)]
        replaced = {quote.revised_from for quote in accepted}
        return [quote for quote in accepted if quote.quote_id not in replaced]

    def margin(self, deal: Deal) -> Decimal | None:
        lines = [
            line
            for quote in self.sold(deal)
            for line in quote.lines
            if not line.is_group_heading and line.billing_period == 0 and (not line.is_optional or line.is_option_accepted)
        ]
        revenue = sum((line.quantity * line.unit_price * (100 - line.discount_pct) / 100 for line in lines), Decimal(0))
        cost = sum((line.quantity * line.unit_cost for line in lines), Decimal(0))
        return (revenue - cost) / revenue * 100 if revenue else None

    def meetings(self) -> Iterator[tuple[Project, Appointment]]:
        known = {project.project_id: project for project in self.projects}
        for meeting in self.truth.appointments:
            if meeting.kind == "Kickoff" and meeting.created_at <= self.now and meeting.project_id in known:
                yield known[meeting.project_id], meeting

    def held(self) -> dict[int, datetime]:
        """Kickoffs by project: the completed appointment's start, else the recorded day."""
        held = {
            project.project_id: datetime.combine(day, datetime.min.time(), tzinfo=UTC)
            for project in self.projects
            if (day := project.kickoff_recorded.at(self.now)) is not None
        }
        for project, meeting in self.meetings():
            start = meeting.starts.at(self.now)
            if meeting.completed_at is not None and meeting.completed_at <= self.now and start is not None:
                held[project.project_id] = start
        return held

    def signoffs(self) -> Iterator[tuple[Project, Signoff]]:
        known = {project.project_id: project for project in self.projects}
        for signoff in self.truth.signoffs:
            if signoff.requested_at <= self.now and signoff.project_id in known:
                yield known[signoff.project_id], signoff

    def decided(self, result: str) -> Iterator[tuple[Project, Signoff]]:
        for project, signoff in self.signoffs():
            if signoff.result == result and signoff.decided_at is not None and signoff.decided_at <= self.now:
                yield project, signoff

    def accepted_by_delivery(self) -> dict[int, datetime]:
        accepted: dict[int, datetime] = {}
        for project, signoff in self.decided("accepted"):
            if self.teams[signoff.agent_id] == "Projects" and signoff.decided_at is not None:
                accepted.setdefault(project.project_id, signoff.decided_at)
        return accepted

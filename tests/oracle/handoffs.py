"""The handoff: everything known of one deal that was ever won, gathered once, and the three tables that show it.

The rules themselves are in `wins`, `sold`, `projects`, `kickoff`, `signoff`, `checklist` and `gaps`; this module only joins them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from handoff_pipeline.simulator.truth import Deal, Project
from tests.oracle import checklist
from tests.oracle.exceptions import is_waived
from tests.oracle.gaps import Gap, gaps_of
from tests.oracle.keys import UNKNOWN, date_key, number, utc
from tests.oracle.kickoff import Commitment, Kickoff, client_hold_days, committed, kickoff_of, kickoff_state
from tests.oracle.observation import Seen
from tests.oracle.projects import cancelled_day, first_project, is_closed, project_key, projects_of
from tests.oracle.signoff import SignoffRecord, kicked_off_without, signoff_of
from tests.oracle.sold import Sold, sold_of
from tests.oracle.wins import Win, win_of

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Handoff:
    """One won deal as known on the last night."""

    deal: Deal
    win: Win
    sold: Sold
    projects: list[Project]
    first: Project | None
    kickoff: Kickoff
    commitment: Commitment
    signoff: SignoffRecord
    gaps: list[Gap]
    stages: dict[str, datetime]
    """Stage of the checklist -> the night on which it is judged."""
    scores: dict[str, float | None]
    kickoff_day: date | None
    cancelled_day: date | None
    without_signoff: bool | None

    @property
    def team(self) -> str | None:
        """The sales team."""
        return self.deal.team or None

    @property
    def counts(self) -> bool:
        """Whether metrics count the deal."""
        return self.win.state == "won"

    @property
    def days_to_kickoff(self) -> int | None:
        """Local days from the win to the kickoff."""
        return None if self.kickoff_day is None else (self.kickoff_day - self.win.day).days

    @property
    def is_before_won(self) -> bool:
        """Whether the kickoff's day lies before the win's."""
        return self.days_to_kickoff is not None and self.days_to_kickoff < 0


def handoffs(seen: Seen) -> list[Handoff]:
    """Every deal that a night saw won."""
    return [_handoff(seen, deal, win) for deal in seen.deals if (win := win_of(seen, deal)) is not None]


def _handoff(seen: Seen, deal: Deal, win: Win) -> Handoff:
    first = first_project(seen, deal)
    kickoff = kickoff_of(seen, first)
    signoff = signoff_of(seen, deal, first)
    stages = {"won": win.night, "latest": seen.as_of}
    if signoff.acceptance is not None and win_of(seen.by(signoff.acceptance.seen_on), deal) is not None:
        stages["signoff"] = signoff.acceptance.seen_on
    return Handoff(
        deal=deal,
        win=win,
        sold=sold_of(seen, deal),
        projects=projects_of(seen, deal),
        first=first,
        kickoff=kickoff,
        commitment=committed(seen, deal, win, [each.seen_on for each in signoff.acceptances]),
        signoff=signoff,
        gaps=gaps_of(seen, deal),
        stages=stages,
        scores={stage: checklist.score(seen.by(night), deal) for stage, night in stages.items()},
        kickoff_day=seen.days.local_or_none(kickoff.actual_at),
        cancelled_day=cancelled_day(seen, first),
        without_signoff=kicked_off_without(seen, signoff, kickoff),
    )


def stage_of(seen: Seen, handoff: Handoff) -> str:
    """The furthest stage whose evidence is seen."""
    evidence = (
        ("closed", handoff.first is not None and is_closed(seen, handoff.first)),
        ("kicked_off", handoff.kickoff.actual_at is not None),
        ("kickoff_scheduled", handoff.kickoff.scheduled_at is not None),
        ("signed_off", handoff.signoff.state == "accepted"),
        ("provisioned", handoff.first is not None),
        ("checklist_complete", checklist.is_complete(seen, handoff.deal)),
    )
    return next((stage for stage, is_seen in evidence if is_seen), "won")


def is_in_pilot(seen: Seen, each: Handoff) -> bool:
    """Whether a live handoff is in every list of the pilot that names anything; a pilot without any list holds none."""
    deal = each.deal
    asked: dict[str, set[Any]] = {
        "teams": {deal.team},
        "clients": {deal.client_id, *(client.name for client in seen.truth.clients if client.client_id == deal.client_id)},
        "deal_types": {deal.deal_type},
        "agents": {deal.agent_id, *(agent.name for agent in seen.truth.agents if agent.agent_id == deal.agent_id)},
    }
    lists = {kind: set(named) for kind, named in seen.rules.pilot.items() if named}
    return bool(lists) and not each.win.is_historic and all(named & asked[kind] for kind, named in lists.items())


def dim_handoff(seen: Seen, each: Handoff) -> Row:
    """The dimension's row."""
    deal = each.deal
    return {
        "handoff_key": seen.key("handoff", deal.deal_id),
        "tenant_key": seen.key("tenant", seen.truth.tenant),
        "handoff_id": deal.deal_id,
        "title": deal.title,
        "deal_state": each.win.state,
        "stage": stage_of(seen, each),
        "deal_type": deal.deal_type or None,
        "service_template": deal.service_template or None,
        "is_historic": each.win.is_historic,
        "in_pilot": is_in_pilot(seen, each),
        "source_url": seen.url(deal.deal_id),
    }


def fact_handoff(seen: Seen, each: Handoff) -> Row:
    """The fact's row."""
    deal, win, first = each.deal, each.win, each.first
    open_gaps = [gap for gap in each.gaps if gap.is_open]
    return {
        "handoff_key": seen.key("handoff", deal.deal_id),
        "client_key": seen.client_key(deal.client_id),
        "sales_agent_key": seen.agent_key(deal.agent_id),
        "delivery_agent_key": seen.agent_key(first.agent_id) if first else UNKNOWN,
        "sales_team": each.team,
        "delivery_team": (first.team or None) if first else None,
        "won_date_key": date_key(win.day),
        "won_at_utc": utc(win.at),
        "first_won_at_utc": utc(win.first_at),
        "project_key": project_key(seen, first),
        "project_count": len(each.projects),
        "score_at_won": each.scores["won"],
        "score_at_signoff": each.scores.get("signoff"),
        "score_latest": each.scores["latest"],
        "history_basis": "observed" if win.is_observed else "first_seen",
        "policy_version": seen.by(win.night).policy.version,
        "hard_gaps": sum(1 for gap in open_gaps if (item := checklist.item_of(seen, gap.item)) is not None and item["hard"]),
        "open_gaps": len(open_gaps),
        **_signoff_columns(seen, each),
        **_kickoff_columns(seen, each),
        "assumptions_recorded": checklist.assumptions_recorded(seen, deal),
        "assumptions_missed": None,
        **_sold_columns(seen, each),
    }


def fact_handoff_check(seen: Seen, each: Handoff) -> Iterator[Row]:
    """The fact's rows: item by item, stage by stage."""
    for stage, night in each.stages.items():
        then = seen.by(night)
        for item in then.policy.items:
            judged = checklist.judge(then, each.deal, item)
            yield {
                "handoff_key": seen.key("handoff", each.deal.deal_id),
                "item_key": seen.key("item", item["id"]),
                "stage": stage,
                "result": judged.result,
                "quality": judged.quality,
                "weight": float(item["weight"]),
                "evidence_url": judged.link or seen.url(each.deal.deal_id),
                "evidence_hash": judged.hash,
                "is_waived": is_waived(then, each.deal.deal_id, item["id"]),
                "policy_version": then.policy.version,
                "checked_at_utc": utc(checklist.standing_since(then, each.deal, item)),
            }


def _signoff_columns(seen: Seen, each: Handoff) -> Row:
    accepted, decisions = each.signoff.acceptance, each.signoff.decisions
    return {
        "signoff_state": each.signoff.state,
        "signed_off_at_utc": utc(accepted.at) if accepted else None,
        "signoff_date_key": date_key(seen.days.local(accepted.at)) if accepted else UNKNOWN,
        "signed_off_by_key": seen.agent_key(accepted.agent_id) if accepted else UNKNOWN,
        "first_decision_at_utc": utc(decisions[0].at) if decisions else None,
        "accepted_first_pass": decisions[0].is_acceptance if decisions else None,
    }


def _kickoff_columns(seen: Seen, each: Handoff) -> Row:
    kickoff, commitment, day = each.kickoff, each.commitment, each.kickoff_day
    return {
        "kickoff_committed_date": commitment.day,
        "kickoff_first_committed_date": commitment.first_own,
        "committed_date_key": date_key(commitment.day),
        "commit_basis": commitment.basis,
        "kickoff_scheduled_at_utc": utc(kickoff.scheduled_at),
        "kickoff_schedule_seen_at_utc": utc(kickoff.schedule_seen_on),
        "kickoff_actual_at_utc": utc(kickoff.actual_at),
        "kickoff_date_key": date_key(day),
        "client_hold_days": client_hold_days(seen, each.first, kickoff),
        "kickoff_state": kickoff_state(seen, each.win, each.first, kickoff, commitment.day),
        "days_to_kickoff": each.days_to_kickoff,
        "business_days_to_kickoff": None if day is None else seen.days.business_days_between(each.win.day, day),
        "kickoff_delay_days": None if day is None else (day - commitment.day).days,
        "kickoff_without_signoff": each.without_signoff,
        "kickoff_before_won": each.is_before_won,
    }


def _sold_columns(seen: Seen, each: Handoff) -> Row:
    sold, floor = each.sold, seen.by(each.win.night).policy.margin_floor(each.deal.deal_type)
    return {
        "currency": sold.currency,
        "currency_state": sold.currency_state,
        "sold_basis": sold.basis,
        "sold_revenue": sold.revenue,
        "sold_cost": sold.cost,
        "sold_hours": sold.hours,
        "sold_recurring_annual": sold.recurring,
        "sold_revenue_base": sold.revenue_base,
        "sold_cost_base": sold.cost_base,
        "sold_margin_pct": number(sold.margin_pct),
        "margin_floor_pct": float(floor),
        "below_margin_floor": None if sold.margin_pct is None else sold.margin_pct < floor,
    }

"""Members: which record counts in which metric and week, with what it adds, and what it belongs to.

The shape and its published row are here; who is a member is decided in `kpis_*`, how members become a figure in `figures`.
The one thing to know: a member that is left out (`exclusion`) adds nothing to a figure but to its `n_excluded`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from handoff_pipeline.simulator.truth import Project
from tests.oracle.days import monday
from tests.oracle.handoffs import Handoff
from tests.oracle.keys import UNKNOWN, date_key, number
from tests.oracle.metrics import METRICS
from tests.oracle.observation import Seen
from tests.oracle.projects import project_key

ONE = Decimal(1)
NOUGHT = Decimal(0)
Adds = dict[str, Any]
"""What a record adds, by the names of `Member`."""


@dataclass(frozen=True)
class Place:
    """What a record belongs to, in the columns of kpi_member; the segments are cut from it."""

    handoff_key: int = UNKNOWN
    project_key: int = UNKNOWN
    client_key: int = UNKNOWN
    sales_agent_key: int = UNKNOWN
    sales_team: str | None = None
    delivery_team: str | None = None
    deal_type: str | None = None
    service_template: str | None = None
    change_origin: str | None = None

    def with_origin(self, origin: str) -> Place:
        """The place of a change, or of time on it."""
        return replace(self, change_origin=origin)


@dataclass(frozen=True, eq=False)
class Member:
    """One record in one metric and week. What it adds is None where it adds nothing to that part.

    `is_event` tells survival metrics whether it happened, and charts between events whether it is one.
    """

    metric: str
    week: date
    record: str
    record_key: int
    place: Place
    happened_on: date
    source_url: str
    exclusion: str | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    numerator_2: Decimal | None = None
    denominator_2: Decimal | None = None
    duration: float | None = None
    is_event: bool | None = None

    @property
    def is_counted(self) -> bool:
        """Whether the metric counts it."""
        return self.exclusion is None


def place_of_handoff(seen: Seen, handoff: Handoff) -> Place:
    """A handoff's place: the deal as it was won, and its first project."""
    return _place(seen, handoff, handoff.first)


def place_of_project(seen: Seen, project: Project, handoff: Handoff | None) -> Place:
    """A project's place; `handoff` is its deal where metrics count that."""
    if handoff is None:
        return Place(
            project_key=project_key(seen, project), client_key=seen.client_key(project.client_id), delivery_team=project.team or None
        )
    return _place(seen, handoff, project)


def _place(seen: Seen, handoff: Handoff, project: Project | None) -> Place:
    deal = handoff.deal
    return Place(
        handoff_key=seen.key("handoff", deal.deal_id),
        project_key=project_key(seen, project),
        client_key=seen.client_key(deal.client_id),
        sales_agent_key=seen.agent_key(deal.agent_id),
        sales_team=handoff.team,
        delivery_team=(project.team or None) if project else None,
        deal_type=deal.deal_type or None,
        service_template=deal.service_template or None,
    )


def of_handoff(seen: Seen, metric: str, handoff: Handoff, day: date, week: date | None = None, **adds: Any) -> Member:
    """A handoff as a member of the week of `day`, or of another one."""
    key, page = seen.key("handoff", handoff.deal.deal_id), seen.url(handoff.deal.deal_id)
    return Member(metric, week or monday(day), "handoff", key, place_of_handoff(seen, handoff), day, page, **adds)


def share(is_part: bool) -> Adds:
    """What a record adds to a share: itself below the line, and above it where it is part."""
    return {"numerator": ONE if is_part else NOUGHT, "denominator": ONE}


def event(is_event: bool) -> Adds:
    """The same of a metric that is charted between events."""
    return {**share(is_event), "is_event": is_event}


def kpi_member(seen: Seen, member: Member) -> dict[str, Any]:
    """The table's row."""
    return {
        "metric_key": seen.key("metric", member.metric),
        "week_start": member.week,
        "week_date_key": date_key(member.week),
        "record": member.record,
        "record_key": member.record_key,
        **vars(member.place),
        "happened_on": member.happened_on,
        "is_counted": member.is_counted,
        "exclusion": member.exclusion,
        "numerator": number(member.numerator),
        "denominator": number(member.denominator),
        "numerator_2": number(member.numerator_2),
        "denominator_2": number(member.denominator_2),
        "duration": member.duration,
        "is_event": member.is_event,
        "source_url": member.source_url,
    }


def ordered(members: list[Member]) -> list[Member]:
    """Members in the order of kpi_member's key, metrics as the contract lists them."""
    places = {metric: place for place, metric in enumerate(METRICS)}
    return sorted(members, key=lambda each: (places[each.metric], each.week, each.record, each.record_key))

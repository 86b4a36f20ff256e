"""Segments: how members are cut by team, agent, client, deal type, template and origin, and which weeks a segment has.

`all` has every week; another segment only weeks in which the metric has a member in it. An origin cuts the changes alone:
what they are counted over are all active projects, so an origin that was ever seen has every week in which one was active.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from tests.oracle.days import weeks
from tests.oracle.keys import UNKNOWN
from tests.oracle.kpi_facts import Facts
from tests.oracle.members import Member
from tests.oracle.metrics import METRICS
from tests.oracle.observation import Seen

BY_TEXT = ("sales_team", "delivery_team", "deal_type", "service_template")
CUT_BY_ORIGIN = ("scope_change_frequency", "scope_changes_per_100h", "unbilled_scope_hours")


class Segment(NamedTuple):
    """A segment as the published tables name it."""

    segment_type: str
    segment_key: int
    segment: str

    @property
    def columns(self) -> dict[str, Any]:
        """Its columns."""
        return self._asdict()


ALL = Segment("all", UNKNOWN, "all")
Cut = dict[tuple[str, Segment], dict[date, list[Member]]]
"""Metric and segment -> week -> members, with a week for each row that is to be published."""


def cut(facts: Facts, members: list[Member]) -> Cut:
    """Every series."""
    names = names_of(facts.seen)
    found: Cut = defaultdict(lambda: defaultdict(list))
    for member in members:
        for segment in segments_of(facts.seen, member, names):
            found[member.metric, segment][member.week].append(member)
    if members:
        for metric in METRICS:
            for week in weeks(min(member.week for member in members), facts.seen.today):
                found[metric, ALL][week] += []
    for metric, origin, week, chosen in _by_origin(facts, members):
        found[metric, origin][week] += chosen
    return found


def segments_of(seen: Seen, member: Member, names: dict[int, str]) -> Iterator[Segment]:
    """The segments of a member but those of its change's origin; what is unknown is none."""
    yield ALL
    place = member.place
    for kind in BY_TEXT:
        text = getattr(place, kind)
        if text is not None:
            yield text_segment(seen, kind, text)
    for kind, key in (("sales_agent", place.sales_agent_key), ("client", place.client_key)):
        if key != UNKNOWN:
            yield Segment(kind, key, names[key])


def text_segment(seen: Seen, kind: str, text: str) -> Segment:
    """A segment that is known by its text."""
    return Segment(kind, seen.key(kind, text), text)


def names_of(seen: Seen) -> dict[int, str]:
    """Names of agents and clients by key."""
    agents = {seen.agent_key(agent.agent_id): agent.name for agent in seen.truth.agents}
    return agents | {seen.client_key(client.client_id): client.name for client in seen.truth.clients}


def _by_origin(facts: Facts, members: list[Member]) -> Iterator[tuple[str, Segment, date, list[Member]]]:
    seen = facts.seen
    origins = {seen.rules.origin(each.change.origin) for each in facts.changes}
    active = {week for each in facts.projects for week in weeks(each.first, each.last or seen.today)}
    by_week: dict[tuple[str, date], list[Member]] = defaultdict(list)
    for member in members:
        by_week[member.metric, member.week].append(member)
    for origin in sorted(origins):
        for metric in CUT_BY_ORIGIN:
            for week in sorted(active):
                chosen = [each for each in by_week[metric, week] if each.place.change_origin in {None, origin}]
                yield metric, text_segment(seen, "change_origin", origin), week, chosen

"""Every metric's members, and where the figures rest on them: the list that kpi_member publishes and kpi_weekly sums.

Who is a member is in `kpis_*`, one module for each family; sums, intervals and medians are in `figures`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.oracle.kpi_facts import Facts
from tests.oracle.kpis_gap import gap_resolution_hours, gap_within_sla_rate
from tests.oracle.kpis_handoff import (
    approval_under_a_minute_rate,
    first_pass_acceptance,
    handoff_completeness,
    no_commit_rate,
    override_rate,
)
from tests.oracle.kpis_kickoff import (
    days_to_kickoff_median,
    kickoff_delay_rate,
    kickoff_within_target,
    kickoff_without_signoff,
    missed_assumption_rate,
)
from tests.oracle.kpis_margin import margin_erosion_amount, margin_erosion_pp, open_margin_erosion_pp
from tests.oracle.kpis_people import escalation_ack_hours, expired_overrides_open
from tests.oracle.kpis_project import projects_with_change_rate, scope_change_frequency, scope_changes_per_100h
from tests.oracle.kpis_time import unbilled_scope_hours
from tests.oracle.members import Member, ordered
from tests.oracle.metrics import METRICS

NOT_LOGGED_YET = frozenset({"decision_overdue_rate"})
"""Metrics of decisions, which nothing logs in this release: nobody is in their cohort."""
WITHOUT_A_SCRIPT = NOT_LOGGED_YET | {"escalation_ack_hours", "expired_overrides_open"}
"""Metrics without a member in a world in which nobody escalates, and nobody asks for an exception."""

SOURCES: tuple[Callable[[Facts], Iterator[Member]], ...] = (
    handoff_completeness,
    first_pass_acceptance,
    kickoff_delay_rate,
    no_commit_rate,
    days_to_kickoff_median,
    kickoff_within_target,
    kickoff_without_signoff,
    scope_change_frequency,
    scope_changes_per_100h,
    projects_with_change_rate,
    missed_assumption_rate,
    margin_erosion_pp,
    margin_erosion_amount,
    open_margin_erosion_pp,
    unbilled_scope_hours,
    gap_resolution_hours,
    gap_within_sla_rate,
    approval_under_a_minute_rate,
    override_rate,
    escalation_ack_hours,
    expired_overrides_open,
)


def members_of(facts: Facts) -> list[Member]:
    """Every member of every metric, up to the as-of week."""
    found = [member for source in SOURCES for member in source(facts) if member.week <= facts.seen.today]
    return ordered(found)


def metrics_without_members() -> set[str]:
    """Metrics of the contract that no source fills; each must be one that nothing logs yet."""
    return set(METRICS) - {source.__name__ for source in SOURCES}

"""The whole of handoff.yaml as one typed model, with the rules that hold between its sections.

Loading and messages live in `load.py`. The one thing to know: a policy is immutable, and its hash says by which one a night judged.
"""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from handoff_pipeline.clock import Calendar
from handoff_pipeline.policy.checklist import AllFieldsRule, Checklist, TextRule
from handoff_pipeline.policy.register import Control, Risk
from handoff_pipeline.policy.sections import (
    WEEKDAYS,
    BusinessCalendar,
    ChangeRequests,
    Currency,
    Fields,
    Kickoff,
    Lost,
    MarginFloors,
    ProjectStatuses,
    Quotations,
    Section,
    Signoff,
    Tenant,
    TicketTypes,
    Won,
)


class Policy(Section):
    """The whole of handoff.yaml."""

    version: Annotated[str, Field(min_length=1)]
    tenant: Tenant
    ticket_types: TicketTypes
    won: Won
    lost: Lost
    project: ProjectStatuses
    change_request: ChangeRequests
    fields: Fields
    kickoff: Kickoff
    signoff: Signoff
    quotation: Quotations
    calendar: BusinessCalendar
    exchange_rates: dict[Currency, dict[date, Annotated[Decimal, Field(gt=0)]]] = Field(default_factory=dict)
    margin_floors: MarginFloors
    checklist: Checklist
    controls: list[Control] = Field(default_factory=list)
    risks: list[Risk] = Field(default_factory=list)
    metric_owners: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        problems = [*self._status_overlaps(), *self._rules_without_field(), *self._dangling_ids()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _status_overlaps(self) -> list[str]:
        both = {name.casefold() for name in self.won.statuses} & {name.casefold() for name in self.lost.statuses}
        return [f"lost.statuses: {', '.join(sorted(both))} is in won.statuses as well"] if both else []

    def _rules_without_field(self) -> list[str]:
        problems = []
        for item in self.checklist.items:
            rule = item.rule
            needed = [rule.field] if isinstance(rule, TextRule) else [rule.link, rule.date] if isinstance(rule, AllFieldsRule) else []
            problems += [
                f'checklist item "{item.id}": its rule reads {meaning}, which fields.opportunity does not map'
                for meaning in needed
                if meaning not in self.fields.opportunity
            ]
        return problems

    def _dangling_ids(self) -> list[str]:
        problems = []
        for title, ids in (
            ("checklist.items", [item.id for item in self.checklist.items]),
            ("controls", [control.id for control in self.controls]),
            ("risks", [risk.id for risk in self.risks]),
        ):
            twice = sorted({one for one in ids if ids.count(one) > 1})
            problems += [f"{title}: id {one} is there twice" for one in twice]
        controls = {control.id for control in self.controls}
        risks = {risk.id for risk in self.risks}
        for item in self.checklist.items:
            problems += [f'checklist item "{item.id}": control {one} is not in controls' for one in item.control_ids if one not in controls]
        for control in self.controls:
            problems += [f"control {control.id}: risk {one} is not in risks" for one in control.risks if one not in risks]
        return problems

    @property
    def hash(self) -> str:
        """SHA-256 of the policy's content, so that a run can say by which policy it judged."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def business_calendar(self) -> Calendar:
        """The calendar that all days, weeks and business hours are counted in."""
        return Calendar(
            time_zone=ZoneInfo(self.tenant.time_zone),
            working_days=frozenset(WEEKDAYS.index(day) + 1 for day in self.calendar.working_days),
            working_hours=self.calendar.working_hours,
            holidays=frozenset(self.calendar.holidays),
        )

    @property
    def custom_field_names(self) -> frozenset[str]:
        """Every custom field of HaloPSA that the policy reads."""
        change = self.change_request
        extra = {name for name in (change.decided_field, change.price_field, change.origin_field) if name}
        return frozenset({*self.fields.opportunity.values(), *self.fields.project.values(), *extra})

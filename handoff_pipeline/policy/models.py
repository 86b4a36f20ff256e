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
from handoff_pipeline.policy.acting import problems_of_acting
from handoff_pipeline.policy.actions import Actions
from handoff_pipeline.policy.approvals import Approvals
from handoff_pipeline.policy.billing import Billing
from handoff_pipeline.policy.calendar import WEEKDAYS, BusinessCalendar
from handoff_pipeline.policy.checklist import Checklist
from handoff_pipeline.policy.escalation import Escalation
from handoff_pipeline.policy.fields import OPPORTUNITY_FIELDS, Fields
from handoff_pipeline.policy.overlays import NAME, Overlay
from handoff_pipeline.policy.register import Control, Risk
from handoff_pipeline.policy.remediation import Remediation
from handoff_pipeline.policy.rollout import Rollout
from handoff_pipeline.policy.sections import (
    ChangeRequests,
    Currency,
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
from handoff_pipeline.policy.targets import Targets
from handoff_pipeline.policy.teams import Teams
from handoff_pipeline.policy.write_back import WriteBack


class Policy(Section):
    """The whole of handoff.yaml."""

    version: Annotated[str, Field(min_length=1)] = Field(description="Your own label; every score and every run carries it.")
    in_force_from: date | None = Field(
        default=None, description="First local day whose night this checklist judges; without it, the first night that runs on it."
    )
    sector: str | None = Field(default=None, description="The overlay that is on; without it, none.")
    overlays: dict[Annotated[str, Field(pattern=NAME)], Overlay] = Field(
        default_factory=dict, description="What a sector changes, by the sector's name."
    )
    tenant: Tenant = Field(description="Time zone, base currency and the day from which deals count as live.")
    ticket_types: TicketTypes = Field(description="Which of HaloPSA's ticket types hold what.")
    won: Won = Field(description="What means won.")
    lost: Lost = Field(description="What means lost.")
    project: ProjectStatuses = Field(description="Project statuses that mean cancelled or held by the client.")
    change_request: ChangeRequests = Field(description="How a change request says that it was decided, at what price and why it came.")
    fields: Fields = Field(description="Which custom fields hold the handoff's facts.")
    kickoff: Kickoff = Field(description="What counts as a kickoff, and the commitment where a deal has none.")
    signoff: Signoff = Field(description="Delivery's sign-off, and who holds the delivery role.")
    quotation: Quotations = Field(description="Accepted quotations, and items that are labour.")
    billing: Billing = Field(default=Billing(), description="How delivered work is billed.")
    calendar: BusinessCalendar = Field(description="Working days, working hours and holidays.")
    exchange_rates: dict[Currency, dict[date, Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=8)]]] = Field(
        default_factory=dict, description="Currency to dated rates: base currency for one unit, from the day named on."
    )
    margin_floors: MarginFloors = Field(description="The lowest margin, in per cent of revenue, by deal type.")
    checklist: Checklist = Field(description="The closed-won checklist.")
    controls: list[Control] = Field(default_factory=list, description="The controls that are kept in place.")
    risks: list[Risk] = Field(default_factory=list, description="The risks that they treat.")
    metric_owners: dict[str, str] = Field(
        default_factory=dict, description="Metric to the role that answers for it; default is for all others."
    )
    targets: Targets = Field(default_factory=list, description="Dated targets as absolute values.")
    playbook_targets: bool = Field(default=True, description="Whether the playbook's own targets count from each baseline.")
    rollout: Rollout = Field(default=Rollout(), description="The phase of the rollout, the pilot's cohort, and who moved it.")
    actions: Actions = Field(default=Actions(), description="What is done at once, what needs approvers, what is never done, and how much.")
    approvals: Approvals = Field(default=Approvals(), description="Roles, who holds them, and which one approves what.")
    remediation: Remediation = Field(default=Remediation(), description="Who is told of a gap, and by when it is to be closed.")
    escalation: Escalation = Field(default=Escalation(), description="To whom a gap goes that is past its deadline.")
    teams: Teams = Field(default=Teams(), description="Microsoft Teams: channels, people, and cards by the calendar.")
    write_back: WriteBack = Field(default=WriteBack(), description="What is written to HaloPSA's records.")

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        problems = [*self._status_overlaps(), *self._rules_without_field(), *self._meanings_of_nobody(), *self._dangling_ids()]
        problems += problems_of_acting(self)
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _status_overlaps(self) -> list[str]:
        both = {name.casefold() for name in self.won.statuses} & {name.casefold() for name in self.lost.statuses}
        return [f"lost.statuses: {', '.join(sorted(both))} is in won.statuses as well"] if both else []

    def _rules_without_field(self) -> list[str]:
        problems = [
            f'checklist item "{item.id}": its rule reads {meaning}, which fields.opportunity does not map'
            for item in self.checklist.items
            for meaning in item.rule.meanings
            if meaning not in self.fields.opportunity
        ]
        problems += [
            f'checklist item "{item.id}": it goes by {meaning}, which fields.opportunity does not map'
            for item in self.checklist.items
            for meaning in item.goes_by
            if meaning not in self.fields.opportunity
        ]
        return problems

    def _meanings_of_nobody(self) -> list[str]:
        """A meaning of the MSP's own that no rule reads, of the checklist or of an overlay, is a known one misspelt more often than not."""
        rules = [item.rule for item in self.checklist.items]
        rules += [item.rule for overlay in self.overlays.values() for item in overlay.items if item.rule is not None]
        read = {meaning for rule in rules for meaning in rule.meanings}
        strange = sorted(set(self.fields.opportunity) - set(OPPORTUNITY_FIELDS) - read)
        if not strange:
            return []
        known = ", ".join(OPPORTUNITY_FIELDS)
        return [f"fields.opportunity: no rule reads {', '.join(strange)}; take it out, or write one of the known meanings: {known}"]

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
            holidays=self.calendar.closed_days,
        )

    @property
    def custom_field_names(self) -> frozenset[str]:
        """Every custom field of HaloPSA that the policy reads."""
        answers = (self.remediation.acknowledge.field, self.remediation.appeal.field)
        extra = {name for name in (*self.change_request.custom_fields.values(), self.billing.type_field, *answers) if name}
        return frozenset({*self.fields.opportunity.values(), *self.fields.project.values(), *extra})

"""Typed models of handoff.yaml: one class per section, with the rules that hold within a section and between them.

Unknown keys are refused: a misspelt key that is silently ignored would change what "won" means. Loading and messages live in `load.py`.
"""

from __future__ import annotations

import hashlib
from datetime import date, time
from decimal import Decimal
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from handoff_pipeline.clock import Calendar

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WIN_DATE_FIELDS = ("oppconverteddate", "dateclosed")
OPPORTUNITY_FIELDS = (
    "deal_type",
    "service_template",
    "signed_scope_link",
    "signed_scope_date",
    "delivery_assumptions",
    "dependencies",
    "acceptance_criteria",
    "kickoff_committed",
)
PROJECT_FIELDS = ("kickoff_recorded", "feasibility", "resource_plan")

Names = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


def _time(value: object) -> object:
    """ "09:00", or the number of minutes that YAML makes of an unquoted 09:00."""
    if isinstance(value, int):
        return time(value // 60, value % 60)
    return value


class Section(BaseModel):
    """A part of the policy; immutable, and strict about its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Tenant(Section):
    """Where the MSP counts its days and in which money it thinks."""

    time_zone: str
    base_currency: Currency
    go_live: date

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("not a time zone of the IANA list, such as Europe/London")
        return value


class TicketTypes(Section):
    """Names of the ticket types that hold opportunities, projects, tasks and change requests."""

    opportunity: Names
    project: Names
    task: list[str] = []
    change_request: Names


class Won(Section):
    """Which statuses mean won, and which of HaloPSA's dates is the win."""

    statuses: Names
    date_fields: Annotated[list[Literal["oppconverteddate", "dateclosed"]], Field(min_length=1)] = list(WIN_DATE_FIELDS)


class Lost(Section):
    """Which statuses mean lost."""

    statuses: Names


class ProjectStatuses(Section):
    """Which project statuses mean cancelled, and which mean that the client holds the work."""

    cancelled_statuses: Names
    client_hold_statuses: list[str] = []


class ChangeRequests(Section):
    """How a change request says that it was decided, at what price and whence it came."""

    approved_statuses: Names
    rejected_statuses: list[str] = []
    withdrawn_statuses: list[str] = []
    decided_field: str | None = None
    price_field: str | None = None
    origin_field: str | None = None
    origins: dict[str, Literal["client", "sales_gap", "discovery"]] = {}


class Fields(Section):
    """Custom fields that hold the handoff's facts: meaning to field name."""

    opportunity: dict[str, str]
    project: dict[str, str]

    @field_validator("opportunity")
    @classmethod
    def _opportunity_meanings(cls, value: dict[str, str]) -> dict[str, str]:
        return _known_meanings(value, OPPORTUNITY_FIELDS)

    @field_validator("project")
    @classmethod
    def _project_meanings(cls, value: dict[str, str]) -> dict[str, str]:
        return _known_meanings(value, PROJECT_FIELDS)


def _known_meanings(value: dict[str, str], known: tuple[str, ...]) -> dict[str, str]:
    strange = sorted(set(value) - set(known))
    if strange:
        raise ValueError(f"{', '.join(strange)}: no such meaning; known are {', '.join(known)}")
    return value


class Kickoff(Section):
    """What counts as a kickoff, and the commitment where a deal has none of its own."""

    appointment_types: list[str] = []
    default_business_days: Annotated[int, Field(ge=1, le=250)]
    target_days: Annotated[int, Field(ge=1, le=366)]


class SignoffResults(Section):
    """HaloPSA's numbers for an approval's result (0, 1, 2 are what the public sources guess)."""

    pending: int = 0
    accepted: int = 1
    rejected: int = 2

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len({self.pending, self.accepted, self.rejected}) != len(SignoffResults.model_fields):
            raise ValueError("pending, accepted and rejected need three different numbers")
        return self


class Signoff(Section):
    """Delivery's sign-off: which approval steps, and who holds the delivery role."""

    steps: Names
    results: SignoffResults = SignoffResults()
    delivery_teams: list[str] = []
    delivery_agents: list[str] = []

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.delivery_teams and not self.delivery_agents:
            raise ValueError("name at least one team in delivery_teams or one agent in delivery_agents, or nobody could sign off")
        return self


class Quotations(Section):
    """Which quotation statuses mean accepted, and which items are labour by the hour."""

    accepted_statuses: Annotated[list[int], Field(min_length=1)]
    labour_items: list[int] = []


class BusinessCalendar(Section):
    """Working days, working hours and holidays."""

    working_days: Annotated[list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]], Field(min_length=1)]
    working_hours: tuple[Annotated[time, BeforeValidator(_time)], Annotated[time, BeforeValidator(_time)]]
    holidays: list[date] = []

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        opens, closes = self.working_hours
        if opens >= closes:
            raise ValueError(f"working_hours end at {closes:%H:%M}, which is not after {opens:%H:%M}")
        return self


class MarginFloors(Section):
    """Lowest margin, in per cent of revenue, that a deal may be sold at."""

    default_pct: Annotated[Decimal, Field(ge=-100, le=100)]
    by_deal_type: dict[str, Annotated[Decimal, Field(ge=-100, le=100)]] = {}


class AllFieldsRule(Section):
    """A link and a date, both of them filled."""

    kind: Literal["all_fields"]
    link: str
    date: str


class TextRule(Section):
    """Free text with at least so many words, no placeholder."""

    kind: Literal["text"]
    field: str
    minimum_words: Annotated[int, Field(ge=1, le=500)]


class MarginFloorRule(Section):
    """The sold margin reaches the floor of its deal type."""

    kind: Literal["margin_floor"]


Rule = Annotated[AllFieldsRule | TextRule | MarginFloorRule, Field(discriminator="kind")]


class ChecklistItem(Section):
    """One thing that a won deal must bring with it."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    weight: Annotated[float, Field(gt=0, le=1000)]
    hard: bool
    mode: Literal["shadow", "warn", "enforce"] = "shadow"
    control_ids: list[str] = []
    rule: Rule
    fix: str


class Checklist(Section):
    """The closed-won checklist."""

    hard_cap: Annotated[float, Field(ge=0, le=100)]
    placeholders: list[str] = []
    items: Annotated[list[ChecklistItem], Field(min_length=1)]


class Control(Section):
    """One control of the register."""

    id: str
    title: str
    objective: str
    owner: str
    frequency: str
    psf: str | None = None
    pai8: str | None = None
    other_references: str | None = None
    risks: list[str] = []


class Risk(Section):
    """One risk of the register."""

    id: str
    title: str
    cause: str
    effect: str
    owner: str
    likelihood: str
    impact: str
    treatment: str


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
    exchange_rates: dict[Currency, dict[date, Annotated[Decimal, Field(gt=0)]]] = {}
    margin_floors: MarginFloors
    checklist: Checklist
    controls: list[Control] = []
    risks: list[Risk] = []
    metric_owners: dict[str, str] = {}

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

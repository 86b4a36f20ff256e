"""The sections of handoff.yaml that say what the MSP's words mean: won, kickoff, sign-off, change, calendar, margin floors.

The checklist is in `checklist.py`, the registers in `register.py`, the rules between sections in `models.py`.
Unknown keys are refused: a misspelt key that is silently ignored would change what "won" means.
"""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
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
    """A time of day as written, or the number of minutes that YAML makes of an unquoted 17:30."""
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
    date_fields: Annotated[list[Literal["oppconverteddate", "dateclosed"]], Field(min_length=1)] = ["oppconverteddate", "dateclosed"]


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
    milestones: list[str] = []
    default_business_days: Annotated[int, Field(ge=1, le=250)]


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

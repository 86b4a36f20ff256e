"""The sections of handoff.yaml that say what the MSP's words mean: won, kickoff, sign-off, change, margin floors.

The checklist is in `checklist.py`, mapped fields in `fields.py`, the calendar in `calendar.py`, rules between sections in `models.py`.
Unknown keys are refused: a misspelt key that is silently ignored would change what "won" means.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Names = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Section(BaseModel):
    """A part of the policy; immutable, and strict about its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Tenant(Section):
    """Where the MSP counts its days and in which money it thinks."""

    time_zone: str = Field(description="IANA time zone in which days and weeks are counted, such as Europe/London.")
    base_currency: Currency = Field(description="Currency of every amount in base currency: three capital letters.")
    go_live: date = Field(description="Deals won before this day are historic: they count in KPIs and never open a gap.")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("not a time zone of the IANA list, such as Europe/London")
        return value


class TicketTypes(Section):
    """Names of the ticket types that hold opportunities, projects, tasks and change requests."""

    opportunity: Names = Field(description="Ticket types that are opportunities.")
    project: Names = Field(description="Ticket types that are projects.")
    task: list[str] = Field(default=[], description="Ticket types that are tasks of a project.")
    change_request: Names = Field(description="Ticket types that are change requests.")


class Won(Section):
    """Which statuses mean won, and which of HaloPSA's dates is the win."""

    statuses: Names = Field(description="Statuses of an opportunity that mean won.")
    date_fields: Annotated[list[Literal["oppconverteddate", "dateclosed"]], Field(min_length=1)] = Field(
        default=["oppconverteddate", "dateclosed"], description="HaloPSA's dates of the win: the first of these that is filled."
    )


class Lost(Section):
    """Which statuses mean lost."""

    statuses: Names = Field(description="Statuses of an opportunity that mean lost.")


class ProjectStatuses(Section):
    """Which project statuses mean cancelled, and which mean that the client holds the work."""

    cancelled_statuses: Names = Field(description="Statuses of a project that mean cancelled.")
    client_hold_statuses: list[str] = Field(default=[], description="Statuses that mean that the client is holding the work.")


class ChangeRequests(Section):
    """How a change request says that it was decided, at what price, for how many hours and whence it came."""

    approved_statuses: Names = Field(description="Statuses of a change request that mean approved.")
    rejected_statuses: list[str] = Field(default=[], description="Statuses that mean rejected.")
    withdrawn_statuses: list[str] = Field(default=[], description="Statuses that mean withdrawn.")
    decided_field: str | None = Field(default=None, description="Custom field with the day of the decision.")
    price_field: str | None = Field(default=None, description="Custom field with the price of the change.")
    hours_field: str | None = Field(default=None, description="Custom field with the hours that the change was declared to take.")
    origin_field: str | None = Field(default=None, description="Custom field that says where the change came from.")
    origins: dict[str, Literal["client", "sales_gap", "discovery"]] = Field(
        default={}, description="What that field shows, and which origin it means; anything else is unknown."
    )

    @property
    def custom_fields(self) -> dict[str, str | None]:
        """Meaning to custom field, None where the policy names none."""
        return {"decided": self.decided_field, "price": self.price_field, "hours": self.hours_field, "origin": self.origin_field}


class Kickoff(Section):
    """What counts as a kickoff, and the commitment where a deal has none of its own."""

    appointment_types: list[str] = Field(default=[], description="Types of appointments that are kickoffs.")
    milestones: list[str] = Field(default=[], description="Names of milestones that plan a kickoff.")
    default_business_days: Annotated[int, Field(ge=1, le=250)] = Field(
        description="Business days from the win to the commitment, for a deal that has none of its own."
    )
    target_days: Annotated[int, Field(ge=1, le=365)] = Field(
        default=14, description="kickoff_within_target asks how many kicked off within so many calendar days of the win."
    )


class SignoffResults(Section):
    """HaloPSA's numbers for an approval's result (0, 1, 2 are what the public sources guess)."""

    pending: int = Field(default=0, description="Result of an approval that is open.")
    accepted: int = Field(default=1, description="Result of an approval that was given.")
    rejected: int = Field(default=2, description="Result of an approval that was refused.")

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len({self.pending, self.accepted, self.rejected}) != len(SignoffResults.model_fields):
            raise ValueError("pending, accepted and rejected need three different numbers")
        return self


class Signoff(Section):
    """Delivery's sign-off: which approval steps, and who holds the delivery role."""

    steps: Names = Field(description="Names of the approval steps that are delivery's sign-off.")
    results: SignoffResults = Field(default=SignoffResults(), description="HaloPSA's numbers for the result of an approval.")
    delivery_teams: list[str] = Field(default=[], description="Teams whose agents hold the delivery role.")
    delivery_agents: list[str] = Field(default=[], description="Further agents who hold it, by name.")

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.delivery_teams and not self.delivery_agents:
            raise ValueError("name at least one team in delivery_teams or one agent in delivery_agents, or nobody could sign off")
        return self


class Quotations(Section):
    """Which quotation statuses mean accepted, and which items are labour by the hour."""

    accepted_statuses: Annotated[list[int], Field(min_length=1)] = Field(description="Numbers of quotation statuses that mean accepted.")
    labour_items: list[int] = Field(default=[], description="Ids of the items that are labour by the hour.")


class MarginFloors(Section):
    """Lowest margin, in per cent of revenue, that a deal may be sold at."""

    default_pct: Annotated[Decimal, Field(ge=-100, le=100)] = Field(description="The floor of deal types that have none of their own.")
    by_deal_type: dict[str, Annotated[Decimal, Field(ge=-100, le=100)]] = Field(
        default={}, description="Deal type to its floor, case aside."
    )

    @field_validator("by_deal_type")
    @classmethod
    def _once(cls, value: dict[str, Decimal]) -> dict[str, Decimal]:
        names = [name.strip().casefold() for name in value]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} is there twice, case aside; keep one floor of each deal type")
        return value

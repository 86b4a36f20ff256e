"""The business calendar of handoff.yaml: working days, hours and holidays, listed or those of a country.

Counting days is the clock's. The one thing to know: a country's holidays come from the package `holidays`, pinned with the product, so a
holiday that a government adds next year comes with an update; until then list it.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from handoff_pipeline.clock import CALENDAR_END, CALENDAR_START
from handoff_pipeline.policy.sections import Section

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _time(value: object) -> object:
    """A time of day as written, or the number of minutes that YAML makes of an unquoted 17:30."""
    if isinstance(value, int):
        return time(value // 60, value % 60)
    return value


# An editor's own format "time" wants seconds and a zone.
_TimeOfDay = Annotated[time, BeforeValidator(_time), WithJsonSchema({"type": "string", "pattern": r"^\d\d:\d\d(:\d\d)?$"})]


class BusinessCalendar(Section):
    """Working days, working hours and holidays."""

    working_days: Annotated[list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]], Field(min_length=1)] = Field(
        description="Days on which the office works."
    )
    working_hours: tuple[_TimeOfDay, _TimeOfDay] = Field(description="From when to when, local time.")
    holidays: list[date] = Field(default=[], description="Days on which the office is closed; added to the country's where one is named.")
    country: str | None = Field(default=None, description="Country whose public holidays count, by two letters (ISO 3166-1), such as GB.")
    subdivision: str | None = Field(default=None, description="Part of the country with holidays of its own, such as ENG or BY.")

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        opens, closes = self.working_hours
        if opens >= closes:
            raise ValueError(f"working_hours end at {closes:%H:%M}, which is not after {opens:%H:%M}")
        return self

    @model_validator(mode="after")
    def _known_country(self) -> Self:
        if self.country is None:
            if self.subdivision is not None:
                raise ValueError(f'subdivision "{self.subdivision}" needs its country')
            return self
        from holidays import list_supported_countries

        known = list_supported_countries(include_aliases=True)
        if self.country not in known:
            raise ValueError(f'no holidays are known of country "{self.country}"; write two capital letters, such as GB, or list the days')
        if self.subdivision is not None and self.subdivision not in known[self.country]:
            parts = ", ".join(known[self.country]) or "it has none"
            raise ValueError(f'country {self.country} has no subdivision "{self.subdivision}"; known: {parts}')
        return self

    @property
    def closed_days(self) -> frozenset[date]:
        """All holidays of the calendar's years: those listed, and the country's with their days in lieu."""
        listed = frozenset(self.holidays)
        if self.country is None:
            return listed
        from holidays import country_holidays

        years = range(CALENDAR_START.year, CALENDAR_END.year + 1)
        return listed | frozenset(country_holidays(self.country, subdiv=self.subdivision, years=years))

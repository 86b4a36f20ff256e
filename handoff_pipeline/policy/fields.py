"""Which custom fields hold the handoff's facts: meaning to field name, on the opportunity and on the project.

What a field holds is decided by who reads it: a rule of kind date_order reads a date, one of kind number a number. The one thing to know:
an opportunity may have meanings of its own beside the known ones; one that no rule reads is refused as a misspelling, in `models.py`.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, field_validator

from handoff_pipeline.policy.sections import Section

OPPORTUNITY_FIELDS: Final = (
    "deal_type",
    "service_template",
    "signed_scope_link",
    "signed_scope_date",
    "delivery_assumptions",
    "dependencies",
    "acceptance_criteria",
    "kickoff_committed",
)
PROJECT_FIELDS: Final = ("kickoff_recorded", "feasibility", "resource_plan")
WON_DAY: Final = "won_day"
"""What a rule of kind date_order calls the local day of the win; no field may be called so."""

MeaningName = Annotated[str, Field(pattern=r"^[a-z][a-z_]*$", max_length=60)]
_Name = Annotated[str, Field(min_length=1)]


class Fields(Section):
    """Custom fields that hold the handoff's facts: meaning to field name."""

    opportunity: dict[MeaningName, _Name] = Field(
        description=f"On the opportunity. Known: {', '.join(OPPORTUNITY_FIELDS)}; further ones are yours, for rules of the checklist."
    )
    project: dict[str, _Name] = Field(description=f"On the project: {', '.join(PROJECT_FIELDS)}.")

    @field_validator("opportunity")
    @classmethod
    def _not_the_win(cls, value: dict[str, str]) -> dict[str, str]:
        if WON_DAY in value:
            raise ValueError(f"{WON_DAY} is the day of the win, which needs no field; call the meaning something else")
        return value

    @field_validator("project")
    @classmethod
    def _known(cls, value: dict[str, str]) -> dict[str, str]:
        strange = sorted(set(value) - set(PROJECT_FIELDS))
        if strange:
            raise ValueError(f"{', '.join(strange)}: no such meaning; known are {', '.join(PROJECT_FIELDS)}")
        return value

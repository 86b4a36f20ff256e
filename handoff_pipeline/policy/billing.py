"""How delivered work is billed: which projects are time and material, what an hour is charged, when an unbilled one is late.

What was billed is read from invoices in SQL. The one thing to know: HaloPSA's public sources name no field that says how a project is
billed, and what the amounts of a time entry mean is a guess, so every such place is a setting, and what none names is a fixed price.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from handoff_pipeline.policy.sections import Section

Label = Annotated[str, Field(min_length=1)]


class Billing(Section):
    """Billing: hours on change requests count as unbilled once their time entry is older than `lag_days`."""

    lag_days: Annotated[int, Field(ge=0, le=365)] = Field(default=30, description="Days within which hours are normally billed.")
    type_field: Label | None = Field(default=None, description="Custom field of the project that shows how it is billed.")
    time_and_material: list[Label] = Field(
        default_factory=list, description="What that field shows for projects that are billed by the hour."
    )
    time_and_material_types: list[Label] = Field(default_factory=list, description="Ticket types of projects that are.")
    charge_amounts: bool = Field(
        default=True, description="Whether a time entry's actionchargeamount, above 0, is what its hours are charged."
    )
    charge_rates: dict[int, Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4)]] = Field(
        default_factory=dict, description="HaloPSA's charge rate (its number in lookup 17) to what an hour is charged, base currency."
    )
    entry_invoice_field: Literal["actioninvoicenumber", "invoice_id"] | None = Field(
        default=None, description="The field of a time entry that names the invoice on which it was put."
    )

    @model_validator(mode="after")
    def _values_of_a_field(self) -> Self:
        if bool(self.time_and_material) != (self.type_field is not None):
            raise ValueError(
                "type_field and time_and_material belong together: name the custom field, and what it shows for time and material; "
                "leave both out where a ticket type says it (time_and_material_types) or everything is a fixed price"
            )
        return self

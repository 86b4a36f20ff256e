"""The sections of the draft that follow from the tenant's rows, each as `page.Section`; a function a section, in the order of the file.

How a choice is made stands in the modules beside this one, checklist and registers in `stock`. The one thing to know: what no tenant
tells is a GUESS that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from handoff_pipeline.governance.drafting.delivery import (
    delivery_teams,
    kickoff_milestones,
    kickoff_types,
    signoff_results,
    signoff_steps,
    time_zone,
)
from handoff_pipeline.governance.drafting.evidence import Choice, has_word, text_of
from handoff_pipeline.governance.drafting.meanings import MEANINGS
from handoff_pipeline.governance.drafting.page import Section
from handoff_pipeline.governance.drafting.sales import accepted_statuses, currencies, labour_items
from handoff_pipeline.governance.drafting.statuses import change_statuses, project_statuses
from handoff_pipeline.governance.drafting.types import TicketTypes
from handoff_pipeline.governance.drafting.yaml_text import flow, scalar
from handoff_pipeline.halo.envelope import Row
from handoff_pipeline.halo.sample import Discovery
from handoff_pipeline.policy import Policy

ORIGINS: Final = (
    ("sales_gap", ("sales", "gap", "missed", "not quoted", "underscoped")),
    ("discovery", ("discover", "unforeseen", "technical", "found on site")),
    ("client", ("client", "customer", "request")),
)
HOURLY: Final = ("time", "hour", "t&m", "material")
FIRST_RATE: Final = "2025-01-01"


def tenant_section(found: Discovery, today: date) -> Section:
    """Time zone, currency, and the day from which deals count as new."""
    section = Section("tenant", "Where days and weeks are counted, and in which money.")
    section.one("time_zone", time_zone(found))
    section.one("base_currency", currencies(found), required=True, quoted=True)
    section.value("go_live", f"{today:%Y-%m-%d}", "GUESS: today; deals won before this day count in KPIs and never open a gap")
    return section


def type_section(types: TicketTypes) -> Section:
    """The ticket types."""
    section = Section("ticket_types", "Which ticket types hold what.")
    section.many("opportunity", types.opportunity, required=True)
    section.many("project", types.project, required=True)
    section.many("task", types.task)
    section.note(f"How change requests hang on projects: {types.links}.")
    section.many("change_request", types.change_request, required=True)
    return section


def won_section(choice: Choice) -> Section:
    """What means won."""
    section = Section("won", "HaloPSA has no won flag: the statuses that mean it. The win is the converted date, else the closing date.")
    section.many("statuses", choice, required=True)
    if choice.chosen:
        section.value("date_fields", "[oppconverteddate, dateclosed]", "GUESS: the first of these that is filled")
    return section


def lost_section(choice: Choice) -> Section:
    """What means lost."""
    section = Section("lost", "Statuses that mean lost.")
    section.many("statuses", choice, required=True)
    return section


def project_section(found: Discovery, projects: Sequence[Row]) -> Section:
    """Cancelled and held projects."""
    section = Section("project", "Project statuses that mean cancelled, and those that mean that the client holds the work.")
    cancelled, held = project_statuses(found, projects)
    section.many("cancelled_statuses", cancelled, required=True)
    if cancelled.chosen:
        section.many("client_hold_statuses", held)
    return section


def change_section(found: Discovery, fields: dict[str, Choice]) -> Section:
    """Decisions on change requests."""
    section = Section("change_request", "A change request's statuses, and the fields with the time, price and origin of its decision.")
    statuses = change_statuses(found)
    section.many("approved_statuses", statuses["approved"], required=True)
    section.many("rejected_statuses", statuses["rejected"])
    section.many("withdrawn_statuses", statuses["withdrawn"])
    for name in ("decided", "price", "hours", "origin"):
        section.one(f"{name}_field", fields[f"change_request.{name}_field"])
    labels = _options(found, fields["change_request.origin_field"])
    if labels:
        section.lines.append("  origins:")
        for label in labels:
            origin = next((origin for origin, words in ORIGINS if has_word(label, words)), None)
            lead, shown = ("", origin) if origin else ("# ", "client")
            mark = "GUESS: by name" if origin else "client, sales_gap or discovery; left out it counts as unknown"
            section.lines.append(f"{lead}    {scalar(label)}: {shown}   # {mark}")
        if all(line.startswith("#") for line in section.lines[-len(labels) :]):
            section.lines[-len(labels) - 1] = "#   origins:"
    return section


def _options(found: Discovery, choice: Choice) -> list[str]:
    """The options of a single select, each once."""
    row = next((row for row in found.rows("field_info") if text_of(row, "name") in choice.names), None)
    values = row.get("values") if row else None
    return list(
        dict.fromkeys(
            name for value in (values if isinstance(values, list) else []) if isinstance(value, dict) and (name := text_of(value, "name"))
        )
    )


def field_section(fields: dict[str, Choice]) -> Section:
    """Meaning to custom field."""
    section = Section(
        "fields",
        "Where the handoff's facts are kept: meaning to custom field. `handoff halo setup --plan` lists those that the tenant lacks.",
    )
    for kind in ("opportunity", "project"):
        meanings = [meaning for meaning in MEANINGS if meaning.key.startswith(f"fields.{kind}.")]
        empty = not any(fields[meaning.key].chosen for meaning in meanings)
        section.lines.append(
            f"  {kind}: {{}}   # GUESS: no field is called so; take the braces away when you fill one in" if empty else f"  {kind}:"
        )
        for meaning in meanings:
            if not fields[meaning.key].chosen:
                section.note(f"{meaning.name}: {fields[meaning.key].how}; {meaning.why}.", 4)
            section.one(meaning.name, fields[meaning.key], indent=4)
    return section


def kickoff_section(found: Discovery, example: Policy) -> Section:
    """What is a kickoff."""
    section = Section("kickoff", "What counts as a kickoff, and the commitment where a deal has none of its own.")
    appointments = kickoff_types(found)
    section.many("appointment_types", appointments)
    section.many("milestones", kickoff_milestones(found, appointments))
    section.value(
        "default_business_days", str(example.kickoff.default_business_days), "GUESS: the example's; the win plus this many business days"
    )
    return section


def signoff_section(found: Discovery, projects: Sequence[Row], tickets: Sequence[Row]) -> Section:
    """What is a sign-off, and who gives it."""
    section = Section("signoff", "Delivery's sign-off, as an approval step on the project, and who holds the delivery role.")
    section.many("steps", signoff_steps(found), required=True)
    results, how = signoff_results(found)
    section.value("results", "{" + ", ".join(f"{name}: {number}" for name, number in results.items()) + "}", f"GUESS: {how}")
    section.many("delivery_teams", delivery_teams(found, projects, tickets), required=True)
    section.value("delivery_agents", "[]", "further agents by name")
    return section


def quotation_section(found: Discovery, won: Sequence[Row]) -> Section:
    """Accepted quotations and labour."""
    section = Section("quotation", "Quotation statuses that mean accepted, and the items that are labour by the hour.")
    section.many("accepted_statuses", accepted_statuses(found, won), required=True)
    section.many("labour_items", labour_items(found))
    return section


def billing_section(found: Discovery, billed: Choice, example: Policy) -> Section:
    """How projects are billed: a field and what it shows belong together, so that one without the other is only told."""
    section = Section("billing", "How delivered work is billed. What is not named as time and material is a fixed price.")
    section.value("lag_days", str(example.billing.lag_days), "GUESS: the example's; unbilled hours on changes older than this are told")
    labels = _options(found, billed)
    hourly = [label for label in labels if has_word(label, HOURLY)]
    if hourly:
        section.one("type_field", billed)
        section.value("time_and_material", flow(hourly), "GUESS: by name")
    elif labels:
        section.note(f"{billed.names[0]} shows {', '.join(labels)}: where one of these means by the hour, name field and label.")
    return section


def calendar_section() -> Section:
    """Working time, which no tenant tells."""
    section = Section("calendar", "Working days, hours and holidays: HaloPSA cannot tell which of its calendars is yours. Put in your own.")
    section.value("working_days", "[mon, tue, wed, thu, fri]", "GUESS: nothing on the tenant tells")
    section.value("working_hours", '["09:00", "17:30"]', "GUESS: nothing on the tenant tells")
    section.value("holidays", "[]", "GUESS: none; days such as 2026-12-25, or committed kickoffs fall on them")
    return section


def rate_section(found: Discovery) -> Section:
    """Exchange rates, which a person must put in."""
    section = Section(
        "exchange_rates", "One unit of the currency in base currency, from the day named. Amounts without a rate are excluded and counted."
    )
    for option in currencies(found).others:
        section.lines.append(f'#   "{option.value}": {{{FIRST_RATE}: "1.0000"}}   # {option.why}: put in your rate')
    return section


def floor_section(found: Discovery, deal_type: Choice, example: Policy) -> Section:
    """Margin floors, which a person decides."""
    section = Section("margin_floors", "Lowest margin, in per cent of revenue, that a deal may be sold at.")
    section.value("default_pct", str(example.margin_floors.default_pct), "GUESS: the example's; what you decide")
    labels = _options(found, deal_type)
    section.lines += ["#   by_deal_type:"] if labels else []
    section.lines += [
        f"#     {scalar(label)}: {example.margin_floors.default_pct}   # an option of {deal_type.names[0]}" for label in labels
    ]
    return section

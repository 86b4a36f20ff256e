"""The whole draft: every section of handoff.yaml from what a tenant showed, the example policy and the day.

How a single choice is made stands in the modules beside this one. The one thing to know: the draft is a sound policy unless `gaps` names
what a person must fill first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from handoff_pipeline.governance.drafting import sections
from handoff_pipeline.governance.drafting.evidence import Choice, folded, number_of, text_of
from handoff_pipeline.governance.drafting.fields import field_choices
from handoff_pipeline.governance.drafting.meanings import MEANINGS
from handoff_pipeline.governance.drafting.page import Gap, gaps_of
from handoff_pipeline.governance.drafting.statuses import deal_statuses, decided
from handoff_pipeline.governance.drafting.stock import checklist, registers
from handoff_pipeline.governance.drafting.types import ticket_types
from handoff_pipeline.governance.drafting.yaml_text import comment
from handoff_pipeline.halo.envelope import Row
from handoff_pipeline.halo.sample import Discovery
from handoff_pipeline.policy import Policy

HEADER: Final = (
    "Drafted by `handoff init` from what HaloPSA shows. KNOWN: HaloPSA itself says so. GUESS: read from names and from a sample, with the"
    " counts; look at each. FILL IN: could not be guessed. Then: `handoff policy check --live`."
)

ACTING: Final = (
    "How the product acts (rollout, actions, approvals, remediation, escalation, teams, write_back) is left at its defaults: it only"
    " watches, and nothing is written to HaloPSA or Teams about a customer. See the example handoff.yaml and docs/policy.md."
)


@dataclass(frozen=True)
class Draft:
    """The draft's text, how many of its values are guesses, and the keys that a person must fill before it is a policy."""

    text: str
    guesses: int
    gaps: Sequence[Gap]


def draft_policy(found: Discovery, example: Policy, today: date) -> Draft:
    """A commented handoff.yaml.

    Args:
        found: what the tenant showed.
        example: the policy from which checklist, registers and other things that no tenant tells are taken.
        today: the day from which deals count as new.
    """
    types = ticket_types(found)
    tickets = found.rows("project")
    projects = _of_types(tickets, found, types.project)
    deals = decided(found.rows("opportunity"))
    fields = field_choices(found, {"opportunity": deals.won, "project": projects, "change_request": found.rows("change_request")})
    won, lost = deal_statuses(found)
    parts = [
        sections.tenant_section(found, today),
        sections.type_section(types),
        sections.won_section(won),
        sections.lost_section(lost),
        sections.project_section(found, projects),
        sections.change_section(found, fields),
        sections.field_section(fields),
        sections.kickoff_section(found, example),
        sections.signoff_section(found, projects, tickets),
        sections.quotation_section(found, deals.won),
        sections.billing_section(found, fields["billing.type_field"], example),
        sections.calendar_section(),
        sections.rate_section(found),
        sections.floor_section(found, fields["fields.opportunity.deal_type"], example),
        checklist(example, {meaning.name for meaning in MEANINGS if meaning.kind == "opportunity" and fields[meaning.key].chosen}),
    ]
    lines = [*comment(HEADER), *_sampled(found), "", f'version: "draft-{today:%Y-%m-%d}"']
    lines += [line for section in parts for line in section.text()] + registers(example)
    lines += ["", *comment(ACTING)]
    text = "\n".join(lines) + "\n"
    return Draft(text, text.count("# GUESS: "), gaps_of(parts))


def _of_types(rows: Sequence[Row], found: Discovery, choice: Choice) -> list[Row]:
    """The rows whose ticket type is one of the chosen."""
    names = {folded(name) for name in choice.names}
    ids = {number_of(row, "id") for row in found.rows("ticket_type") if folded(text_of(row, "name")) in names}
    return [row for row in rows if number_of(row, "tickettype_id") in ids]


def _sampled(found: Discovery) -> list[str]:
    """How large the sample was, and what was refused."""
    kinds = ("opportunity", "project", "change_request", "quotation", "approval", "appointment", "action")
    lines = comment(
        "Sample, newest first: " + ", ".join(f"{len(found.rows(kind))} of {kind}" for kind in kinds) + f"; {found.requests} requests."
    )
    for name, why in sorted(found.refused.items()):
        lines += comment(f"Not read: {name} ({why})")
    return lines
